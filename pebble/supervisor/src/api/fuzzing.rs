//! Decoders of requests for the fuzz targets; no handler runs.

use pebble::plan::Layer;
use pebble::types::{
    ChangeAction, ExecRequest, FilesAction, LayersAction, NoticeAction, ServicesAction, SignalsAction,
};

use super::body::decode;
use super::route::params;
use super::{duration, logs, notices};
use crate::clock::Time;
use crate::query::Query;

/// Decodes a body as each kind of request.
pub fn body(json: &[u8]) {
    let _ = (decode::<ChangeAction>(json), decode::<ServicesAction>(json), decode::<SignalsAction>(json));
    let _ = (decode::<FilesAction>(json), decode::<NoticeAction>(json));
    if let Ok(asked) = decode::<ExecRequest>(json) {
        let _ = duration(&asked.timeout);
    }
    if let Ok(asked) = decode::<LayersAction>(json) {
        let _ = Layer::parse_labelled(&asked.label, asked.layer.as_bytes());
    }
}

/// Decodes a path and its query as the handlers do.
pub fn query(path: &str, text: &str) {
    let _ = (params("/v1/tasks/{task-id}/websocket/{websocket-id}", path), crate::files::clean(path));
    let query = Query::parse(text);
    for key in ["timeout", "n", "after", "user-id", "names", "pattern"] {
        let value = query.get(key);
        let _ =
            (duration(value), logs::lines(value, false), Time::parse(value), notices::user_id(value), query.list(key));
    }
    let _ = crate::files::matches(query.get("pattern"), query.get("path"));
}
