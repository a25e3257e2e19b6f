//! A stand-in for Loki, which no package registry has: takes what is pushed to it, and shows the lines it has taken.
//!
//! `/loki/api/v1/push` takes Loki's JSON; `/` shows the last lines, each with its application and service.

mod push;

use std::collections::BTreeMap;

use hyper::StatusCode;
use interfaces::loki_push_api::{self, provider};
use juju::Role;

use super::process;
use super::relations::answers;
use super::sink::Taker;
use super::stand_in::StandIn;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::pod::Neighbor;

/// The stand-in for Loki.
pub(super) const LOKI: Provider = Provider {
    name: "loki",
    title: "Loki",
    app: "loki-k8s",
    endpoint: "logging",
    interface: loki_push_api::INTERFACE,
    role: Role::Provides,
    source: Source::Own,
    is_stand_in: true,
    is_suggested: false,
    is_awaited: false,
    start: |host| Ok(Box::new(Loki::start(host)?)),
};

/// The way logs are taken.
const TAKER: Taker = Taker { path: "/loki/api/v1/push", taken: StatusCode::NO_CONTENT, lines: push::lines };

/// Port of Loki in a cluster.
const PORT: u16 = 3100;

/// The running stand-in.
#[derive(Debug)]
struct Loki(StandIn);

impl Loki {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let running = StandIn::start(host, TAKER)?;
        host.ui.step(&format!(
            "no Loki can be had here: a stand-in takes the logs, and shows the last lines at {}",
            running.url
        ));
        Ok(Self(running))
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.unit(), host.port(PORT), self.0.socket.clone())
    }
}

impl Serve for Loki {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let way = self.way(host);
        let url = format!("http://{}{}", way.place(), TAKER.path);
        Ok(answers(relations, |relation| {
            let changes = provider::answer(&relation.view, &url, &way.name, "");
            changes.map(Some).map_err(|error| Error::Server(error.into()))
        }))
    }

    fn urls(&self) -> BTreeMap<String, String> {
        [(LOKI.app.to_owned(), self.0.url.clone())].into()
    }
}
