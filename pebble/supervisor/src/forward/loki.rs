//! Body of Loki's `POST /loki/api/v1/push`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Labels, by_service};
use crate::go_json::encode;
use crate::log::reader::Entry;

pub(super) const CONTENT_TYPE: &str = "application/json; charset=utf-8";

#[derive(Serialize)]
struct Push {
    streams: Vec<Stream>,
}

#[derive(Serialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    /// Time in nanoseconds, and text.
    values: Vec<(String, String)>,
}

/// Entries as streams, one for each service, with its labels and its name as `pebble_service`.
pub(super) fn body(entries: &[Entry], labels: &Labels) -> Vec<u8> {
    let stream = |(service, entries): (&str, Vec<&Entry>)| {
        let mut stream = labels.get(service).cloned().unwrap_or_default();
        stream.insert("pebble_service".to_owned(), service.to_owned());
        let values = entries.into_iter().map(|entry| (entry.time.unix_nanos().to_string(), entry.message.clone()));
        Stream { stream, values: values.collect() }
    };
    encode(&Push { streams: by_service(entries).into_iter().map(stream).collect() })
}
