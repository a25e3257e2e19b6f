//! The whole API as one table: which path takes what, and from whom.

mod changes;
mod checks;
mod exec;
mod files;
mod logs;
mod notices;
mod plan;
mod services;
mod signals;
mod system;
mod tasks;

pub(crate) use services::{autostart, stop_all};

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use pebble::plan::Span;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::access::{Access, Transport, User};
use crate::daemon::Daemon;
use crate::journal::Event;
use crate::query::Query;
use crate::response::{Answer, Fault};

/// The longest JSON body in bytes; a layer is the longest of all.
const LONGEST_JSON: usize = 16 << 20;
/// The most values and names in a JSON body. Each takes up to 200 bytes of memory, whatever its length in the text.
const MOST_VALUES: usize = 300_000;

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Answer>>>;

/// A path, `{…}` standing for one segment, and what it takes.
struct Route {
    path: &'static str,
    get: Option<(Access, Handler)>,
    post: Option<(Access, Handler)>,
}

const ROUTES: [Route; 17] = [
    Route { path: "/v1/system-info", get: Some((Access::Open, |call| Box::pin(system::info(call)))), post: None },
    Route { path: "/v1/health", get: Some((Access::Open, |call| Box::pin(system::health(call)))), post: None },
    Route { path: "/v1/changes", get: Some((Access::User, |call| Box::pin(changes::list(call)))), post: None },
    Route {
        path: "/v1/changes/{id}",
        get: Some((Access::User, |call| Box::pin(changes::get(call)))),
        post: Some((Access::Admin, |call| Box::pin(changes::act(call)))),
    },
    Route {
        path: "/v1/changes/{id}/wait",
        get: Some((Access::User, |call| Box::pin(changes::wait(call)))),
        post: None,
    },
    Route {
        path: "/v1/services",
        get: Some((Access::User, |call| Box::pin(services::list(call)))),
        post: Some((Access::Admin, |call| Box::pin(services::act(call)))),
    },
    Route {
        path: "/v1/services/{name}",
        get: Some((Access::User, |call| Box::pin(services::not_implemented(call)))),
        post: Some((Access::Admin, |call| Box::pin(services::not_implemented(call)))),
    },
    Route { path: "/v1/plan", get: Some((Access::Admin, |call| Box::pin(plan::get(call)))), post: None },
    Route { path: "/v1/layers", get: None, post: Some((Access::Admin, |call| Box::pin(plan::add_layer(call)))) },
    Route {
        path: "/v1/files",
        get: Some((Access::Admin, |call| Box::pin(files::get(call)))),
        post: Some((Access::Admin, |call| Box::pin(files::act(call)))),
    },
    Route { path: "/v1/logs", get: Some((Access::User, |call| Box::pin(logs::get(call)))), post: None },
    Route { path: "/v1/exec", get: None, post: Some((Access::Admin, |call| Box::pin(exec::begin(call)))) },
    Route {
        path: "/v1/tasks/{task-id}/websocket/{websocket-id}",
        get: Some((Access::Admin, |call| Box::pin(tasks::websocket(call)))),
        post: None,
    },
    Route { path: "/v1/signals", get: None, post: Some((Access::Admin, |call| Box::pin(signals::send(call)))) },
    Route { path: "/v1/checks", get: Some((Access::User, |call| Box::pin(checks::list(call)))), post: None },
    Route {
        path: "/v1/notices",
        get: Some((Access::User, |call| Box::pin(notices::list(call)))),
        post: Some((Access::User, |call| Box::pin(notices::add(call)))),
    },
    Route { path: "/v1/notices/{id}", get: Some((Access::User, |call| Box::pin(notices::get(call)))), post: None },
];

/// A request that was found in the table and may be made.
struct Call {
    daemon: Rc<Daemon>,
    user: Option<User>,
    /// The path's segments that the table leaves open.
    params: Vec<String>,
    query: Query,
    request: Request<Incoming>,
}

/// Finds what a request asks for, whether it may, and does it.
pub(crate) async fn answer(daemon: &Rc<Daemon>, request: Request<Incoming>, transport: Transport) -> Answer {
    let path = request.uri().path();
    let found = ROUTES.iter().find_map(|route| Some((route, params(route.path, path)?)));
    let (route, params) = found.ok_or_else(|| Fault::not_found("invalid API endpoint requested"))?;
    let method = match *request.method() {
        Method::GET => route.get.as_ref(),
        Method::POST => route.post.as_ref(),
        _ => None,
    };
    let (access, handler) = method.ok_or_else(|| Fault::method(request.method()))?;
    let user = transport.user();
    if !access.allows(user) {
        refuse(daemon, user, path);
        return Err(Fault::unauthorized());
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    handler(Call { daemon: daemon.clone(), user, params, query, request }).await
}

fn refuse(daemon: &Daemon, user: Option<User>, path: &str) {
    if let Some(User { uid, .. }) = user {
        let description = format!("User {uid} not authorized to access {path}");
        daemon.journal.security(Event::Refused, &format!("{uid},{path}"), &description);
    }
}

/// The open segments of a path that fits.
fn params(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        let segment = segments.next()?;
        if part.starts_with('{') && !segment.is_empty() {
            params.push(segment.to_owned());
        } else if part != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(params)
}

impl Call {
    /// An open segment of the path.
    fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// Logs what an administrator does.
    fn admit(&self, action: &str, description: &str) {
        let uid = self.user.map_or_else(|| "<unknown>".to_owned(), |user| user.uid.to_string());
        self.daemon.journal.security(Event::Admin, &format!("{uid},{action}"), description);
    }

    /// The body as JSON. Nulls count as missing, as Go has it; `what` is what can't be decoded if it can't.
    async fn json<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, Fault> {
        self.json_within(LONGEST_JSON, what).await
    }

    /// The same with a limit in bytes of its own.
    async fn json_within<T: DeserializeOwned>(&mut self, limit: usize, what: &str) -> Result<T, Fault> {
        let body = Limited::new(self.request.body_mut(), limit).collect().await;
        let body = body.map_err(|error| Fault::bad_request(format!("cannot decode {what}: {error}")))?.to_bytes();
        decode(&body).map_err(|why| Fault::bad_request(format!("cannot decode {what}: {why}")))
    }
}

/// Reads the first JSON value of a body, and no further.
fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    if values(body) > MOST_VALUES {
        return Err(format!("json: more than {MOST_VALUES} values"));
    }
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let mut value = match values.next() {
        None => return Err("EOF".to_owned()),
        Some(Err(error)) if error.is_eof() => return Err("unexpected EOF".to_owned()),
        Some(value) => value.map_err(|error| error.to_string())?,
    };
    if value.is_null() {
        value = Value::Object(serde_json::Map::new());
    }
    if !value.is_object() {
        return Err("json: cannot unmarshal anything but an object".to_owned());
    }
    without_nulls(&mut value);
    serde_json::from_value(value).map_err(|error| format!("json: {error}"))
}

/// The number of values and names in a text of JSON, and some more at most: counted without keeping any.
fn values(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Decoding without doing, for the fuzz targets.
#[cfg(fuzzing)]
#[allow(unreachable_pub, reason = "re-exported under that cfg by `crate::fuzzing`")]
pub mod fuzzing {
    use pebble::plan::Layer;
    use pebble::types::{
        ChangeAction, ExecRequest, FilesAction, LayersAction, NoticeAction, ServicesAction, SignalsAction,
    };

    use super::{Query, decode, duration, logs, notices, params};
    use crate::clock::Time;

    /// Reads the body of a request as each that there is.
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

    /// Reads a path and its query as the handlers do.
    pub fn query(path: &str, text: &str) {
        let _ = (params("/v1/tasks/{task-id}/websocket/{websocket-id}", path), crate::files::clean(path));
        let query = Query::parse(text);
        for key in ["timeout", "n", "after", "user-id", "names", "pattern"] {
            let value = query.get(key);
            let _ = (
                duration(value),
                logs::lines(value, false),
                Time::parse(value),
                notices::user_id(value),
                query.list(key),
            );
        }
        let _ = crate::files::matches(query.get("pattern"), query.get("path"));
    }
}

/// Reads a duration as Go does; nothing and zero are none.
fn duration(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let span: Span = text.parse().map_err(|_| not_a_duration(text))?;
    Ok(Some(span).filter(|span| *span != Span::ZERO).map(Span::to_std))
}

/// What Go says is wrong with a duration.
fn not_a_duration(text: &str) -> String {
    let number = text.trim_start_matches(['-', '+']);
    let behind = number.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let unit = behind.split(|letter: char| letter.is_ascii_digit() || letter == '.').next().unwrap_or_default();
    match (number.len() > behind.len(), unit) {
        (true, "") => format!("time: missing unit in duration {text:?}"),
        (true, unit) if !["ns", "us", "µs", "ms", "s", "m", "h"].contains(&unit) => {
            format!("time: unknown unit {unit:?} in duration {text:?}")
        }
        _ => format!("time: invalid duration {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use pebble::types::{ExecRequest, ServicesAction};

    use super::*;

    #[test]
    fn paths_fit_whole_or_not_at_all() {
        assert_eq!(params("/v1/changes/{id}", "/v1/changes/7"), Some(vec!["7".to_owned()]));
        for path in ["/v1/changes", "/v1/changes/", "/v1/changes/7/", "/v1/changes/7/wait", "v1/changes/7"] {
            assert_eq!(params("/v1/changes/{id}", path), None, "{path}");
        }
    }

    #[test]
    fn every_path_is_in_the_table_once() {
        for (index, route) in ROUTES.iter().enumerate() {
            assert!(ROUTES[..index].iter().all(|other| other.path != route.path), "{}", route.path);
            assert!(route.get.is_some() || route.post.is_some(), "{}", route.path);
        }
    }

    #[test]
    fn bodies_are_read_as_go_reads_them() {
        let read = |text: &str| decode::<ServicesAction>(text.as_bytes());
        assert_eq!(read(r#"{"action":"start","services":null} rest"#).unwrap().action, "start");
        assert_eq!(read("null").unwrap(), ServicesAction::default());
        assert_eq!(read(""), Err("EOF".to_owned()));
        assert_eq!(read(r#"{"action":"#), Err("unexpected EOF".to_owned()));
        let many = format!(r#"{{"services":[{}""]}}"#, r#""\",","#.repeat(200_000));
        assert_eq!(decode::<ServicesAction>(many.as_bytes()).unwrap().services.len(), 200_001);
        let more = format!(r#"{{"services":[{}0]}}"#, "0,".repeat(MOST_VALUES));
        assert_eq!(decode::<ServicesAction>(more.as_bytes()), Err("json: more than 300000 values".to_owned()));
        assert!(read("[]").is_err() && read(r#"{"action":3}"#).is_err() && read("nope").is_err());
    }

    #[test]
    fn the_python_clients_nulls_are_taken() {
        let text = r#"{"command":["a"],"environment":{},"user-id":null,"user":null,"timeout":null,"working-dir":null}"#;
        assert!(decode::<ExecRequest>(text.as_bytes()).is_ok());
    }

    #[test]
    fn durations_are_gos() {
        assert_eq!(duration("1.5s"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!((duration(""), duration("0s")), (Ok(None), Ok(None)));
        assert_eq!(duration("10"), Err("time: missing unit in duration \"10\"".to_owned()));
        assert_eq!(duration("5x"), Err("time: unknown unit \"x\" in duration \"5x\"".to_owned()));
        assert_eq!(duration("x"), Err("time: invalid duration \"x\"".to_owned()));
    }
}
