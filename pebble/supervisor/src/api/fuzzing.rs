//! Decoders of requests for the fuzz targets; no handler runs.

use pebble::plan::Layer;
use pebble::types::{ExecRequest, FilesAction, LayersAction};

use super::route::params;
use super::{limit, logs, notices, shapes};
use crate::clock::Time;
use crate::go_json::{decode, decode_as};
use crate::query::Query;

/// Decodes a body as each kind of request.
pub fn body(json: &[u8]) {
    for shape in
        [&shapes::CHANGE, &shapes::SERVICES, &shapes::SIGNALS, &shapes::CHECKS, &shapes::REFRESH, &shapes::NOTICE]
    {
        let _ = decode::<serde_json::Value>(json, shape);
    }
    let _ = (decode::<FilesAction>(json, &shapes::FILES), decode::<FilesAction>(json, &shapes::UPLOAD));
    let _ = decode::<serde_json::Value>(json, &shapes::IDENTITIES);
    let _ = decode_as::<serde_json::Value>(json, notices::DATA);
    if let Ok(asked) = decode::<ExecRequest>(json, &shapes::EXEC) {
        let _ = limit(&asked.timeout);
    }
    if let Ok(asked) = decode::<LayersAction>(json, &shapes::LAYERS) {
        let _ = Layer::parse_labelled(&asked.label, asked.layer.as_bytes());
    }
}

/// Decodes a path and its query as the handlers do.
pub fn query(path: &str, text: &str) {
    let _ = (params("/v1/tasks/{task-id}/websocket/{websocket-id}", path), crate::files::clean(path));
    let query = Query::parse(text);
    for key in ["timeout", "n", "after", "user-id", "names", "pattern"] {
        let value = query.get(key);
        let _ = (limit(value), logs::lines(value, false), Time::parse(value), notices::user_id(value), query.list(key));
    }
    let _ = crate::files::matches(query.get("pattern"), query.get("path"));
}
