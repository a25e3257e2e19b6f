//! Asynchronous client with one method per operation, over any connection.
//!
//! JSON answers come in an envelope, which is opened here. Operations on files and commands, whose contents are not
//! JSON, are methods of [`Client`] in `files` and `exec`. [`Limits`] bound every wait and every answer.

mod checks;
mod identities;
mod logs;
mod notices;
mod services;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connect::{Connect, UnixConnect};
use crate::error::json_garbage;
use crate::plan::{Layer, Plan};
use crate::request::{self, Built};
use crate::types::{
    Change, ChangeId, ChangeSelect, Envelope, ErrorResult, Health, HealthLevel, ResponseType, Signal, SystemInfo,
};
use crate::wire::{Wire, describe, media_type, within};
use crate::{Error, Garbage, Limits};

pub use logs::LogLines;

/// A client of one Pebble. Calls may run concurrently; one connection is kept between calls. Clones share it.
///
/// ```no_run
/// # async fn demo() -> Result<(), webcharm_pebble::Error> {
/// use std::time::Duration;
/// use webcharm_pebble::client::Client;
/// use webcharm_pebble::connect::UnixConnect;
///
/// let pebble = Client::new(UnixConnect::new("/charm/containers/app/pebble.socket"), Default::default());
/// let change = pebble.begin_replan().await?;
/// pebble.wait_change(&change, Duration::from_secs(30)).await?;
/// # Ok(())
/// # }
/// ```
pub struct Client<C = UnixConnect> {
    pub(crate) wire: Arc<Wire<C>>,
}

impl<C> Clone for Client<C> {
    fn clone(&self) -> Self {
        Client { wire: Arc::clone(&self.wire) }
    }
}

impl<C: Connect> Client<C> {
    /// A client over this connector. The first call connects.
    pub fn new(connect: C, limits: Limits) -> Client<C> {
        Client { wire: Arc::new(Wire::new(connect, limits)) }
    }

    /// Name of the daemon's end: the socket's path, or the address.
    pub fn name(&self) -> &Path {
        self.wire.name()
    }

    /// Number of HTTP requests so far, websocket handshakes included.
    pub fn requests(&self) -> u64 {
        self.wire.requests()
    }

    pub(crate) fn limits(&self) -> Limits {
        self.wire.limits.clone()
    }

    /// The daemon's version, addresses and boot id.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.ask(request::system_info(), "system information").await
    }

    /// True if all checks of this level and with these names are up.
    pub async fn health(&self, level: HealthLevel, names: &[&str]) -> Result<bool, Error> {
        Ok(self.ask::<Health>(request::health(level, names), "health").await?.healthy)
    }

    /// The plan in force: all layers merged.
    pub async fn plan(&self) -> Result<Plan, Error> {
        let request = request::plan()?;
        let what = describe(&request);
        let yaml: String = self.ask(Ok(request), "a plan").await?;
        Plan::parse(yaml.as_bytes()).map_err(|_| Error::garbage(&what, Garbage::Plan))
    }

    /// Adds a layer on top or, with `combine`, merges it into the layer with this label.
    pub async fn add_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        self.request(request::add_layer(label, layer, combine, false)).await
    }

    /// Adds a layer as [`Client::add_layer`], also below other layers: a label `FOLDER/NAME` places a new layer among
    /// those of its folder in the layers directory, which `add_layer` refuses if others are above them.
    pub async fn add_inner_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        self.request(request::add_layer(label, layer, combine, true)).await
    }

    /// Changes of one service, or of all.
    pub async fn changes(&self, select: ChangeSelect, service: Option<&str>) -> Result<Vec<Change>, Error> {
        self.ask(request::changes(select, service), "a list of changes").await
    }

    /// The change with this id.
    pub async fn change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.ask(request::change(id), "a change").await
    }

    /// Waits for the end of a change; [`Error::Change`] if it failed.
    pub async fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        let change = self.wait_ready(id, timeout).await?;
        if change.err.is_some() { Err(Error::Change { change: Box::new(change) }) } else { Ok(change) }
    }

    /// Waits for the end of a change, whether it succeeds or fails.
    pub(crate) async fn wait_ready(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        let late = || Error::Timeout { what: format!("change {id}"), after: timeout };
        let envelope = self.envelope(request::wait_change(id, timeout), timeout).await;
        match envelope {
            Err(Error::Api { status: 504, .. } | Error::Timeout { .. }) => Err(late()),
            Err(other) => Err(other),
            Ok((what, envelope)) => read(&what, envelope.result, "a change"),
        }
    }

    /// Asks the daemon to abort a change.
    pub async fn abort_change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.ask(request::abort_change(id), "a change").await
    }

    /// Metrics of services and checks, in the text format of Prometheus.
    pub async fn metrics(&self) -> Result<String, Error> {
        let request = request::metrics()?;
        let what = describe(&request);
        let (kind, bytes) = self.whole(request, Duration::ZERO, TEXT).await?;
        if kind == JSON {
            self.open(&what, &bytes)?;
            return Err(Error::garbage(&what, Garbage::content_type(&kind, TEXT)));
        }
        String::from_utf8(bytes.into()).map_err(|_| Error::garbage(&what, Garbage::Shape("text".into())))
    }

    /// Sends a signal to running services.
    ///
    /// # Errors
    /// A service that does not run; services before it may have got the signal.
    pub async fn signal(&self, signal: Signal, services: &[&str]) -> Result<(), Error> {
        self.request(request::signal(signal, services)).await
    }

    /// Sends a request and reads its result.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Built, expected: &'static str) -> Result<T, Error> {
        let (what, envelope) = self.envelope(request, Duration::ZERO).await?;
        read(&what, envelope.result, expected)
    }

    /// Sends a request whose result is of no interest.
    async fn request(&self, request: Built) -> Result<(), Error> {
        self.envelope(request, Duration::ZERO).await.map(drop)
    }

    /// Sends a request that begins a change; returns the change's id and the result.
    pub(crate) async fn begin(&self, request: Built) -> Result<(ChangeId, Value), Error> {
        let (what, envelope) = self.envelope(request, Duration::ZERO).await?;
        match envelope.change {
            Some(id) => Ok((id, envelope.result)),
            None => Err(Error::garbage(&what, Garbage::Shape("the change it began".into()))),
        }
    }

    /// Sends a request on which Pebble may wait for `extra`; returns the request's name and the answer's envelope.
    async fn envelope(&self, request: Built, extra: Duration) -> Result<(String, Envelope), Error> {
        let request = request?;
        let what = describe(&request);
        let (_, bytes) = self.whole(request, extra, JSON).await?;
        let envelope = self.open(&what, &bytes)?;
        Ok((what, envelope))
    }

    /// Opens the envelope of an answer that has no more values than [`Limits`] allow.
    pub(crate) fn open(&self, what: &str, bytes: &[u8]) -> Result<Envelope, Error> {
        self.wire.limits.check_values(what, bytes)?;
        open(what, bytes)
    }

    /// Sends a request and reads the whole body, of type `wanted` or JSON; returns the media type and the body.
    async fn whole(
        &self,
        request: Request<Bytes>,
        extra: Duration,
        wanted: &'static str,
    ) -> Result<(String, Bytes), Error> {
        let what = describe(&request);
        let work = async {
            let answer = self.wire.send(request).await?;
            let kind = media_type(answer.headers());
            let wanted = match kind.as_str() {
                JSON => JSON,
                // Go's server names no type of an empty body.
                "" if wanted == TEXT => "",
                _ => wanted,
            };
            let bytes = self.wire.collect(answer, wanted).await?;
            Ok((kind, bytes))
        };
        within(self.wire.limits.answer + extra, || what, work).await?
    }
}

/// Media type of metrics.
const TEXT: &str = "text/plain";

/// Media type of envelopes.
pub(crate) const JSON: &str = "application/json";

/// Parses an envelope; an error in it becomes [`Error::Api`].
pub(crate) fn open(what: &str, bytes: &[u8]) -> Result<Envelope, Error> {
    let garbage = |error| Error::garbage(what, json_garbage(&error, "Pebble's envelope"));
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(garbage)?;
    match envelope.kind {
        ResponseType::Sync | ResponseType::Async => Ok(envelope),
        ResponseType::Unknown => Err(Error::garbage(what, Garbage::Shape("Pebble's envelope".into()))),
        ResponseType::Error => {
            let ErrorResult { message, kind, .. } = read(what, envelope.result, "the reason of its error")?;
            Err(Error::Api { kind, status: envelope.status_code, message })
        }
    }
}

/// Converts a result to its type; `expected` names it in an error.
pub(crate) fn read<T: DeserializeOwned>(what: &str, result: Value, expected: &'static str) -> Result<T, Error> {
    serde_json::from_value(result).map_err(|_| Error::garbage(what, Garbage::Shape(expected.into())))
}

#[cfg(test)]
mod tests;
