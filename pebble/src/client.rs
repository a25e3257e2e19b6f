//! The client: one method per thing Pebble does, over any connection.
//!
//! All JSON answers come in one envelope, opened here. Files and commands, whose contents are not JSON, are further
//! methods of [`Client`] in `files` and `exec`. Every wait has a bound, set by [`Limits`].

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

/// A client of one Pebble. Methods may run side by side; one connection is kept between calls.
pub struct Client<C = UnixConnect> {
    pub(crate) wire: Wire<C>,
}

impl<C: Connect> Client<C> {
    /// A client of the Pebble at the other end. Nothing is sent yet.
    pub fn new(connect: C, limits: Limits) -> Client<C> {
        Client { wire: Wire::new(connect, limits) }
    }

    /// How many HTTP requests this client has made so far, websocket handshakes included.
    pub fn requests(&self) -> u64 {
        self.wire.requests()
    }

    /// Who answers.
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.ask(request::system_info(), "system information").await
    }

    /// Whether the checks of that level, or of those with these names, are all up.
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

    /// Adds a layer on top or, with `combine`, merges it into the one of that label.
    pub async fn add_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        self.request(request::add_layer(label, layer, combine)).await
    }

    /// The services of these names that exist, sorted by name; all if there are no names.
    pub async fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        self.ask(request::services(names), "a list of services").await
    }

    /// Begins `start`, `stop`, `restart`, `autostart` or `replan` and waits for the change to be over.
    pub async fn services_action(&self, action: &str, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        let id = self.begin(request::services_action(action, names)).await?.0;
        self.wait_change(&id, timeout).await
    }

    /// Changes, of one service or of all.
    pub async fn changes(&self, select: ChangeSelect, service: Option<&str>) -> Result<Vec<Change>, Error> {
        self.ask(request::changes(select, service), "a list of changes").await
    }

    /// One change as it stands.
    pub async fn change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.ask(request::change(id), "a change").await
    }

    /// Waits for a change to be over; [`Error::Change`] if it failed.
    pub async fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        let change = self.wait_ready(id, timeout).await?;
        if change.err.is_some() { Err(Error::Change { change: Box::new(change) }) } else { Ok(change) }
    }

    /// Waits for a change to be over, well or not.
    pub(crate) async fn wait_ready(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        let late = || Error::Timeout { what: format!("change {id}"), after: timeout };
        let envelope = self.envelope(request::wait_change(id, timeout), timeout).await;
        match envelope {
            Err(Error::Api { status: 504, .. } | Error::Timeout { .. }) => Err(late()),
            Err(other) => Err(other),
            Ok((what, envelope)) => read(&what, envelope.result, "a change"),
        }
    }

    /// Asks for a change to be undone or given up.
    pub async fn abort_change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.ask(request::abort_change(id), "a change").await
    }

    /// Sends a signal, by its name (`SIGHUP`), to running services.
    pub async fn signal(&self, signal: &str, services: &[&str]) -> Result<(), Error> {
        self.request(request::signal(signal, services)).await
    }

    /// The checks of that level, or of those with these names.
    pub async fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        self.ask(request::checks(level, names), "a list of checks").await
    }

    /// The notices that the filter lets through, oldest telling first.
    pub async fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        self.ask(request::notices(filter), "a list of notices").await
    }

    /// The same, once there is one, or none when the time is over.
    pub async fn wait_notices(&self, filter: &NoticesFilter, timeout: Duration) -> Result<Vec<Notice>, Error> {
        let (what, envelope) = self.envelope(request::wait_notices(filter, timeout), timeout).await?;
        read(&what, envelope.result, "a list of notices")
    }

    /// Records a custom notice; its id.
    pub async fn notify(&self, notice: &Notify) -> Result<String, Error> {
        Ok(self.ask::<NoticeAdded>(request::notify(notice), "a notice's id").await?.id)
    }

    /// The last `n` lines that these services, or all, printed together.
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

    /// Asks for a result.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Built, expected: &'static str) -> Result<T, Error> {
        let (what, envelope) = self.envelope(request, Duration::ZERO).await?;
        read(&what, envelope.result, expected)
    }

    /// Asks for something whose result says no more than that it was done.
    async fn request(&self, request: Built) -> Result<(), Error> {
        self.envelope(request, Duration::ZERO).await.map(drop)
    }

    /// Begins a change; its id, and what came with it.
    pub(crate) async fn begin(&self, request: Built) -> Result<(ChangeId, Value), Error> {
        let (what, envelope) = self.envelope(request, Duration::ZERO).await?;
        match envelope.change {
            Some(id) => Ok((id, envelope.result)),
            None => Err(Error::garbage(&what, Garbage::Shape("the change it began".into()))),
        }
    }

    /// The envelope of the answer to a request on which Pebble itself may wait for `extra`, with the request's name.
    async fn envelope(&self, request: Built, extra: Duration) -> Result<(String, Envelope), Error> {
        let request = request?;
        let what = describe(&request);
        let (_, bytes) = self.whole(request, extra, JSON).await?;
        let envelope = self.open(&what, &bytes)?;
        Ok((what, envelope))
    }

    /// Opens the envelope of an answer, unless it has too many values.
    pub(crate) fn open(&self, what: &str, bytes: &[u8]) -> Result<Envelope, Error> {
        self.wire.limits.check_values(what, bytes)?;
        open(what, bytes)
    }

    /// The media type and the whole body of an answer of the type wanted, or of an answer in JSON.
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

/// The media type of envelopes.
pub(crate) const JSON: &str = "application/json";

/// Opens an envelope; one that tells of an error becomes that error.
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

/// Reads a result.
pub(crate) fn read<T: DeserializeOwned>(what: &str, result: Value, expected: &'static str) -> Result<T, Error> {
    serde_json::from_value(result).map_err(|_| Error::garbage(what, Garbage::Shape(expected.into())))
}

#[cfg(test)]
mod tests;
