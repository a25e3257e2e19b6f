//! Handler of a task's websockets: a command's input, output and control.

use http::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Call;
use crate::exec::{self, Refusal};
use crate::response::{ApiError, ApiResult, Body};
use crate::task::Id;
use pebble::plan::{quote, shortened};

pub(super) async fn websocket(mut call: Call) -> ApiResult {
    let (task_id, name) = (call.param(0).to_owned(), call.param(1).to_owned());
    let kind = |id| call.daemon.store.read(|state| state.task(id).map(|task| task.kind.clone()));
    let found = Id::parse(&task_id).and_then(|id| Some((id, kind(id)?)));
    // Websocket clients show only that the handshake failed, so the journal has the reason.
    let Some((id, kind)) = found else {
        call.daemon.journal.note(&format!("Websocket: cannot find task {}", quote(&task_id)));
        return Err(ApiError::not_found(format!("cannot find task {}", quote(&task_id))));
    };
    if kind != "exec" {
        call.daemon.journal.note(&format!("Websocket {id}: {} tasks do not have websockets", quote(&kind)));
        return Err(ApiError::bad_request(format!("{} tasks do not have websockets", quote(&kind))));
    }
    let refused = match exec::has_socket(&call.daemon, id, &name) {
        Ok(()) => match shake_hands(call.request.headers()) {
            Ok(response) => {
                exec::connect(&call.daemon, id, &name, &mut call.request);
                return Ok(response);
            }
            Err(why) => return Ok(no_handshake(why)),
        },
        Err(refused) => refused,
    };
    match refused {
        Refusal::NoSuchSocket => {
            call.daemon.journal.note(&format!("Websocket {id}: cannot find {} websocket", shortened(&name)));
            Err(ApiError::not_found(format!("cannot find {} websocket for task {}", shortened(&name), quote(&task_id))))
        }
        Refusal::Taken => {
            let why = format!("{name} websocket already connected");
            call.daemon.journal.note(&format!("Websocket {id}: cannot connect to {name} websocket: {why}"));
            Err(ApiError::server(why))
        }
        Refusal::Over => Err(ApiError::server(over(&call, id))),
    }
}

/// The error of a command that ended before this websocket was connected.
fn over(call: &Call, task: Id) -> String {
    let error = call.daemon.store.read(|state| {
        let change = state.change(state.task(task)?.change?)?;
        state.error(change)
    });
    error.unwrap_or_else(|| "the command is over".to_owned())
}

fn shake_hands(headers: &HeaderMap) -> Result<Response<Body>, &'static str> {
    let has = |name: HeaderName, token: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    if !has(CONNECTION, "upgrade") {
        return Err("the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header");
    }
    if !has(UPGRADE, "websocket") {
        return Err("the client is not using the websocket protocol: 'websocket' token not found in 'Upgrade' header");
    }
    if !has(SEC_WEBSOCKET_VERSION, "13") {
        return Err("unsupported version: 13 not found in 'Sec-Websocket-Version' header");
    }
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .ok_or("not a websocket handshake: 'Sec-WebSocket-Key' header is missing or blank")?;
    let mut response = Response::new(Body::whole(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| "bad key")?;
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The answer to a request that is no handshake: as Pebble's, plain text followed by an error in JSON.
fn no_handshake(why: &str) -> Response<Body> {
    let error = ApiError::server(format!("websocket: {why}"));
    let mut response = Response::new(Body::whole([b"Bad Request\n".to_vec(), error.json()].concat()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
