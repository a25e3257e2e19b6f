//! Signals to services.

use pebble::types::SignalsAction;

use super::Call;
use crate::response::{Answer, Fault, sync};
use crate::service;

pub(super) async fn send(mut call: Call) -> Answer {
    let asked: SignalsAction = call.json("request body").await?;
    if asked.services.is_empty() {
        return Err(Fault::bad_request("must specify one or more services"));
    }
    service::signal(&call.daemon, &asked.services, &asked.signal).map_err(Fault::server)?;
    sync(true)
}
