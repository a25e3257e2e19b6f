//! Parts that the code made by `metadata!` uses. No part of the public interface.
#![allow(missing_docs, reason = "not for people")]

use std::collections::BTreeMap;
use std::marker::PhantomData;

pub use juju_macros::metadata;
use serde::de::{DeserializeOwned, Deserializer, Error};
pub use {serde, serde_json};

use crate::settings::plain;

/// Values of a struct's fields by their names in Juju.
#[derive(Debug)]
pub struct Values<E> {
    all: BTreeMap<String, serde_json::Value>,
    error: PhantomData<fn() -> E>,
}

impl<E: Error> Values<E> {
    pub fn read<'de, D: Deserializer<'de, Error = E>>(from: D) -> Result<Self, E> {
        Ok(Self { all: serde::Deserialize::deserialize(from)?, error: PhantomData })
    }

    /// The value; `None` if it is missing.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, E> {
        let read = |value: &serde_json::Value| T::deserialize(value).map_err(|error| wrong(name, value, &error));
        self.all.get(name).map(read).transpose()
    }

    pub fn required<T: DeserializeOwned>(&self, name: &str) -> Result<T, E> {
        self.get(name)?.ok_or_else(|| E::custom(format_args!("{name}: is missing")))
    }
}

/// The reason, without the value, which may be a secret.
fn wrong<E: Error>(name: &str, value: &serde_json::Value, error: &serde_json::Error) -> E {
    let reason = error.to_string();
    match (value, reason.rsplit_once("expected ")) {
        (_, Some((_, expected))) => E::custom(format_args!("{name}: must be {}", plain(expected))),
        (serde_json::Value::String(text), None) if reason.contains(text.as_str()) => {
            E::custom(format_args!("{name}: has a value that can't be read"))
        }
        (_, None) => E::custom(format_args!("{name}: {reason}")),
    }
}
