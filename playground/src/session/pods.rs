//! Pods of the units: kept, ended, and made reachable.

use std::net::SocketAddrV4;
use std::sync::{MutexGuard, PoisonError};

use juju::{Protocol, UnitName};
use juju_testing::Model;
use pebble::blocking::Client;

use super::agent::Agent;
use super::{Application, Kind, Session, State, host};
use crate::network::{self, Network, Place};
use crate::pod::{Error, Pod};

impl Session {
    pub(super) fn network(&self) -> MutexGuard<'_, Option<Network>> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the network, or replaces it, with the Services of all applications.
    ///
    /// # Errors
    /// When the network has ended.
    pub fn set_network(&self, mut network: Network) -> Result<(), network::Error> {
        // Locked first, so that an application that comes meanwhile finds the new network.
        let mut place = self.network();
        for app in self.applications() {
            network.serve(app.service(), app.prepared.port, &app.listener)?;
        }
        self.providers().set_network(network.keeper());
        *place = Some(network);
        Ok(())
    }

    /// True if there is a network that has not ended by itself.
    #[must_use]
    pub fn has_network(&self) -> bool {
        self.network().as_mut().is_some_and(|network| !network.has_ended())
    }

    /// Starts servers again that have ended by themselves. Returns true if there were any.
    ///
    /// # Errors
    /// When one can't be started. `status` shows that as a problem.
    pub fn revive_servers(&self) -> Result<bool, crate::provider::Error> {
        let revived = self.providers().revive();
        self.set_revival_problem(revived.as_ref().err().map(|error| crate::chain(error)));
        revived.inspect_err(|error| self.ui.step(&crate::chain(error)))
    }

    /// Place of a unit's pod in the network, if there is one.
    #[must_use]
    pub fn place(&self, unit: &UnitName) -> Option<Place> {
        let keeper = self.network().as_ref().map(Network::keeper)?;
        let address = self.application(unit.app())?.address(unit);
        Some(Place { keeper, address })
    }

    /// Sets a unit's pod, and ends the one before it.
    pub fn put_pod(&self, unit: &UnitName, pod: Pod) {
        let mut state = self.state();
        let agent = state.agents.entry(unit.clone()).or_default();
        agent.is_news = true;
        let old = agent.pod.replace(pod);
        // The lock is free again before the old pod ends, which takes time.
        drop(state);
        drop(old);
    }

    /// The units that lack the pod that they should have: all but subordinates.
    #[must_use]
    pub fn units_without_pod(&self) -> Vec<UnitName> {
        let units: Vec<_> = self.units().into_iter().filter(|unit| !self.is_subordinate(unit)).collect();
        let agents = &self.state().agents;
        units.into_iter().filter(|unit| agents.get(unit).is_none_or(|agent| agent.pod.is_none())).collect()
    }

    /// The units whose pods have ended by themselves.
    #[must_use]
    pub fn units_with_dead_pod(&self) -> Vec<UnitName> {
        let mut state = self.state();
        let is_dead = |pod: &mut Pod| pod.ended().is_some();
        let dead =
            state.agents.iter_mut().filter_map(|(unit, agent)| agent.pod.as_mut().map(|pod| (unit, is_dead(pod))));
        dead.filter(|(_, is_dead)| *is_dead).map(|(unit, _)| unit.clone()).collect()
    }

    /// True if Pebble says of a service, in any web application's pod, that it ended by itself.
    #[must_use]
    pub fn has_ended_service(&self) -> bool {
        let units = self.units().into_iter();
        let web = units.filter(|unit| self.application(unit.app()).is_some_and(|app| app.kind() == Kind::Web));
        let services = web.filter_map(|unit| Client::new(self.socket(&unit)?).services(&[]).ok());
        services.flatten().any(|service| service.has_ended())
    }

    /// Drops a pod that has ended by itself. Its unit starts again; if it led, another unit with a pod becomes the
    /// leader.
    pub fn bury_pod(&self, unit: &UnitName) {
        self.take_pod(unit);
        let app = unit.app();
        let heir = self.units_of(app).into_iter().find(|other| other != unit && self.has_pod(other));
        let led = self.leader(app);
        // Fails only if the unit has just gone.
        let _ = self.server.with(|model| {
            let heir = heir.filter(|heir| !model.is_leaving(heir).unwrap_or(true));
            model.replace_pod(unit, heir.as_ref())
        });
        if let Some(leader) = self.leader(app).filter(|leader| led.as_ref() != Some(leader)) {
            self.ui.step(&format!("{leader} leads now"));
        }
        self.route();
    }

    pub(super) fn has_pod(&self, unit: &UnitName) -> bool {
        let mut state = self.state();
        let pod = state.agents.get_mut(unit).and_then(|agent| agent.pod.as_mut());
        pod.is_some_and(|pod| pod.ended().is_none())
    }

    fn take_pod(&self, unit: &UnitName) {
        let pod = self.state().agents.get_mut(unit).and_then(|agent| agent.pod.take());
        drop(pod);
    }

    /// Ends the pods of removed units. Returns these units.
    pub fn end_orphans(&self) -> Vec<UnitName> {
        let units = self.units();
        self.forget_problems_but(&units);
        let mut state = self.state();
        let all = std::mem::take(&mut state.agents).into_iter();
        let (kept, gone): (Vec<_>, Vec<_>) = all.partition(|(unit, _)| units.contains(unit));
        state.agents = kept.into_iter().collect();
        drop(state);
        let end = |(unit, agent): (UnitName, Agent)| {
            if let Some(pod) = agent.pod {
                self.ui.step(&format!("ending the pod of {unit}"));
                drop(pod);
            }
            unit
        };
        gone.into_iter().map(end).collect()
    }

    /// Ends all pods: asks all of them first, then waits for each.
    pub fn end_pods(&self) {
        let mut state = self.state();
        let mut pods: Vec<Pod> = state.agents.values_mut().filter_map(|agent| agent.pod.take()).collect();
        drop(state);
        pods.iter_mut().for_each(Pod::ask_to_end);
    }

    /// Lines for `/etc/hosts` in every pod: each unit by the names a cluster gives it, and each application's Service.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let model = self.server.with(|model| model.name().to_owned());
        self.applications().iter().flat_map(|app| self.hosts_of(app, &model)).collect()
    }

    fn hosts_of(&self, app: &Application, model: &str) -> Vec<String> {
        let (name, address) = (app.name(), app.service());
        let unit = |unit: &UnitName| {
            let (host, address) = (host(unit), self.address_of(unit)?);
            Some(format!("{address} {host}.{name}-endpoints.{model}.svc.cluster.local {host}"))
        };
        let service = format!("{address} {name}.{model}.svc.cluster.local {name}.{model}.svc {name}.{model}");
        self.units_of(name).iter().filter_map(unit).chain([service]).collect()
    }

    /// Makes all units and servers known in every pod: one that was starting may have missed the last change.
    pub fn introduce_all(&self) {
        let hosts = self.hosts();
        let State { agents, neighbors, .. } = &mut *self.state();
        for (unit, agent) in agents {
            // Fails for a pod that has just ended; the one that replaces it knows all.
            let told = agent.pod.as_mut().map_or(Ok(()), |pod| {
                pod.set_neighbors(neighbors)?;
                pod.set_hosts(&hosts)
            });
            report(unit, told, |line| self.ui.detail(line));
        }
    }

    /// Sets the units behind each application's address: those with an open port or, before there is one, those with a
    /// pod.
    pub fn route(&self) {
        for app in self.applications() {
            let targets = self.targets(&app);
            if let Some(network) = self.network().as_mut() {
                network.lead_to(app.service(), targets);
            }
        }
    }

    fn targets(&self, app: &Application) -> Vec<SocketAddrV4> {
        let units: Vec<_> = self.units_of(app.name()).into_iter().filter(|unit| self.has_pod(unit)).collect();
        let serving: Vec<(UnitName, Option<u16>)> = self.server.with(|model| {
            let here = units.into_iter().filter(|unit| !model.is_leaving(unit).unwrap_or(true));
            here.map(|unit| (open_port(model, &unit), unit)).map(|(port, unit)| (unit, port)).collect()
        });
        let is_any_open = serving.iter().any(|(_, port)| port.is_some());
        let targets = serving.iter().filter(|(_, port)| port.is_some() || !is_any_open);
        targets.map(|(unit, open)| SocketAddrV4::new(app.address(unit), open.unwrap_or(app.prepared.port))).collect()
    }
}

/// The first TCP port that a unit has open.
fn open_port(model: &Model, unit: &UnitName) -> Option<u16> {
    let ports = model.ports(unit).ok()?;
    ports.iter().find(|port| port.protocol == Protocol::Tcp).map(|port| port.number)
}

fn report(unit: &UnitName, told: Result<(), Error>, say: impl Fn(&str)) {
    if let Err(error) = told {
        say(&format!("{unit}: {}", crate::chain(&error)));
    }
}
