//! Table of the API.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use pebble::plan::{self, Layer, quote};
use pebble::types::{
    Envelope, ErrorResult, ExecRequest, ExecResult, FileResult, FilesAction, Health, LayersAction, ResponseType,
    ServicesAction, SignalsAction, SystemInfo,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Daemon, checks, identities, logs, notices, socket, upload};
use crate::exec;
use crate::files::FileError;

pub(super) type Answer = Response<BoxBody<Bytes, Infallible>>;

/// An error of the API.
#[derive(Debug)]
pub(super) struct ApiError {
    status: u16,
    kind: &'static str,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> ApiError {
        ApiError { status, kind: "", message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(400, message)
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> ApiError {
        ApiError { status: error.status, kind: error.kind, message: error.message }
    }
}

/// Version of Pebble that the fake names.
const VERSION: &str = "1.32.0";

/// Answers one request.
pub(super) async fn answer(daemon: Arc<Daemon>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    Ok(route(&daemon, request).await.unwrap_or_else(|error| {
        let result = ErrorResult { message: error.message, kind: error.kind.to_owned(), ..ErrorResult::default() };
        envelope(ResponseType::Error, error.status, None, json!(result))
    }))
}

async fn route(daemon: &Arc<Daemon>, request: Request<Incoming>) -> Result<Answer, ApiError> {
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let is_post = request.method() == Method::POST;
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (is_post, parts.as_slice()) {
        (false, ["v1", "system-info"]) => {
            sync(SystemInfo { version: VERSION.to_owned(), boot_id: "fake".to_owned(), ..SystemInfo::default() })
        }
        (false, ["v1", "health"]) => {
            sync(Health { healthy: daemon.pebble().is_healthy(query.get("level"), &query.list("names")) })
        }
        (false, ["v1", "plan"]) => sync(daemon.pebble().plan().to_yaml()),
        (true, ["v1", "layers"]) => add_layer(daemon, &body(request).await?),
        (false, ["v1", "services"]) => {
            let names = query.list("names");
            let all = daemon.pebble().services().into_iter();
            sync(all.filter(|info| names.is_empty() || names.contains(&info.name)).collect::<Vec<_>>())
        }
        (true, ["v1", "services"]) => services(daemon, &body(request).await?),
        (true, ["v1", "signals"]) => signal(daemon, &body(request).await?),
        (false, ["v1", "checks"]) => checks::checks(daemon, &query),
        (true, ["v1", "checks"]) => checks::act(daemon, &body(request).await?),
        (true, ["v1", "checks", "refresh"]) => checks::refresh(daemon, &body(request).await?),
        (false, ["v1", "changes"]) => sync(daemon.pebble().changes.values().collect::<Vec<_>>()),
        (false, ["v1", "changes", id]) => sync(change(daemon, id)?),
        (false, ["v1", "changes", id, "wait"]) => wait(daemon, id).await,
        (false, ["v1", "notices"]) => notices::notices(daemon, &query),
        (true, ["v1", "notices"]) => notices::notify(daemon, body(request).await?),
        (false, ["v1", "notices", id]) => notices::notice(daemon, id),
        (false, ["v1", "identities"]) => identities::list(daemon),
        (true, ["v1", "identities"]) => identities::act(daemon, body(request).await?),
        (false, ["v1", "metrics"]) => Ok(plain("text/plain; charset=utf-8", daemon.pebble().metrics())),
        (false, ["v1", "logs"]) => logs::get(daemon, &query),
        (false, ["v1", "files"]) => read_files(daemon, &query),
        (true, ["v1", "files"]) => write_files(daemon, request).await,
        (true, ["v1", "exec"]) => begin_exec(daemon, &body(request).await?),
        (false, ["v1", "tasks", task, "websocket", name]) => socket::open(daemon, task, name, request),
        _ => Err(ApiError::new(404, "invalid API endpoint requested")),
    }
}

/// The query parameters of a request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Query(split.map(|(key, value)| (decode(key), decode(value))).collect())
    }

    pub(super) fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let values = self.all(key).flat_map(|value| value.split(','));
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }
}

fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                decoded.extend(u8::from_str_radix(&digits, 16).ok());
            }
            byte => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, ApiError> {
    let bytes = whole(request).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request(format!("cannot decode request body: {error}")))
}

async fn whole(request: Request<Incoming>) -> Result<Bytes, ApiError> {
    let collected = request.into_body().collect().await;
    Ok(collected.map_err(|error| ApiError::bad_request(error.to_string()))?.to_bytes())
}

pub(super) fn plain(kind: &str, body: impl Into<Bytes>) -> Answer {
    streamed(kind, Full::new(body.into()).boxed())
}

pub(super) fn streamed(kind: &str, body: BoxBody<Bytes, Infallible>) -> Answer {
    let response = Response::builder().header("Content-Type", kind).body(body);
    response.expect("the media types here are valid")
}

fn envelope(kind: ResponseType, status: u16, change: Option<&str>, result: Value) -> Answer {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let words = code.canonical_reason().unwrap_or_default().to_owned();
    let envelope = Envelope {
        kind,
        status_code: status,
        status: words,
        change: change.map(|id| serde_json::from_value(json!(id)).expect("an id is text")),
        result,
        ..Envelope::default()
    };
    let mut answer = plain("application/json", serde_json::to_vec(&envelope).expect("plain data has a JSON form"));
    *answer.status_mut() = code;
    answer
}

#[expect(clippy::unnecessary_wraps, reason = "the end of each handler")]
pub(super) fn sync(result: impl Serialize) -> Result<Answer, ApiError> {
    Ok(envelope(ResponseType::Sync, 200, None, serde_json::to_value(result).expect("plain data has a JSON form")))
}

fn add_layer(daemon: &Daemon, asked: &LayersAction) -> Result<Answer, ApiError> {
    if asked.action != "add" {
        return Err(ApiError::bad_request(format!("invalid action {}", quote(&asked.action))));
    }
    if asked.label.is_empty() {
        return Err(ApiError::bad_request("label must be set"));
    }
    let layer = Layer::parse_labelled(&asked.label, asked.layer.as_bytes());
    let layer = layer.map_err(|error| ApiError::bad_request(format!("cannot parse layer YAML: {error}")))?;
    daemon.pebble().place_layer(layer, asked.combine, asked.inner).map_err(|error| {
        let status = if matches!(error, plan::Error::Inner) { 500 } else { 400 };
        ApiError::new(status, error.to_string())
    })?;
    sync(true)
}

fn services(daemon: &Daemon, asked: &ServicesAction) -> Result<Answer, ApiError> {
    let mut pebble = daemon.pebble();
    let takes_names = !matches!(asked.action.as_str(), "replan" | "autostart");
    if takes_names && asked.services.is_empty() {
        return Err(ApiError::bad_request(format!("must specify services for {} action", asked.action)));
    }
    let plan = pebble.plan();
    let order = match asked.action.as_str() {
        "start" | "restart" => plan.start_order(&asked.services).map(drop),
        "stop" => plan.stop_order(&asked.services).map(drop),
        "replan" | "autostart" => Ok(()),
        other => return Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    };
    order.map_err(|error| ApiError::bad_request(format!("cannot {} services: {error}", asked.action)))?;
    if asked.action == "autostart" && plan.autostart().is_ok_and(|names| names.is_empty()) {
        return Err(ApiError { kind: "no-default-services", ..ApiError::bad_request("no default services") });
    }
    let result = match asked.action.as_str() {
        "start" => pebble.start(&asked.services),
        "stop" => pebble.stop(&asked.services),
        "restart" => pebble.restart(&asked.services),
        "autostart" => pebble.autostart(),
        _ => pebble.replan(),
    };
    let id = pebble.record(&asked.action, result.err());
    Ok(envelope(ResponseType::Async, 202, Some(&id), Value::Null))
}

fn signal(daemon: &Daemon, asked: &SignalsAction) -> Result<Answer, ApiError> {
    if asked.services.is_empty() {
        return Err(ApiError::bad_request("must specify one or more services"));
    }
    daemon.pebble().signal(&asked.signal, &asked.services).map_err(|why| ApiError::new(500, why))?;
    sync(true)
}

fn change(daemon: &Daemon, id: &str) -> Result<pebble::types::Change, ApiError> {
    let change = daemon.pebble().changes.get(id).cloned();
    change.ok_or_else(|| ApiError::new(404, format!("cannot find change with id {}", quote(id))))
}

async fn wait(daemon: &Daemon, id: &str) -> Result<Answer, ApiError> {
    loop {
        let ended = daemon.ended.notified();
        let change = change(daemon, id)?;
        if change.ready {
            return sync(change);
        }
        ended.await;
    }
}

fn read_files(daemon: &Daemon, query: &Query) -> Result<Answer, ApiError> {
    let path = query.get("path");
    match query.get("action") {
        "list" if path.is_empty() => Err(ApiError::bad_request("must specify path")),
        "list" if !path.starts_with('/') => {
            Err(ApiError::bad_request(format!("path must be absolute, got {}", quote(path))))
        }
        "list" => sync(daemon.pebble().files.list(path, query.get("pattern"), query.get("itself") == "true")?),
        "read" => {
            let files = &daemon.pebble().files;
            Ok(upload::download(query.all("path").map(|path| (path.to_owned(), files.read(path)))))
        }
        other => Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    }
}

async fn write_files(daemon: &Daemon, request: Request<Incoming>) -> Result<Answer, ApiError> {
    let kind = request.headers().get("Content-Type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = whole(request).await?;
    if kind.starts_with("multipart/form-data") {
        return sync(upload::write(&mut daemon.pebble().files, &kind, &bytes)?);
    }
    let asked: FilesAction = serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request(format!("cannot decode request body: {error}")))?;
    let files = &mut daemon.pebble().files;
    let result = |path: &str, done: Result<(), FileError>| FileResult {
        path: path.to_owned(),
        error: done.err().map(FileError::result),
    };
    match asked.action.as_str() {
        "make-dirs" => sync(asked.dirs.iter().map(|item| result(&item.path, files.make_dir(item))).collect::<Vec<_>>()),
        "remove" => sync(
            asked
                .paths
                .iter()
                .map(|item| result(&item.path, files.remove(&item.path, item.recursive)))
                .collect::<Vec<_>>(),
        ),
        other => Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    }
}

fn begin_exec(daemon: &Daemon, asked: &ExecRequest) -> Result<Answer, ApiError> {
    let call = exec::call(asked);
    if call.command.is_empty() {
        return Err(ApiError::bad_request("must specify command"));
    }
    let mut pebble = daemon.pebble();
    let Some(handler) = pebble.handlers.find(&call.command) else {
        let command = quote(&call.command.join(" "));
        return Err(ApiError::bad_request(format!("no handler for the command {command}: the test gives none")));
    };
    pebble.exec_history.push(call.clone());
    let (change, task) = pebble.begin_exec(&call);
    drop(pebble);
    let environment = asked.environment.clone();
    let running = socket::Running::new(change.clone(), call, handler, asked.split_stderr);
    daemon.running().insert(task.clone(), Arc::new(running));
    let result = ExecResult { environment, task_id: task, working_dir: asked.working_dir.clone() };
    Ok(envelope(ResponseType::Async, 202, Some(&change), json!(result)))
}
