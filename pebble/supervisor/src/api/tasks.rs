//! The websockets of a task: a command's input, output and control.

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Call;
use crate::exec::{self, Refusal};
use crate::response::{Answer, Body, Fault};
use crate::state::quoted;
use crate::task::Id;

pub(super) async fn websocket(mut call: Call) -> Answer {
    let (task_id, name) = (call.param(0).to_owned(), call.param(1).to_owned());
    let kind = |id| call.daemon.store.read(|state| state.task(id).map(|task| task.kind.clone()));
    let found = Id::parse(&task_id).and_then(|id| Some((id, kind(id)?)));
    // Websocket clients see only that the handshake went wrong, so the journal says why.
    let Some((id, kind)) = found else {
        call.daemon.journal.note(&format!("Websocket: cannot find task {}", quoted(&task_id)));
        return Err(Fault::not_found(format!("cannot find task {}", quoted(&task_id))));
    };
    if kind != "exec" {
        call.daemon.journal.note(&format!("Websocket {id}: {} tasks do not have websockets", quoted(&kind)));
        return Err(Fault::bad_request(format!("{} tasks do not have websockets", quoted(&kind))));
    }
    let response = shake_hands(call.request.headers())?;
    match exec::connect(&call.daemon, id, &name, &mut call.request) {
        Ok(()) => Ok(response),
        Err(Refusal::NoSuchSocket) => {
            call.daemon.journal.note(&format!("Websocket {id}: cannot find {name} websocket"));
            Err(Fault::not_found(format!("cannot find {name} websocket for task {}", quoted(&task_id))))
        }
        Err(Refusal::Taken) => {
            call.daemon.journal.note(&format!("Websocket {id}: {name} websocket already connected"));
            Err(Fault::server(format!("{name} websocket already connected")))
        }
        Err(Refusal::Over) => Err(Fault::server(over(&call, id))),
    }
}

/// Why a command was over before this websocket was connected.
fn over(call: &Call, task: Id) -> String {
    let error = call.daemon.store.read(|state| {
        let change = state.change(state.task(task)?.change?)?;
        state.error(change)
    });
    error.unwrap_or_else(|| "the command is over".to_owned())
}

fn shake_hands(headers: &HeaderMap) -> Result<Response<Body>, Fault> {
    let wants = headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| wants);
    let key = key.ok_or_else(|| Fault::bad_request("websocket: not a websocket handshake"))?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|error| Fault::server(error.to_string()))?;
    let mut response = Response::new(Body::whole(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}
