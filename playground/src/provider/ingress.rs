//! Ingress: a real nginx in front of the units, with one address on this machine.
//!
//! Applications are told apart by a path, `/MODEL-APP`, as Traefik does by default. nginx is in the pods' network, and its
//! keeper brings connections to it from the host.

mod config;
mod nginx;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};

use interfaces::ingress::{
    self,
    provider::{self, Requested},
};
use juju::{Protocol, Role, UnitName};

use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, process};
use config::Route;
use nginx::Nginx;

/// nginx as an ingress.
pub(super) const INGRESS: Provider = Provider {
    name: "ingress",
    title: "nginx",
    app: "nginx-ingress-integrator",
    endpoint: "ingress",
    interface: ingress::INTERFACE,
    source: Source::Debian(&[nginx::TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: false,
    is_scalable: false,
    start: |host| Ok(Box::new(Ingress::start(host)?)),
};

/// A running ingress and its routes.
#[derive(Debug)]
struct Ingress {
    nginx: Nginx,
    listener: TcpListener,
    port: u16,
    routes: Vec<Route>,
}

impl Ingress {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let (port, listener) = process::listen(INGRESS.title)?;
        let nginx = Nginx::start(host, &listener)?;
        Ok(Self { nginx, listener, port, routes: Vec::new() })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn url_of(&self, route: &Route) -> String {
        format!("{}/{}", self.url(), route.prefix)
    }
}

impl Serve for Ingress {
    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if self.nginx.is_running_in(host.network) {
            return Ok(false);
        }
        host.ui.step("nginx ended; starting it again");
        self.nginx.restart(host.network, &self.listener, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let mut routes = Vec::<Route>::new();
        let given = answers(relations, |relation| {
            let Some(route) = route(relation, &routes)? else { return Ok(None) };
            let url = self.url_of(&route);
            routes.push(route);
            provider::answer(&relation.view, Some(&url)).map(Some).map_err(|error| Error::Server(error.into()))
        });
        if routes != self.routes {
            self.nginx.lead_to(&routes, host.ui)?;
            self.routes = routes;
        }
        Ok(given)
    }

    /// Another process with the same routes takes the connections on another port; the port before is closed.
    fn relocate(&mut self, host: &Host<'_>) -> Result<Vec<String>, Error> {
        let (port, listener) = process::listen(INGRESS.title)?;
        self.nginx.restart(host.network, &listener, host.ui)?;
        (self.port, self.listener) = (port, listener);
        Ok(vec![self.url()])
    }

    fn urls(&self) -> BTreeMap<String, String> {
        self.routes.iter().map(|route| (route.app.clone(), self.url_of(route))).collect()
    }
}

/// The route that a relation requests, if `others` leave its path free.
fn route(relation: &Relation, others: &[Route]) -> Result<Option<Route>, Error> {
    let id = relation.view.id;
    let Some(request) = requested(id, provider::read(&relation.view))? else { return Ok(None) };
    let refused = |key: &str, why: &str| Err(Error::Refused { relation: id, key: key.to_owned(), why: why.to_owned() });
    for (key, name) in [("model", &request.model), ("name", &request.name)] {
        if !config::is_name(name) {
            return refused(key, "it is not made of at most 63 letters, digits and hyphens");
        }
    }
    let prefix = format!("{}-{}", request.model, request.name);
    if others.iter().any(|other| other.prefix == prefix) {
        return refused("model-name", "another relation has that path");
    }
    let servers = servers(relation, &request);
    let app = relation.view.app.clone().unwrap_or_default();
    Ok(Some(Route { app, prefix, is_stripped: request.strip_prefix, servers }))
}

/// The addresses of the units whose port is open: those that they request, or else the model's.
fn servers(relation: &Relation, request: &Requested) -> Vec<SocketAddr> {
    let serves = |unit: &UnitName| {
        let mut ports = relation.ports.get(unit).into_iter().flatten();
        ports.any(|port| port.protocol == Protocol::Tcp && (port.number..=port.last).contains(&request.port))
    };
    let units: BTreeMap<_, _> = request.units.iter().filter(|(unit, _)| serves(unit)).collect();
    let written = |unit: &UnitName| relation.view.units.get(unit)?.text("ingress-address")?.parse().ok();
    let address = |unit: &UnitName, ip: Option<IpAddr>| ip.or_else(|| written(unit));
    let servers = units.iter().filter_map(|(unit, place)| address(unit, place.ip));
    servers.map(|ip| SocketAddr::new(ip, request.port)).collect()
}
