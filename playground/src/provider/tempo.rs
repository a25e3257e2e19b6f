//! A stand-in for Tempo, which no package registry has: takes spans by OTLP over HTTP, and shows the last of them.
//!
//! `/v1/traces` takes what OpenTelemetry's exporters send, in protobuf or JSON; `/` shows the last spans.

mod otlp;

use std::collections::BTreeMap;

use hyper::StatusCode;
use interfaces::tracing;
use interfaces::tracing::provider::{self, Protocol};
use juju::Role;

use super::relations::{answers, requested};
use super::sink::Taker;
use super::stand_in::StandIn;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, process};
use crate::pod::Neighbor;

/// The stand-in for Tempo.
pub(super) const TEMPO: Provider = Provider {
    name: "tempo",
    title: "Tempo",
    app: "tempo-k8s",
    endpoint: "tracing",
    interface: tracing::INTERFACE,
    source: Source::Own,
    role: Role::Provides,
    is_stand_in: true,
    is_suggested: false,
    is_awaited: false,
    is_scalable: false,
    start: |host| Ok(Box::new(Tempo::start(host)?)),
};

/// The way spans are taken. Clients append the path to the address that they are given.
pub(super) const TAKER: Taker = Taker { path: "/v1/traces", taken: StatusCode::OK, lines: otlp::lines };

/// Port of OTLP over HTTP.
const PORT: u16 = 4318;

/// The running stand-in.
#[derive(Debug)]
struct Tempo(StandIn);

impl Tempo {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let running = StandIn::start(host, &host.dir, TAKER)?;
        host.ui.step(&format!(
            "no Tempo can be had here: a stand-in takes the spans, and shows the last ones at {}",
            running.url
        ));
        Ok(Self(running))
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(TEMPO.app), host.port(PORT), self.0.socket.clone())
    }
}

impl Serve for Tempo {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let url = format!("http://{}", self.way(host).place());
        Ok(answers(relations, |Relation { view, .. }| {
            let Some(wanted) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let ours: Vec<_> =
                wanted.contains(&Protocol::OtlpHttp).then_some((Protocol::OtlpHttp, &*url)).into_iter().collect();
            provider::answer(view, &ours).map(Some).map_err(|error| Error::Server(error.into()))
        }))
    }

    fn urls(&self) -> BTreeMap<String, String> {
        [(TEMPO.app.to_owned(), self.0.url.clone())].into()
    }
}
