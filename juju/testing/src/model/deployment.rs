//! An operator's verbs for applications and units: deploy, add, remove, refresh.

use super::cloud::Cloud;
use super::integration::RelationInfo;
use super::relation::Side;
use super::{Addresses, Application, Error, Model, Unit};
use juju::{CharmFiles, Endpoint, Port, RelationId, Role, Scope, UnitName};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

impl Model {
    /// Deploys a charm with a number of units, and makes its peer relations. The first unit leads. A subordinate charm
    /// has no units of its own: they come with those of its principals.
    ///
    /// # Errors
    /// The name is taken, or the charm is a subordinate and the number is not 0.
    pub fn deploy(&mut self, name: &str, charm: CharmFiles, units: u32) -> Result<(), Error> {
        let endpoints = charm.metadata.endpoints.clone();
        self.insert(Application::new(name, Some(charm), endpoints), units)
    }

    /// Adds an application without a charm: the caller writes its databags and secrets, and its units get no events.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_application(&mut self, name: &str, endpoints: Vec<Endpoint>, units: u32) -> Result<(), Error> {
        self.insert(Application::new(name, None, endpoints), units)
    }

    /// Adds an application of another model, as `juju consume` does for an offer. It has no charm here.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_remote_application(
        &mut self,
        name: &str,
        model_uuid: &str,
        endpoints: Vec<Endpoint>,
        units: u32,
    ) -> Result<(), Error> {
        let app = Application { remote_model: Some(model_uuid.into()), ..Application::new(name, None, endpoints) };
        self.insert(app, units)
    }

    fn insert(&mut self, mut app: Application, units: u32) -> Result<(), Error> {
        let name = app.name.clone();
        if self.world.applications.contains_key(&name) {
            return Err(Error::DuplicateApplication(name));
        }
        if app.is_subordinate() && units > 0 {
            return Err(Error::Subordinate(name));
        }
        app.subnet = self.next_application;
        self.next_application += 1;
        let peers: Vec<Endpoint> = app.endpoints.iter().filter(|e| e.role == Role::Peers).cloned().collect();
        self.world.applications.insert(name.clone(), app);
        for peer in peers {
            self.relate(&peer.interface, vec![Side::of(&name, &peer)], Scope::Global);
        }
        (0..units).try_for_each(|_| self.add_unit(&name).map(|_| ()))
    }

    /// Adds a unit. It leads if it is the application's only one.
    ///
    /// # Errors
    /// There is no such application, or its charm is a subordinate.
    pub fn add_unit(&mut self, app: &str) -> Result<UnitName, Error> {
        let app = self.application(app)?;
        if app.is_subordinate() {
            return Err(Error::Subordinate(app.name.clone()));
        }
        let name = UnitName::new(app.name.clone(), app.next_unit);
        let address = Addresses::of(format!("10.1.{}.{}", app.subnet % 250 + 1, app.next_unit % 240 + 10));
        let mut unit = Unit::new(name.clone(), address);
        if self.world.cloud == Cloud::Machines {
            unit.machine = Some(self.world.next_machine);
            self.world.next_machine += 1;
        }
        self.application_mut(name.app())?.add(unit);
        self.world.add_storages(&name);
        if !self.world.has_charm(name.app()) {
            self.world.enter_relations(&name);
        }
        Ok(name)
    }

    /// Removes a unit with its subordinates: it detaches its storage, leaves its relations, then gets stop and remove.
    /// If it leads, it does so until it is gone; [`Model::elect`] gives the application another leader.
    ///
    /// # Errors
    /// There is no such unit, or it is a subordinate, which goes with its principal or their relation.
    pub fn remove_unit(&mut self, name: &UnitName) -> Result<(), Error> {
        if self.unit(name)?.principal.is_some() {
            return Err(Error::SubordinateUnit(name.to_string()));
        }
        self.retire(name);
        Ok(())
    }

    /// Begins the removal of a unit and of the subordinates beside it. A unit that never ran a hook runs none now.
    pub(super) fn retire(&mut self, name: &UnitName) {
        for subordinate in self.world.subordinates(name) {
            self.retire(&subordinate);
        }
        let ids: Vec<RelationId> = self.world.relations_of(name.app()).map(|relation| relation.id).collect();
        for id in ids {
            if let Some(relation) = self.world.relations.get_mut(&id) {
                relation.leave(name);
            }
        }
        let has_charm = self.world.has_charm(name.app());
        let Some(unit) = self.world.unit_mut(name) else { return };
        unit.is_dying = true;
        if !has_charm || !unit.memory.has_run() {
            self.forget_unit(name);
        }
    }

    /// Replaces a unit's pod, as Kubernetes does after a failure: the agent starts again with upgrade-charm,
    /// config-changed and start. If the unit led, its lease expires meanwhile and `heir` leads.
    ///
    /// # Errors
    /// There is no such unit, or the heir is being removed.
    pub fn replace_pod(&mut self, name: &UnitName, heir: Option<&UnitName>) -> Result<(), Error> {
        self.unit_mut(name)?.memory.restart();
        match heir {
            Some(heir) if self.leader(name.app())? == Some(name) => self.set_leader(heir),
            _ => Ok(()),
        }
    }

    /// True if the unit is being removed.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn is_leaving(&self, name: &UnitName) -> Result<bool, Error> {
        Ok(self.unit(name)?.is_dying)
    }

    /// Removes an application with its units and relations.
    ///
    /// # Errors
    /// There is no such application.
    pub fn remove_application(&mut self, name: &str) -> Result<(), Error> {
        let units: Vec<UnitName> = self.application(name)?.units.keys().cloned().collect();
        self.application_mut(name)?.is_dying = true;
        let of_app = |relation: &RelationInfo| relation.endpoint(name).is_some();
        let relations: Vec<_> = self.relations().filter(of_app).map(|relation| relation.id).collect();
        for id in relations {
            self.remove_relation(id)?;
        }
        for unit in units {
            self.retire(&unit);
        }
        self.forget_application(name);
        Ok(())
    }

    /// Deletes a unit; with its last unit also an application that is being removed.
    pub(super) fn forget_unit(&mut self, name: &UnitName) {
        self.world.delete_unit(name);
        self.end_lease(name);
        self.forget_application(name.app());
    }

    fn forget_application(&mut self, name: &str) {
        if self.application(name).is_ok_and(|app| app.is_dying && app.units.is_empty()) {
            self.world.delete_application(name);
        }
        self.delete_dead_relations();
    }

    /// Replaces the charm's files: its units get upgrade-charm and config-changed. Settings that the new charm doesn't
    /// declare are dropped.
    ///
    /// # Errors
    /// There is no such application.
    pub fn refresh(&mut self, app: &str, charm: CharmFiles) -> Result<(), Error> {
        let app = self.application_mut(app)?;
        app.settings.retain(|option, _| charm.options.contains_key(option));
        app.endpoints = charm.metadata.endpoints.clone().into();
        app.charm = Some(Arc::new(charm));
        app.charm_version += 1;
        app.config_version += 1;
        Ok(())
    }

    /// Sets a unit's addresses, and writes them into its databags.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn set_addresses(&mut self, unit: &UnitName, addresses: Addresses) -> Result<(), Error> {
        self.unit_mut(unit)?.addresses = addresses;
        self.refill_addresses(unit)
    }

    /// Sets a unit's addresses for one endpoint, and writes them into its databags.
    ///
    /// # Errors
    /// There is no such unit, or its application has no such endpoint.
    pub fn set_binding(&mut self, unit: &UnitName, endpoint: &str, addresses: Addresses) -> Result<(), Error> {
        self.application(unit.app())?.must_bind(endpoint)?;
        self.unit_mut(unit)?.bindings.insert(endpoint.to_owned(), addresses);
        self.refill_addresses(unit)
    }

    fn refill_addresses(&mut self, name: &UnitName) -> Result<(), Error> {
        let unit = self.unit(name)?.clone();
        let relations = self.world.relations_of(name.app()).filter(|relation| relation.members.contains(name));
        let ids: Vec<RelationId> = relations.map(|relation| relation.id).collect();
        for id in ids {
            let Some(relation) = self.world.relations.get_mut(&id) else { continue };
            if let Some(side) = relation.side(name.app()) {
                let settings = unit.addresses(&side.endpoint).settings();
                relation.set(&juju::Entity::Unit(name.clone()), &settings);
            }
        }
        Ok(())
    }

    /// Attaches a resource: resource-get prints the path.
    ///
    /// # Errors
    /// There is no such application.
    pub fn attach_resource(&mut self, app: &str, name: &str, path: impl Into<PathBuf>) -> Result<(), Error> {
        self.application_mut(app)?.resources.insert(name.to_owned(), path.into());
        Ok(())
    }

    /// The names of the applications, sorted.
    pub fn applications(&self) -> impl Iterator<Item = &str> {
        self.world.applications.keys().map(String::as_str)
    }

    /// The units of an application, by number.
    ///
    /// # Errors
    /// There is no such application.
    pub fn units(&self, app: &str) -> Result<Vec<UnitName>, Error> {
        Ok(self.application(app)?.units.keys().cloned().collect())
    }

    /// The ports a unit has opened.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn ports(&self, unit: &UnitName) -> Result<&BTreeSet<Port>, Error> {
        Ok(&self.unit(unit)?.ports)
    }

    /// Values that Juju stores for a unit from hook to hook (`state-set`).
    ///
    /// # Errors
    /// There is no such unit.
    pub fn state(&self, unit: &UnitName) -> Result<&BTreeMap<String, String>, Error> {
        Ok(&self.unit(unit)?.state)
    }

    /// The version of the workload; empty before `application-version-set`.
    ///
    /// # Errors
    /// There is no such application.
    pub fn workload_version(&self, app: &str) -> Result<&str, Error> {
        Ok(&self.application(app)?.version)
    }

    /// The event whose hook failed, if the unit is in error.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn failed_event(&self, unit: &UnitName) -> Result<Option<&juju::Event>, Error> {
        Ok(self.unit(unit)?.failed.as_ref())
    }
}
