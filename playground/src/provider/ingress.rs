//! An ingress as an application of the model: a real nginx in front of the units, behind one address of this machine.
//!
//! Applications are told apart by a path, `/MODEL-APP`, as Traefik does by default. nginx is in the pods' network, and its
//! keeper brings connections to it from the host.

mod config;
mod nginx;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use interfaces::ingress::provider::{self, Requested};
use juju::{Protocol, UnitName, View};
use juju_testing::{Model, Server};

use super::publish::{Labels, publish};
use super::{Kind, asked, relations_of, view};
use crate::network;
use crate::ui::Ui;
use config::Route;
pub use nginx::Error;
use nginx::Nginx;

/// A running ingress and what it leads to.
#[derive(Debug)]
pub struct Ingress {
    nginx: Nginx,
    listener: TcpListener,
    port: u16,
    routes: Vec<Route>,
}

impl Ingress {
    /// Starts it in the folder `dir`, which is made, in the pods' network.
    ///
    /// # Errors
    /// When nginx is not installed, or doesn't start.
    pub(super) fn start(dir: &Path, network: u32, ui: &Ui) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Listen)?;
        let port = listener.local_addr().map_err(Error::Listen)?.port();
        let nginx = Nginx::start(dir, network, &listener, ui)?;
        Ok(Self { nginx, listener, port, routes: Vec::new() })
    }

    /// See [`super::Providers::revive`].
    pub(super) fn revive(&mut self, network: u32, ui: &Ui) -> Result<bool, Error> {
        if self.nginx.is_running_in(network) {
            return Ok(false);
        }
        ui.step("nginx ended; starting it again");
        self.nginx.restart(network, &self.listener, ui)?;
        Ok(true)
    }

    /// The address of the application behind it; of the first one, should there ever be more.
    pub(super) fn url(&self) -> Option<String> {
        self.routes.first().map(|route| self.url_of(route))
    }

    fn url_of(&self, route: &Route) -> String {
        format!("http://127.0.0.1:{}/{}", self.port, route.prefix)
    }

    /// See [`super::Providers::reconcile`].
    pub(super) fn reconcile(&mut self, server: &Server, ui: &Ui) -> Result<bool, super::Error> {
        let app = Kind::Ingress.app();
        let (asked, refused) = server.with(|model| {
            let relations = relations_of(model, app).into_iter().filter(|relation| !relation.is_dying);
            wanted(model, relations.map(|relation| view(model, &relation, app)))
        });
        let routes: Vec<Route> = asked.iter().map(|(_, route)| route.clone()).collect();
        if routes != self.routes {
            self.nginx.lead_to(&routes, ui)?;
            self.routes = routes;
        }
        let mut is_news = false;
        for (view, route) in &asked {
            let url = self.url_of(route);
            let changes = provider::answer(view, Some(&url)).map_err(Error::Url)?;
            let relation = view.id;
            is_news |= server
                .with(|model| publish(model, app, relation, &changes, &mut Labels::new()))
                .map_err(|source| super::Error::Answer { relation, source })?;
        }
        refused.map_or(Ok(is_news), Err)
    }
}

/// A route for every relation that has asked for one, and why the first of the others can't have one.
fn wanted(model: &Model, views: impl Iterator<Item = View>) -> (Vec<(View, Route)>, Option<super::Error>) {
    let (mut found, mut refused) = (Vec::<(View, Route)>::new(), None);
    for view in views {
        let is_taken = |prefix: &str| found.iter().any(|(_, other)| other.prefix == prefix);
        match one(model, &view, is_taken) {
            Ok(Some(route)) => found.push((view, route)),
            Ok(None) => {}
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    (found, refused)
}

fn one(model: &Model, view: &View, is_taken: impl Fn(&str) -> bool) -> Result<Option<Route>, super::Error> {
    let Some(request) = asked(view.id, provider::read(view))? else { return Ok(None) };
    let refused = |key: &str, why: &str| {
        Err(super::Error::Refused { relation: view.id, key: key.to_owned(), why: why.to_owned() })
    };
    for (key, name) in [("model", &request.model), ("name", &request.name)] {
        if !config::is_name(name) {
            return refused(key, "it is not made of at most 63 letters, digits and hyphens");
        }
    }
    let route = route(model, &request);
    if is_taken(&route.prefix) { refused("model-name", "another relation has that path") } else { Ok(Some(route)) }
}

/// To every unit whose port is open.
fn route(model: &Model, request: &Requested) -> Route {
    let serves = |unit: &UnitName| {
        let ports = model.ports(unit).into_iter().flatten();
        ports
            .into_iter()
            .any(|port| port.protocol == Protocol::Tcp && (port.number..=port.last).contains(&request.port))
    };
    let units: BTreeMap<_, _> = request.units.iter().filter(|(unit, _)| serves(unit)).collect();
    let address = |unit: &UnitName, ip: Option<IpAddr>| ip.unwrap_or_else(|| network::address(unit.number()).into());
    let servers = units.iter().map(|(unit, place)| SocketAddr::new(address(unit, place.ip), request.port));
    Route {
        prefix: format!("{}-{}", request.model, request.name),
        is_stripped: request.strip_prefix,
        servers: servers.collect(),
    }
}
