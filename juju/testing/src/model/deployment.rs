//! An operator's verbs for applications and units: deploy, add, remove, refresh.

use super::integration::RelationInfo;
use super::relation::Side;
use super::{Addresses, Application, Error, Model, Unit};
use juju::{CharmFiles, Endpoint, Port, RelationId, Role, UnitName};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

impl Model {
    /// Deploys a charm with a number of units, and makes its peer relations. The first unit leads.
    ///
    /// # Errors
    /// The name is taken.
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

    fn insert(&mut self, app: Application, units: u32) -> Result<(), Error> {
        let name = app.name.clone();
        if self.world.applications.contains_key(&name) {
            return Err(Error::DuplicateApplication(name));
        }
        let peers: Vec<Endpoint> = app.endpoints.iter().filter(|e| e.role == Role::Peers).cloned().collect();
        self.world.applications.insert(name.clone(), app);
        for peer in peers {
            self.relate(&peer.interface, vec![Side::of(&name, &peer)]);
        }
        (0..units).try_for_each(|_| self.add_unit(&name).map(|_| ()))
    }

    /// Adds a unit. It leads if the application has no leader.
    ///
    /// # Errors
    /// There is no such application.
    pub fn add_unit(&mut self, app: &str) -> Result<UnitName, Error> {
        let place = self.world.applications.keys().position(|name| name == app).unwrap_or_default();
        let app = self.application_mut(app)?;
        let name = UnitName::new(app.name.clone(), app.next_unit);
        let address = Addresses::of(format!("10.1.{}.{}", place % 250 + 1, app.next_unit % 240 + 10));
        app.next_unit += 1;
        app.leader.get_or_insert_with(|| name.clone());
        app.units.insert(name.clone(), Unit::new(name.clone(), address));
        if !self.world.has_charm(name.app()) {
            self.world.enter_relations(&name);
        }
        Ok(name)
    }

    /// Removes a unit: it leaves its relations, then gets stop and remove. If it led, another unit leads now.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn remove_unit(&mut self, name: &UnitName) -> Result<(), Error> {
        self.unit_mut(name)?.is_dying = true;
        let ids: Vec<RelationId> = self.world.relations_of(name.app()).map(|relation| relation.id).collect();
        for relation in ids {
            if let Some(relation) = self.world.relations.get_mut(&relation) {
                relation.leave(name);
            }
        }
        let app = self.application_mut(name.app())?;
        if app.leader.as_ref() == Some(name) {
            app.leader = app.units.values().find(|unit| !unit.is_dying).map(|unit| unit.name.clone());
        }
        if app.charm.is_none() {
            self.forget_unit(name);
        }
        Ok(())
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
            self.remove_unit(&unit)?;
        }
        self.forget_application(name);
        Ok(())
    }

    /// Deletes a unit; with its last unit also an application that is being removed.
    pub(super) fn forget_unit(&mut self, name: &UnitName) {
        if let Ok(app) = self.application_mut(name.app()) {
            app.units.remove(name);
        }
        self.forget_application(name.app());
    }

    fn forget_application(&mut self, name: &str) {
        if self.application(name).is_ok_and(|app| app.is_dying && app.units.is_empty()) {
            self.world.applications.remove(name);
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

    /// Makes a unit the leader. It gets leader-elected; the former leader gets no event and learns it from is-leader.
    ///
    /// # Errors
    /// There is no such unit, or it is being removed.
    pub fn set_leader(&mut self, unit: &UnitName) -> Result<(), Error> {
        if self.unit(unit)?.is_dying {
            return Err(Error::Leaving(unit.to_string()));
        }
        self.application_mut(unit.app())?.leader = Some(unit.clone());
        Ok(())
    }

    /// The leader of an application; `None` without units.
    ///
    /// # Errors
    /// There is no such application.
    pub fn leader(&self, app: &str) -> Result<Option<&UnitName>, Error> {
        Ok(self.application(app)?.leader.as_ref())
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
