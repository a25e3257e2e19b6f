//! Asynchronous client with one method per operation, over any connection.
//!
//! JSON answers come in an envelope, which is opened here. Operations on files and commands, whose contents are not
//! JSON, are methods of [`Client`] in `files` and `exec`. [`Limits`] bound every wait and every answer.

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
    Change, ChangeId, ChangeSelect, CheckInfo, Envelope, ErrorResult, Health, HealthLevel, LogEntry, Notice,
    NoticeAdded, NoticesFilter, Notify, ResponseType, ServiceInfo, SystemInfo,
};
use crate::wire::{Wire, describe, media_type, within};
use crate::{Error, Garbage, Limits};

/// A client of one Pebble. Calls may run concurrently; one connection is kept between calls.
pub struct Client<C = UnixConnect> {
    pub(crate) wire: Wire<C>,
}

impl<C: Connect> Client<C> {
    /// A client over this connector. The first call connects.
    pub fn new(connect: C, limits: Limits) -> Client<C> {
        Client { wire: Wire::new(connect, limits) }
    }

    /// Number of HTTP requests so far, websocket handshakes included.
    pub fn requests(&self) -> u64 {
        self.wire.requests()
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
        self.request(request::add_layer(label, layer, combine)).await
    }

    /// Status of the services with these names, as far as they exist, sorted by name; of all services if there are no
    /// names.
    pub async fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        self.ask(request::services(names), "a list of services").await
    }

    /// Begins `start`, `stop`, `restart`, `autostart` or `replan`, and waits for the change.
    pub async fn services_action(&self, action: &str, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        let id = self.begin(request::services_action(action, names)).await?.0;
        self.wait_change(&id, timeout).await
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

    /// Sends a signal by name (`SIGHUP`) to running services.
    pub async fn signal(&self, signal: &str, services: &[&str]) -> Result<(), Error> {
        self.request(request::signal(signal, services)).await
    }

    /// The checks of this level and with these names.
    pub async fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        self.ask(request::checks(level, names), "a list of checks").await
    }

    /// The notices that the filter selects, in the order of their last repetition.
    pub async fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        self.ask(request::notices(filter), "a list of notices").await
    }

    /// Waits for notices that the filter selects; empty after the timeout.
    pub async fn wait_notices(&self, filter: &NoticesFilter, timeout: Duration) -> Result<Vec<Notice>, Error> {
        let (what, envelope) = self.envelope(request::wait_notices(filter, timeout), timeout).await?;
        read(&what, envelope.result, "a list of notices")
    }

    /// Adds a custom notice and returns its id.
    pub async fn notify(&self, notice: &Notify) -> Result<String, Error> {
        Ok(self.ask::<NoticeAdded>(request::notify(notice), "a notice's id").await?.id)
    }

    /// The last `n` lines of output of these services together, or of all services.
    pub async fn logs(&self, services: &[&str], n: u32) -> Result<Vec<LogEntry>, Error> {
        let request = request::logs(services, n)?;
        let what = describe(&request);
        let (kind, lines) = self.whole(request, Duration::ZERO, "application/x-ndjson").await?;
        if kind == JSON {
            let envelope = self.open(&what, &lines)?;
            return Err(Error::garbage(&what, Garbage::Shape(format!("log lines ({:?})", envelope.kind).into())));
        }
        self.wire.limits.check_values(&what, &lines)?;
        let entries = serde_json::Deserializer::from_slice(&lines).into_iter::<LogEntry>().collect::<Result<_, _>>();
        entries.map_err(|error| Error::garbage(&what, json_garbage(&error, "log lines")))
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
            let bytes = self.wire.collect(answer, if kind == JSON { JSON } else { wanted }).await?;
            Ok((kind, bytes))
        };
        within(self.wire.limits.answer + extra, || what, work).await?
    }
}

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
