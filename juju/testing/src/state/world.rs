//! Conversion of a state to a model before the event, and back to a state after it.

use super::relation::prefilled;
use super::{State, StateContainer, StateOwner, StateRelation, StateSecret, StateStorage};
use crate::model::{
    Addresses, Application, Bag, Consumer, Description, Grant, Model, Relation, Secret, SecretOwner, Side, Storage,
    Unit, allowed,
};
use juju::{CharmFiles, Databag, Endpoint, Entity, Role, Scope, SecretId, UnitName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Address of units for which the state names no other.
pub(super) const DEFAULT_ADDRESS: &str = "192.0.2.0";

/// A charm and the unit that runs it.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) charm: CharmFiles,
    pub(crate) unit: UnitName,
}

impl Scene {
    /// The model that a state describes. The charm has got the events for all of it already.
    pub(crate) fn model(&self, state: &State) -> Model {
        let mut model = self.cloud(state, Model::with_uuid(&state.model_name, &state.model_uuid));
        let world = model.world_mut();
        for relation in &state.relations {
            let relation = self.relation(relation);
            let remote = relation.remote_app(self.unit.app()).to_owned();
            if !world.applications.contains_key(&remote) {
                world.applications.insert(remote.clone(), Application::new(&remote, None, Vec::new()));
            }
            world.add_relation(relation);
        }
        let mut app = self.application(state, world.relations.values());
        app.relations = world.relations.keys().copied().collect();
        world.applications.insert(app.name.clone(), app);
        for secret in &state.secrets {
            world.add_secret(self.secret(secret));
        }
        model
    }

    fn cloud(&self, state: &State, mut model: Model) -> Model {
        if state.machine.is_some() {
            model = model.on_machines();
        }
        model.set_availability_zone(state.availability_zone.as_str());
        if let Some(spec) = &state.cloud_spec {
            model.set_credential(spec.to_string());
        }
        model
    }

    fn application<'a>(&self, state: &State, relations: impl Iterator<Item = &'a Relation>) -> Application {
        let endpoints = self.charm.metadata.endpoints.clone();
        let mut app = Application::new(self.unit.app(), Some(self.charm.clone()), endpoints);
        app.settings.clone_from(&state.config);
        app.leader = state.leader.then(|| self.unit.clone());
        app.status.clone_from(&state.app_status);
        app.version.clone_from(&state.workload_version);
        app.resources.clone_from(&state.resources);
        let unit = self.unit(state, &app, relations);
        for name in self.peers(state) {
            app.units.insert(name.clone(), Unit::new(name, Addresses::of(DEFAULT_ADDRESS)));
        }
        app.units.insert(self.unit.clone(), unit);
        app
    }

    /// The other units of the application: those of the peer relations, then more up to the planned number.
    fn peers(&self, state: &State) -> Vec<UnitName> {
        let peers = state.relations.iter().filter(|relation| relation.remote_app.is_none());
        let mut numbers: Vec<u32> = peers.flat_map(|relation| relation.units_data.keys().copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let own = self.unit.number();
        let known = numbers.clone();
        let missing = (state.planned_units as usize).saturating_sub(known.len() + 1);
        numbers.extend((0..).filter(|number| *number != own && !known.contains(number)).take(missing));
        numbers.into_iter().map(|number| UnitName::new(self.unit.app(), number)).collect()
    }

    fn unit<'a>(&self, state: &State, app: &Application, relations: impl Iterator<Item = &'a Relation>) -> Unit {
        let mut unit = Unit::new(self.unit.clone(), Addresses::of(DEFAULT_ADDRESS));
        (unit.machine, unit.principal) = (state.machine, self.principal(state));
        unit.status.clone_from(&state.unit_status);
        unit.ports.clone_from(&state.opened_ports);
        unit.state.clone_from(&state.unit_state);
        unit.bindings.clone_from(&state.networks);
        for storage in &state.storages {
            let id = storage.id();
            unit.memory.storages.insert(id.clone());
            unit.storages.insert(id, self.storage(storage));
        }
        let memory = &mut unit.memory;
        (memory.installed, memory.started, memory.leader) = (true, true, Some(state.leader));
        (memory.config, memory.charm) = (app.config_version, app.charm_version);
        unit.secrets = self.read_secrets(state);
        let memory = &mut unit.memory;
        for relation in relations {
            let known = memory.relations.entry(relation.id).or_default();
            for other in relation.counterparts(&self.unit) {
                known.units.insert(other.clone(), relation.version(&Entity::Unit(other.clone())));
            }
            let remote = relation.remote_app(self.unit.app()).to_owned();
            known.apps.insert(remote.clone(), relation.version(&Entity::App(remote)));
        }
        unit
    }

    /// Of a subordinate: the unit at the other end of a relation of container scope.
    fn principal(&self, state: &State) -> Option<UnitName> {
        let metadata = &self.charm.metadata;
        let beside = |endpoint: &&Endpoint| metadata.subordinate && endpoint.scope == Scope::Container;
        let mut beside = metadata.with_role(Role::Requires).filter(beside);
        let relation =
            beside.find_map(|endpoint| state.relations.iter().find(|known| known.endpoint == endpoint.name))?;
        Some(UnitName::new(relation.remote_app.clone()?, *relation.units_data.keys().next()?))
    }

    fn storage(&self, given: &StateStorage) -> Storage {
        let declared = self.charm.metadata.storages.get(&given.name);
        Storage {
            name: given.name.clone(),
            kind: declared.map(|declared| declared.kind.clone()).unwrap_or_default(),
            location: given.location.clone(),
            is_detaching: false,
        }
    }

    /// A state with each endpoint related, each container ready and each storage attached.
    pub(crate) fn full_state(&self) -> State {
        let metadata = &self.charm.metadata;
        let relations = (1..).zip(&metadata.endpoints).map(|(id, endpoint)| match endpoint.role {
            Role::Peers => StateRelation::peer(id, &endpoint.name),
            Role::Requires | Role::Provides => StateRelation::new(id, &endpoint.name),
        });
        let storages = metadata.storages.iter().flat_map(|(name, declared)| {
            let location = declared.location.clone().unwrap_or_else(|| "/srv".into());
            (0..allowed(declared).0).map(move |index| StateStorage::new(name, index, location.clone()))
        });
        State {
            relations: relations.collect(),
            containers: metadata.containers.keys().map(StateContainer::ready).collect(),
            storages: storages.collect(),
            ..State::default()
        }
    }

    /// The secrets that the unit has read or labelled.
    fn read_secrets(&self, state: &State) -> BTreeSet<SecretId> {
        let has_read = |secret: &&Secret| secret.consumers.contains_key(&self.unit);
        let secrets: Vec<Secret> = state.secrets.iter().map(|secret| self.secret(secret)).collect();
        secrets.iter().filter(has_read).map(|secret| secret.id.clone()).collect()
    }

    fn relation(&self, given: &StateRelation) -> Relation {
        let declared = self.charm.metadata.endpoint(&given.endpoint);
        let interface = declared.map(|endpoint| endpoint.interface.clone()).unwrap_or_default();
        let mut relation = Relation::new(given.id, &interface, self.sides(given, declared));
        relation.remote_model.clone_from(&given.remote_model_uuid);
        let app = self.unit.app();
        let remote = given.remote_app.as_deref().unwrap_or(app).to_owned();
        let bag = |values: &Databag| Bag { values: Arc::new(values.clone()), version: 1 };
        if given.remote_app.is_some() {
            relation.bags.insert(Entity::App(remote.clone()), bag(&given.remote_app_data));
        }
        relation.bags.insert(Entity::App(app.to_owned()), bag(&given.local_app_data));
        relation.bags.insert(Entity::Unit(self.unit.clone()), bag(&given.local_unit_data));
        let mut members = BTreeSet::from([self.unit.clone()]);
        for (number, data) in &given.units_data {
            let name = UnitName::new(remote.clone(), *number);
            relation.bags.insert(Entity::Unit(name.clone()), bag(&prefilled(data)));
            members.insert(name);
        }
        relation.members = Arc::new(members);
        relation
    }

    fn sides(&self, given: &StateRelation, declared: Option<&Endpoint>) -> Vec<Side> {
        let role = declared.map_or(Role::Requires, |endpoint| endpoint.role);
        let mut sides = vec![Side { app: self.unit.app().to_owned(), endpoint: given.endpoint.clone(), role }];
        if let Some(remote) = &given.remote_app {
            let role = if role == Role::Requires { Role::Provides } else { Role::Requires };
            sides.push(Side { app: remote.clone(), endpoint: given.endpoint.clone(), role });
        }
        sides
    }

    fn secret(&self, given: &StateSecret) -> Secret {
        let owner = match given.owner {
            StateOwner::Other | StateOwner::Withheld => SecretOwner::User,
            StateOwner::App => SecretOwner::App(self.unit.app().to_owned()),
            StateOwner::Unit => SecretOwner::Unit(self.unit.clone()),
        };
        let is_owned = owner != SecretOwner::User;
        let about = Description {
            label: given.label.clone().filter(|_| is_owned),
            description: given.description.clone(),
            rotate: given.rotate,
            expire: given.expire.clone(),
        };
        let first = given.tracked_content.clone().unwrap_or_else(|| given.latest_content.clone());
        let mut secret = Secret::new(given.id.clone(), owner, about, first);
        secret.revise(given.latest_content.clone());
        secret.grants = given.grants.iter().map(|id| Grant { relation: *id, unit: None }).collect();
        if given.owner == StateOwner::Other {
            secret.granted_to.insert(self.unit.app().to_owned());
        }
        let label = given.label.clone().filter(|_| !is_owned);
        if given.tracked_content.is_some() || label.is_some() {
            let revision = u64::from(given.tracked_content.is_some());
            secret.consumers.insert(self.unit.clone(), Consumer { label, revision, told: secret.latest() });
        }
        secret
    }

    /// The state after the event: the state before it with the charm's writes.
    pub(crate) fn state(&self, before: &State, model: &Model) -> State {
        let mut state = before.clone();
        let world = model.world();
        if let Some(app) = world.applications.get(self.unit.app()) {
            state.app_status.clone_from(&app.status);
            state.workload_version.clone_from(&app.version);
        }
        if let Some(unit) = world.unit(&self.unit) {
            state.unit_status.clone_from(&unit.status);
            state.opened_ports.clone_from(&unit.ports);
            state.unit_state.clone_from(&unit.state);
        }
        for relation in &mut state.relations {
            if let Some(now) = world.relations.get(&relation.id) {
                relation.local_app_data = now.databag(&Entity::App(self.unit.app().to_owned()));
                relation.local_unit_data = now.databag(&Entity::Unit(self.unit.clone()));
            }
        }
        let owners: BTreeMap<_, _> = before.secrets.iter().map(|secret| (&secret.id, secret.owner)).collect();
        let secrets = world.secrets.values();
        state.secrets = secrets.map(|secret| self.secret_after(secret, owners.get(&secret.id).copied())).collect();
        state
    }

    fn secret_after(&self, secret: &Secret, before: Option<StateOwner>) -> StateSecret {
        let owner = before.unwrap_or(match secret.owner {
            SecretOwner::App(_) => StateOwner::App,
            SecretOwner::Unit(_) => StateOwner::Unit,
            SecretOwner::User => StateOwner::Other,
        });
        let consumer = secret.consumers.get(&self.unit).cloned().unwrap_or_default();
        let content = |revision: u64| secret.revisions.get(&revision).cloned();
        StateSecret {
            id: secret.id.clone(),
            owner,
            tracked_content: content(consumer.revision),
            latest_content: content(secret.latest()).unwrap_or_default(),
            label: consumer.label.or_else(|| secret.about.label.clone()),
            description: secret.about.description.clone(),
            expire: secret.about.expire.clone(),
            rotate: secret.about.rotate,
            grants: secret.grants.iter().map(|grant| grant.relation).collect(),
        }
    }
}
