//! A stand-in for Loki, which no package registry has: takes what is pushed to it, and shows the lines it has taken.
//!
//! `/loki/api/v1/push` takes Loki's JSON; `/` shows the last lines, each with its application and service.

mod sink;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use interfaces::loki_push_api::{self, provider};
use juju::Role;

use super::process;
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve};
use crate::pod::Neighbor;
use crate::pod::relay;
use sink::Sink;

/// The stand-in for Loki.
pub(super) const LOKI: Provider = Provider {
    name: "loki",
    title: "Loki",
    app: "loki-k8s",
    endpoint: "logging",
    interface: loki_push_api::INTERFACE,
    role: Role::Provides,
    package: "",
    is_stand_in: true,
    is_suggested: false,
    is_awaited: false,
    start: |host| Ok(Box::new(Loki::start(host)?)),
};

/// Port of Loki in a cluster.
const PORT: u16 = 3100;

/// The running stand-in.
#[derive(Debug)]
struct Loki {
    _sink: Sink,
    neighbor: Neighbor,
    url: String,
}

impl Loki {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let failed = |what| process::file(LOKI.title, what);
        let socket = host.dir.with_extension("sock");
        let sink = Sink::start(&socket).map_err(failed("listen on a socket"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed("listen on a port"))?;
        let url = format!("http://{}/", listener.local_addr().map_err(failed("listen on a port"))?);
        relay::start_to(listener, socket.clone());
        host.ui.step(&format!("no Loki can be had here: a stand-in takes the logs, and shows the last lines at {url}"));
        let name = format!("{app}-0.{app}-endpoints.{}.svc.cluster.local", host.model, app = LOKI.app);
        Ok(Self { _sink: sink, neighbor: Neighbor { name, address: host.address, port: PORT, socket }, url })
    }
}

impl Serve for Loki {
    fn neighbor(&self) -> Option<&Neighbor> {
        Some(&self.neighbor)
    }

    fn revive(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    fn answer(&mut self, relations: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let name = &self.neighbor.name;
        let url = format!("http://{name}:{PORT}/loki/api/v1/push");
        Ok(answers(relations, |relation| {
            let changes = provider::answer(&relation.view, &url, name, "");
            changes.map(Some).map_err(|error| Error::Server(error.into()))
        }))
    }

    fn urls(&self) -> BTreeMap<String, String> {
        [(LOKI.app.to_owned(), self.url.clone())].into()
    }
}
