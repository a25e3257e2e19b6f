//! HTTP requests of all operations, from typed parameters; no I/O.
//!
//! Paths, methods, queries, headers and JSON bodies of the protocol are defined here. The only error is a request that
//! is too long for HTTP's request line.

mod check;
mod file;
mod identity;
mod notice;

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Uri};
use serde::Serialize;

use crate::Error;
use crate::plan::Layer;
use crate::types::{
    ChangeAction, ChangeId, ChangeSelect, ExecOptions, ExecRequest, HealthLevel, LayersAction, ServicesAction,
    ServicesVerb, Signal, SignalsAction,
};

pub use check::{checks, refresh_check, start_checks, stop_checks};
pub use file::{list_files, make_dirs, read_files, remove, write_file, write_item, write_items};
pub use identity::{add_identities, identities, pair, remove_identities, replace_identities, update_identities};
pub use notice::{notice, notices, notify, wait_notices};

/// A request with its body, or [`Error::Request`] if it is too long.
pub type Built = Result<Request<Bytes>, Error>;

/// `GET /v1/system-info`.
pub fn system_info() -> Built {
    get("/v1/system-info", &[])
}

/// `GET /v1/health`.
pub fn health(level: HealthLevel, names: &[&str]) -> Built {
    get("/v1/health", &level_and_names(level, names))
}

/// `GET /v1/plan` in YAML, the only format.
pub fn plan() -> Built {
    get("/v1/plan", &[("format", "yaml".to_owned())])
}

/// `POST /v1/layers`. With `inner`, a new layer may be labelled `FOLDER/NAME` and is placed below those of later folders.
/// The layer is JSON, in which characters are escaped that YAML readers refuse or fold.
pub fn add_layer(label: &str, layer: &Layer, combine: bool, inner: bool) -> Built {
    let body = LayersAction {
        action: "add".to_owned(),
        combine,
        inner,
        label: label.to_owned(),
        format: "yaml".to_owned(),
        layer: layer.to_json(),
    };
    post("/v1/layers", &body)
}

/// `GET /v1/services`.
pub fn services(names: &[&str]) -> Built {
    get("/v1/services", &list("names", names))
}

/// `POST /v1/services`, which begins a change.
pub fn services_action(verb: ServicesVerb, names: &[&str]) -> Built {
    post("/v1/services", &ServicesAction { action: verb.as_str().to_owned(), services: owned(names) })
}

/// `GET /v1/changes`.
pub fn changes(select: ChangeSelect, service: Option<&str>) -> Built {
    let mut query = vec![("select", select.as_str().to_owned())];
    query.extend(service.map(|service| ("for", service.to_owned())));
    get("/v1/changes", &query)
}

/// `GET /v1/changes/ID`.
pub fn change(id: &ChangeId) -> Built {
    get(&format!("/v1/changes/{}", Escaped(id.as_str())), &[])
}

/// `GET /v1/changes/ID/wait`, answered at the change's end, or with 504 at the timeout.
pub fn wait_change(id: &ChangeId, timeout: Duration) -> Built {
    get(&format!("/v1/changes/{}/wait", Escaped(id.as_str())), &[("timeout", duration(timeout))])
}

/// `POST /v1/changes/ID` with `abort`.
pub fn abort_change(id: &ChangeId) -> Built {
    post(&format!("/v1/changes/{}", Escaped(id.as_str())), &ChangeAction { action: "abort".to_owned() })
}

/// `POST /v1/signals`.
pub fn signal(signal: Signal, services: &[&str]) -> Built {
    post("/v1/signals", &SignalsAction { signal: signal.as_str().to_owned(), services: owned(services) })
}

/// `GET /v1/logs` without following.
pub fn logs(services: &[&str], n: u32) -> Built {
    let mut query = list("services", services);
    query.push(("n", n.to_string()));
    get("/v1/logs", &query)
}

/// `GET /v1/logs` with `follow`, which is answered line by line. The answer's head comes with the first line.
pub fn follow_logs(services: &[&str], n: u32) -> Built {
    let mut query = list("services", services);
    query.push(("n", n.to_string()));
    query.push(("follow", "true".to_owned()));
    get("/v1/logs", &query)
}

/// `GET /v1/metrics`, answered in the text format of Prometheus.
pub fn metrics() -> Built {
    get("/v1/metrics", &[])
}

/// `POST /v1/exec`.
pub fn exec(options: &ExecOptions) -> Built {
    let body = ExecRequest {
        command: options.command.clone(),
        service_context: text(&options.service_context),
        environment: options.environment.clone(),
        working_dir: text(&options.working_dir),
        timeout: options.timeout.map(duration).unwrap_or_default(),
        user_id: options.user_id.map(i64::from),
        user: text(&options.user),
        group_id: options.group_id.map(i64::from),
        group: text(&options.group),
        split_stderr: options.splits(),
        terminal: options.terminal.is_some(),
        interactive: options.terminal.is_some_and(|terminal| terminal.interactive),
        width: options.terminal.map_or(0, |terminal| terminal.width.into()),
        height: options.terminal.map_or(0, |terminal| terminal.height.into()),
    };
    post("/v1/exec", &body)
}

/// Path of a task's websocket `control`, `stdio` or `stderr`.
pub fn websocket_path(task: &str, name: &str) -> String {
    format!("/v1/tasks/{}/websocket/{name}", Escaped(task))
}

/// Host of every request. Pebble ignores it.
const LOCALHOST: HeaderValue = HeaderValue::from_static("localhost");

fn get(path: &str, query: &[(&str, String)]) -> Built {
    let mut target = path.to_owned();
    for (n, (key, value)) in query.iter().enumerate() {
        target.push(if n == 0 { '?' } else { '&' });
        write!(target, "{key}={}", Escaped(value)).expect("text takes any text");
    }
    addressed(Method::GET, path, target, Bytes::new())
}

fn post(path: &str, body: &impl Serialize) -> Built {
    let body = serde_json::to_vec(body).expect("bodies have text keys only");
    let mut request = addressed(Method::POST, path, path.to_owned(), body.into())?;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(request)
}

fn addressed(method: Method, path: &str, target: String, body: Bytes) -> Built {
    let uri = Uri::try_from(target).map_err(|_| Error::Request { what: format!("{method} {path}") })?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert(HOST, LOCALHOST);
    Ok(request)
}

fn level_and_names(level: HealthLevel, names: &[&str]) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    query.extend(level.as_str().map(|level| ("level", level.to_owned())));
    query.extend(list("names", names));
    query
}

/// A list as one parameter with commas.
fn list(key: &'static str, names: &[&str]) -> Vec<(&'static str, String)> {
    if names.is_empty() { Vec::new() } else { vec![(key, names.join(","))] }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn text(option: &Option<String>) -> String {
    option.clone().unwrap_or_default()
}

fn octal(permissions: Option<u32>) -> String {
    permissions.map(|bits| format!("{bits:03o}")).unwrap_or_default()
}

/// A duration in Go's form, in microseconds and never zero, which would mean no timeout.
fn duration(time: Duration) -> String {
    format!("{}us", time.as_micros().max(1))
}

/// Percent-encoded text for a path segment or query.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => f.write_char(byte.into())?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
