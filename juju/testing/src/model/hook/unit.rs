//! Calls about the unit and its application: config-get, status-*, ports, state-*, application-version-set,
//! network-get, unit-get, goal-state, resource-get.

use super::{Error, Reboot, Transaction};
use crate::model::Cloud;
use crate::model::write::Write;
use juju::{Address, Config, GoalState, GoalStatus, Interface, Network, Port, RelationId, Status, Whose};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Fixed value of `since` in `goal-state`, so that outputs can be compared. Charms must not depend on it.
const SINCE: &str = "2026-01-01 00:00:00Z";

impl Transaction<'_> {
    /// The options that have a value, set or by default.
    pub(crate) fn config(&self) -> Config {
        self.view().applications.get(self.unit().app()).map(|app| app.config()).unwrap_or_default()
    }

    /// The names of all declared options.
    pub(crate) fn option_names(&self) -> BTreeSet<String> {
        let app = self.view().applications.get(self.unit().app());
        let charm = app.and_then(|app| app.charm.as_ref());
        charm.map(|charm| charm.options.keys().cloned().collect()).unwrap_or_default()
    }

    /// Sets a status; it takes effect at once.
    pub(crate) fn status_set(&mut self, whose: Whose, status: &Status) -> Result<(), Error> {
        match whose {
            Whose::Unit => self.write(Write::UnitStatus(status.clone())),
            Whose::App => {
                self.must_lead(
                    "set the application status",
                    "setting application status: this unit is not the leader",
                )?;
                self.write(Write::AppStatus(status.clone()));
            }
        }
        Ok(())
    }

    /// A status; `None` before the first `status-set`.
    pub(crate) fn status(&self, whose: Whose) -> Result<Option<Status>, Error> {
        match whose {
            Whose::Unit => Ok(self.view().unit(self.unit()).and_then(|unit| unit.status.clone())),
            Whose::App => {
                self.must_lead(
                    "read the application status",
                    "finding application status: this unit is not the leader",
                )?;
                Ok(self.view().applications.get(self.unit().app()).and_then(|app| app.status.clone()))
            }
        }
    }

    /// The statuses of the application's units, by unit.
    pub(crate) fn unit_statuses(&self) -> BTreeMap<String, Option<Status>> {
        let app = self.view().applications.get(self.unit().app());
        let units = app.into_iter().flat_map(|app| app.units.values());
        units.map(|unit| (unit.name.to_string(), unit.status.clone())).collect()
    }

    fn must_lead(&self, what: &str, juju: &'static str) -> Result<(), Error> {
        if self.is_leader() {
            return Ok(());
        }
        Err(Error::Denied { who: self.unit().to_string(), what: what.to_owned(), why: "it is not the leader", juju })
    }

    /// The unit's open ports.
    pub(crate) fn ports(&self) -> BTreeSet<Port> {
        self.view().unit(self.unit()).map(|unit| unit.ports.clone()).unwrap_or_default()
    }

    /// Opens a port of the unit.
    pub(crate) fn open_port(&mut self, port: Port) {
        self.write(Write::OpenPort(port));
    }

    /// Closes a port of the unit.
    pub(crate) fn close_port(&mut self, port: Port) {
        self.write(Write::ClosePort(port));
    }

    /// The values that Juju stores for the unit.
    pub(crate) fn state(&self) -> BTreeMap<String, String> {
        self.view().unit(self.unit()).map(|unit| unit.state.clone()).unwrap_or_default()
    }

    /// Sets a value of the unit's state; `None` removes the key.
    pub(crate) fn set_state(&mut self, key: &str, value: Option<&str>) {
        self.write(Write::State { key: key.to_owned(), value: value.map(str::to_owned) });
    }

    /// Sets the workload's version; it takes effect at once.
    pub(crate) fn set_version(&mut self, version: &str) {
        self.write(Write::Version(version.to_owned()));
    }

    /// The addresses of an endpoint, of an extra binding or of `juju-info`, or of one relation of an endpoint.
    pub(crate) fn network(&self, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
        let app = self.view().applications.get(self.unit().app());
        let declared = app.is_some_and(|app| app.has_binding(binding));
        let unit = self.view().unit(self.unit()).filter(|_| declared);
        let unit = unit.ok_or_else(|| Error::NotFound(format!("no network config found for binding \"{binding}\"")))?;
        if let Some(id) = relation {
            self.relation(id)?;
        }
        if let Some(network) = unit.network(binding, relation) {
            return Ok(network.clone());
        }
        let addresses = unit.addresses(binding).clone();
        let address = Address { value: addresses.bind, ..Address::default() };
        let interface = Interface { addresses: vec![address], ..Interface::default() };
        Ok(Network {
            bind_addresses: vec![interface],
            ingress_addresses: vec![addresses.ingress],
            egress_subnets: addresses.egress,
        })
    }

    /// The value of `private-address` or `public-address`.
    pub(crate) fn unit_get(&self, key: &str) -> Result<String, Error> {
        let unit = self.view().unit(self.unit());
        match (key, unit) {
            ("private-address", Some(unit)) => Ok(unit.addresses.bind.clone()),
            ("public-address", Some(unit)) => Ok(unit.addresses.ingress.clone()),
            _ => Err(super::error::usage(format!("unknown setting \"{key}\""))),
        }
    }

    /// The units and relations that the model will have once all removals are done.
    pub(crate) fn goal_state(&self) -> GoalState {
        let (world, me) = (self.view(), self.unit());
        let goal_status = |status: &str| GoalStatus { status: status.to_owned(), since: SINCE.to_owned() };
        let app = world.applications.get(me.app());
        let staying = app.into_iter().flat_map(|app| app.units.values().filter(|unit| !unit.is_dying));
        let mut goal = GoalState {
            units: staying.map(|unit| (unit.name.to_string(), goal_status("active"))).collect(),
            relations: BTreeMap::new(),
        };
        for relation in world.relations_of(me.app()).filter(|relation| !relation.is_peer()) {
            let Some(side) = relation.side(me.app()) else { continue };
            let others = goal.relations.entry(side.endpoint.clone()).or_default();
            others.insert(relation.remote_app(me.app()).to_owned(), goal_status("joined"));
            others.extend(relation.counterparts(me).map(|unit| (unit.to_string(), goal_status("active"))));
        }
        goal
    }

    /// Asks for a reboot of the unit's machine.
    pub(crate) fn reboot(&mut self, now: bool) -> Result<(), Error> {
        let refused = |why: &str| Err(Error::Refused(why.to_owned()));
        if self.view().cloud == Cloud::Kubernetes {
            return refused("juju-reboot is not supported on k8s");
        }
        if self.hook.action.is_some() {
            return refused("juju-reboot is not supported when running an action.");
        }
        self.hook.reboot = Some(if now { Reboot::Now } else { Reboot::After });
        Ok(())
    }

    /// The cloud's credential as JSON.
    pub(crate) fn credential(&self) -> Result<String, Error> {
        let credential = self.view().credential.as_ref().map(|credential| credential.to_string());
        credential.ok_or_else(|| Error::Refused("cannot access cloud credentials".to_owned()))
    }

    /// The path of a resource's file.
    pub(crate) fn resource(&self, name: &str) -> Result<PathBuf, Error> {
        let app = self.view().applications.get(self.unit().app());
        let path = app.and_then(|app| app.resources.get(name));
        path.cloned()
            .ok_or_else(|| Error::NotFound(format!("could not download resource: resource \"{name}\" not found")))
    }
}
