//! Body of `POST /v1/logs` of OTLP over HTTP, in JSON.

use serde::Serialize;

use super::{Labels, by_service};
use crate::go_json::encode;
use crate::log::reader::Entry;

pub(super) const CONTENT_TYPE: &str = "application/json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export {
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    resource: Resource,
    scope_logs: [ScopeLogs; 1],
}

#[derive(Serialize)]
struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Serialize)]
struct Attribute {
    key: String,
    value: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    string_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    scope: Scope,
    log_records: Vec<Record>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    time_unix_nano: String,
    body: Text,
}

/// Entries as logs of resources, one for each service, with its name and labels as attributes.
pub(super) fn body(entries: &[Entry], labels: &Labels) -> Vec<u8> {
    let logs = |(service, entries): (&str, Vec<&Entry>)| {
        let name = attribute(("service.name", service));
        let labels = labels.get(service).into_iter().flatten();
        let labels = labels.map(|(label, value)| attribute((label.as_str(), value.as_str())));
        let records = entries.into_iter().map(|entry| Record {
            time_unix_nano: entry.time.unix_nanos().to_string(),
            body: Text { string_value: entry.message.clone() },
        });
        ResourceLogs {
            resource: Resource { attributes: std::iter::once(name).chain(labels).collect() },
            scope_logs: [ScopeLogs { scope: Scope { name: "pebble" }, log_records: records.collect() }],
        }
    };
    encode(&Export { resource_logs: by_service(entries).into_iter().map(logs).collect() })
}

fn attribute((key, value): (&str, &str)) -> Attribute {
    Attribute { key: key.to_owned(), value: Text { string_value: value.to_owned() } }
}
