//! A stand-in for Loki, which no package registry has: takes what is pushed to it, and shows the lines it has taken. Each unit takes
//! and shows lines of its own, since each application pushes to all of them.
//!
//! `/loki/api/v1/push` takes Loki's JSON; `/` shows the last lines, each with its application and service.

mod push;

use std::collections::BTreeMap;

use hyper::StatusCode;
use interfaces::loki_push_api::{self, provider};
use juju::{Changes, Role, View};

use super::process;
use super::relations::answers_of_units;
use super::sink::Taker;
use super::stand_in::StandIn;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, UnitDetails};
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
    is_scalable: true,
    start: |host| Ok(Box::new(Loki::start(host)?)),
};

/// The way logs are taken.
const TAKER: Taker = Taker { path: "/loki/api/v1/push", taken: StatusCode::NO_CONTENT, lines: push::lines };

/// Port of Loki in a cluster.
const PORT: u16 = 3100;

/// The running units, each a stand-in.
#[derive(Debug)]
struct Loki(BTreeMap<u32, StandIn>);

impl Loki {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let mut units = Self(BTreeMap::new());
        let url = units.add(0, host)?;
        host.ui.step(&format!("no Loki can be had here: a stand-in takes the logs, and shows the last lines at {url}"));
        Ok(units)
    }

    /// Starts a unit. Returns the URL at which it shows its lines.
    fn add(&mut self, number: u32, host: &Host<'_>) -> Result<String, process::Error> {
        let unit = StandIn::start(host, &host.unit_dir(number), TAKER)?;
        let url = unit.url.clone();
        self.0.insert(number, unit);
        Ok(url)
    }
}

impl Serve for Loki {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        let way = |(number, unit): (&u32, &StandIn)| {
            host.way_to(*number, host.unit(*number), host.port(PORT), unit.socket.clone())
        };
        self.0.iter().map(way).collect()
    }

    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        Ok(answers_of_units(relations, |number, view| published(number, view, host)))
    }

    fn add_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        let started = numbers.iter().try_for_each(|number| self.add(*number, host).map(drop));
        if started.is_err() {
            self.0.retain(|number, _| !numbers.contains(number));
        }
        Ok(started?)
    }

    fn remove_units(&mut self, numbers: &[u32], _: &Host<'_>) -> Result<(), Error> {
        self.0.retain(|number, _| !numbers.contains(number));
        Ok(())
    }

    fn units(&self) -> BTreeMap<u32, UnitDetails> {
        let details =
            |(number, unit): (&u32, &StandIn)| (*number, UnitDetails { role: "", url: Some(unit.url.clone()) });
        self.0.iter().map(details).collect()
    }

    fn urls(&self) -> BTreeMap<String, String> {
        self.0.values().next().map(|first| (LOKI.app.to_owned(), first.url.clone())).into_iter().collect()
    }
}

/// Changes of the unit with this number: the address to which logs are pushed.
fn published(number: u32, view: &View, host: &Host<'_>) -> Result<Option<Changes>, Error> {
    let (name, port) = (host.unit(number), host.port(PORT));
    let url = format!("http://{name}:{port}{}", TAKER.path);
    provider::answer(view, &url, &name, "").map(Some).map_err(|error| Error::Server(error.into()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use interfaces::loki_push_api::endpoints;

    use super::super::relations::trial::{fresh, seen};
    use super::*;
    use crate::ui::Ui;

    #[test]
    fn each_unit_publishes_an_address_of_its_own() {
        let ui = Ui::new(Arc::default(), Path::new("/nowhere"));
        let dir = "/nowhere/loki".into();
        let host = Host { provider: &LOKI, dir, model: "m", number: 16, moves: 0, network: 0, ui: &ui };
        let relation = fresh(LOKI.app, &[0, 3], &[]);
        let answers = answers_of_units(std::slice::from_ref(&relation), |number, view| published(number, view, &host));
        let urls = endpoints(&seen(&relation, &answers));
        let urls: Vec<_> = urls.into_values().map(|url| url.ready().unwrap().as_str().to_owned()).collect();
        let url =
            |number| format!("http://loki-k8s-{number}.loki-k8s-endpoints.m.svc.cluster.local:3100/loki/api/v1/push");
        assert_eq!(urls, [url(0), url(3)]);
    }
}
