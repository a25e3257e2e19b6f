//! Parts that the code made by `metadata!` uses. No part of the public interface.
#![allow(missing_docs, reason = "not for people")]

use std::collections::BTreeMap;
use std::marker::PhantomData;

pub use juju_macros::metadata;
use serde::de::{DeserializeOwned, Deserializer, Error};
pub use {serde, serde_json};

use crate::settings::read_json;

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
        self.all.get(name).map(|value| read_json(name, value).map_err(E::custom)).transpose()
    }

    pub fn required<T: DeserializeOwned>(&self, name: &str) -> Result<T, E> {
        self.get(name)?.ok_or_else(|| E::custom(format_args!("{name}: is missing")))
    }
}
