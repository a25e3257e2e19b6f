//! Table of the API: each path with its methods, handlers and access.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request};

use super::{
    Call, changes, checks, exec, files, identities, logs, metrics, notices, plan, services, signals, system, tasks,
};
use crate::access::{Access, Transport, User};
use crate::daemon::Daemon;
use crate::identity::{self, Distrusted};
use crate::journal::Event;
use crate::query::Query;
use crate::request_body::RequestBody;
use crate::response::{ApiError, ApiResult};
use crate::state::State;

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = ApiResult>>>;

/// One path of the API, in which `{…}` stands for one segment, with the handler of each method.
struct Route {
    path: &'static str,
    get: Option<(Access, Handler)>,
    post: Option<(Access, Handler)>,
}

const ROUTES: [Route; 21] = [
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
    Route {
        path: "/v1/checks",
        get: Some((Access::User, |call| Box::pin(checks::list(call)))),
        post: Some((Access::Admin, |call| Box::pin(checks::act(call)))),
    },
    Route {
        path: "/v1/checks/refresh",
        get: None,
        post: Some((Access::Admin, |call| Box::pin(checks::refresh(call)))),
    },
    Route {
        path: "/v1/notices",
        get: Some((Access::User, |call| Box::pin(notices::list(call)))),
        post: Some((Access::User, |call| Box::pin(notices::add(call)))),
    },
    Route { path: "/v1/notices/{id}", get: Some((Access::User, |call| Box::pin(notices::get(call)))), post: None },
    Route {
        path: "/v1/identities",
        get: Some((Access::User, |call| Box::pin(identities::list(call)))),
        post: Some((Access::Admin, |call| Box::pin(identities::act(call)))),
    },
    Route { path: "/v1/pairing", get: None, post: Some((Access::Pairing, |call| Box::pin(system::pair(call)))) },
    Route { path: "/v1/metrics", get: Some((Access::Metrics, |call| Box::pin(metrics::get(call)))), post: None },
];

/// Answers a request with that decoded path and that query: looks up path and method, checks the client's access, and calls the handler.
pub(crate) async fn answer(
    daemon: &Rc<Daemon>,
    path: &str,
    query: &str,
    request: Request<RequestBody>,
    transport: &Transport,
) -> ApiResult {
    let found = ROUTES.iter().find_map(|route| Some((route, params(route.path, path)?)));
    let (route, params) = found.ok_or_else(|| ApiError::not_found("invalid API endpoint requested"))?;
    let method = match *request.method() {
        Method::GET => route.get.as_ref(),
        Method::POST => route.post.as_ref(),
        _ => None,
    };
    let (access, handler) = method.ok_or_else(|| ApiError::method(request.method()))?;
    let user = user(daemon, &request, transport, *access);
    if !access.allows(user.as_ref(), transport) {
        refuse(daemon, user.as_ref(), path);
        return Err(ApiError::unauthorized());
    }
    let query = Query::parse(query);
    handler(Call { daemon: daemon.clone(), user, params, query, request }).await
}

/// The user of a request: an identity, or a user of this machine.
fn user(daemon: &Daemon, request: &Request<RequestBody>, transport: &Transport, access: Access) -> Option<User> {
    let find = |state: &State| match transport {
        // Passwords count on the other transports alone.
        Transport::Https { certificate, .. } => {
            let found = identity::certified(state.identities(), certificate, SystemTime::now());
            found.unwrap_or_else(|distrusted| distrust(daemon, &distrusted))
        }
        _ => identity::user(state.identities(), transport.uid(), credentials(request.headers()).as_ref()),
    };
    let identity = if access == Access::Open { None } else { daemon.store.read(find) };
    identity.or_else(|| transport.uid().map(User::local))
}

/// Name and password of HTTP basic authentication; `None` if both are empty.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = (value.get(..6)?, value.get(6..)?);
    let decoded = STANDARD.decode(encoded).ok().filter(|_| scheme.eq_ignore_ascii_case(b"basic "))?;
    let text = String::from_utf8_lossy(&decoded).into_owned();
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned())).filter(|(name, password)| !name.is_empty() || !password.is_empty())
}

fn distrust(daemon: &Daemon, Distrusted { name, why }: &Distrusted) -> Option<User> {
    let what = "client certificate matched stored identity but failed self-signed verification";
    daemon.journal.security(Event::Distrusted, name, &format!("{what}: {why}"));
    None
}

fn refuse(daemon: &Daemon, user: Option<&User>, path: &str) {
    if let Some(user) = user.map(User::shown) {
        let description = format!("User {user} not authorized to access {path}");
        daemon.journal.security(Event::Refused, &format!("{user},{path}"), &description);
    }
}

/// The segments that the pattern leaves open; `None` if the path does not match.
pub(super) fn params(pattern: &str, path: &str) -> Option<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_whole_or_not_at_all() {
        assert_eq!(params("/v1/changes/{id}", "/v1/changes/7"), Some(vec!["7".to_owned()]));
        for path in ["/v1/changes", "/v1/changes/", "/v1/changes/7/", "/v1/changes/7/wait", "v1/changes/7"] {
            assert_eq!(params("/v1/changes/{id}", path), None, "{path}");
        }
    }

    #[test]
    fn every_path_has_pebbles_access() {
        use Access::{Admin, Metrics, Open, Pairing, User};
        let expected = [
            ("/v1/system-info", Some(Open), None),
            ("/v1/health", Some(Open), None),
            ("/v1/changes", Some(User), None),
            ("/v1/changes/{id}", Some(User), Some(Admin)),
            ("/v1/changes/{id}/wait", Some(User), None),
            ("/v1/services", Some(User), Some(Admin)),
            ("/v1/services/{name}", Some(User), Some(Admin)),
            ("/v1/plan", Some(Admin), None),
            ("/v1/layers", None, Some(Admin)),
            ("/v1/files", Some(Admin), Some(Admin)),
            ("/v1/logs", Some(User), None),
            ("/v1/exec", None, Some(Admin)),
            ("/v1/tasks/{task-id}/websocket/{websocket-id}", Some(Admin), None),
            ("/v1/signals", None, Some(Admin)),
            ("/v1/checks", Some(User), Some(Admin)),
            ("/v1/checks/refresh", None, Some(Admin)),
            ("/v1/notices", Some(User), Some(User)),
            ("/v1/notices/{id}", Some(User), None),
            ("/v1/identities", Some(User), Some(Admin)),
            ("/v1/pairing", None, Some(Pairing)),
            ("/v1/metrics", Some(Metrics), None),
        ];
        let access = |method: &Option<(Access, Handler)>| method.as_ref().map(|(access, _)| *access);
        let found = ROUTES.each_ref().map(|route| (route.path, access(&route.get), access(&route.post)));
        assert_eq!(found, expected);
    }

    #[test]
    fn every_path_is_in_the_table_once() {
        for (index, route) in ROUTES.iter().enumerate() {
            assert!(ROUTES[..index].iter().all(|other| other.path != route.path), "{}", route.path);
            assert!(route.get.is_some() || route.post.is_some(), "{}", route.path);
        }
    }
}
