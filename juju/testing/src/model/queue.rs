//! The next event of a unit: the first difference, in Juju's order, between the model and the state that the unit's
//! events have told its charm.
//!
//! Juju's unit agent works the same way. Compared with a list of past changes: the verbs that change the model queue no
//! events, several changes of one value cause one event, and the events end when the charm knows the present state.
//!
//! The order: a failed hook again; storage attached and detaching; install; created for each relation (peers first); leadership; upgrade-charm;
//! config-changed; start; queued events (actions, Pebble's); for each relation departed and broken if it ends, else
//! departed, changed (application), joined and changed (units); secrets; for a unit being removed, stop and remove.

mod relation;

use super::relation::Relation;
use super::world::World;
use juju::{Event, RelationId, RelationKind, SecretEvent, SecretKind, StorageKind, UnitName};
use std::collections::{BTreeMap, BTreeSet};

/// State that a unit's events have told its charm.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) installed: bool,
    pub(crate) started: bool,
    pub(crate) stopped: bool,
    pub(crate) leader: Option<bool>,
    pub(crate) config: u64,
    pub(crate) charm: u64,
    pub(crate) relations: BTreeMap<RelationId, KnownRelation>,
    /// The storage instances that storage-attached has run for, and storage-detaching has not.
    pub(crate) storages: BTreeSet<String>,
}

impl Memory {
    /// True if the charm has got an event.
    pub(crate) fn has_run(&self) -> bool {
        self.installed || !self.storages.is_empty()
    }

    /// Makes upgrade-charm, config-changed and start due, as after the restart of an agent past install.
    pub(crate) fn restart(&mut self) {
        if self.installed {
            (self.charm, self.config, self.started) = (u64::MAX, 0, false);
        }
    }
}

/// State of a relation that a unit's events have told its charm.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownRelation {
    pub(crate) broken: bool,
    /// The units that joined and did not depart, with the version of their databag.
    pub(crate) units: BTreeMap<UnitName, u64>,
    pub(crate) apps: BTreeMap<String, u64>,
    /// The unit of the last relation-joined, until the relation-changed that follows it.
    pub(crate) joined: Option<UnitName>,
}

impl World {
    /// The next event of a unit; `None` if its charm knows the present state.
    pub(crate) fn next_event(&self, name: &UnitName) -> Option<Event> {
        let unit = self.unit(name)?;
        if !self.has_charm(name.app()) {
            return None;
        }
        unit.failed
            .clone()
            .or_else(|| self.next_storage_event(name))
            .or_else(|| (!unit.memory.installed && !unit.is_dying).then_some(Event::Install))
            .or_else(|| self.next_created(name))
            .or_else(|| self.next_leadership(name))
            .or_else(|| self.next_lifecycle(name))
            .or_else(|| unit.pending.front().cloned())
            .or_else(|| self.next_relation(name))
            .or_else(|| self.next_secret(name))
            .or_else(|| self.next_removal(name))
    }

    fn next_created(&self, name: &UnitName) -> Option<Event> {
        let unit = self.unit(name).filter(|unit| !unit.is_dying)?;
        let mut fresh: Vec<&Relation> = self
            .relations_of(name.app())
            .filter(|relation| !relation.is_dying && !unit.memory.relations.contains_key(&relation.id))
            .filter(|relation| self.gets_events(relation, name))
            .collect();
        fresh.sort_by_key(|relation| (!relation.is_peer(), relation.id));
        Some(relation::event(fresh.first()?, name, RelationKind::Created, None))
    }

    fn next_leadership(&self, name: &UnitName) -> Option<Event> {
        let unit = self.unit(name).filter(|unit| !unit.is_dying)?;
        let (told, leads) = (unit.memory.leader, self.is_leader(name));
        match (told, leads) {
            (None | Some(false), true) => Some(Event::LeaderElected),
            // A former leader gets no event: its charm learns the change from is-leader.
            (None, false) => Some(Event::LeaderSettingsChanged),
            _ => None,
        }
    }

    fn next_lifecycle(&self, name: &UnitName) -> Option<Event> {
        let (unit, app) = (self.unit(name)?, self.applications.get(name.app())?);
        let memory = &unit.memory;
        if unit.is_dying {
            return None;
        }
        if memory.charm != 0 && memory.charm != app.charm_version {
            Some(Event::UpgradeCharm)
        } else if memory.config != app.config_version {
            Some(Event::ConfigChanged)
        } else {
            (!memory.started).then_some(Event::Start)
        }
    }

    fn next_secret(&self, name: &UnitName) -> Option<Event> {
        let leads = self.is_leader(name);
        let read = self.unit(name)?.secrets.iter().filter_map(|id| self.secrets.get(id));
        read.filter_map(|secret| {
            let consumer = secret.consumers.get(name)?;
            let is_news = secret.latest() > consumer.told.max(consumer.revision);
            (is_news && !secret.is_managed_by(name, leads) && self.may_read(secret, name)).then(|| {
                Event::Secret(SecretEvent {
                    kind: SecretKind::Changed,
                    id: secret.id.clone(),
                    label: consumer.label.clone(),
                    revision: None,
                })
            })
        })
        .next()
        .or_else(|| self.next_owned_secret(name, leads))
    }

    /// The next event of a secret that the unit may change.
    fn next_owned_secret(&self, name: &UnitName, leads: bool) -> Option<Event> {
        let mut managed = self.secrets_of(name.app()).filter(|secret| secret.is_managed_by(name, leads));
        managed.find_map(|secret| {
            let (kind, revision) = secret.next_owner_event()?;
            let (id, label) = (secret.id.clone(), secret.about.label.clone());
            Some(Event::Secret(SecretEvent { kind, id, label, revision }))
        })
    }

    fn next_removal(&self, name: &UnitName) -> Option<Event> {
        let unit = self.unit(name).filter(|unit| unit.is_dying)?;
        if !unit.memory.stopped {
            return Some(Event::Stop);
        }
        // A unit is removed after the subordinates beside it.
        self.subordinates(name).is_empty().then_some(Event::Remove)
    }

    /// Records that the charm gets an event. Called when its hook begins.
    pub(crate) fn tell(&mut self, name: &UnitName, event: &Event) {
        if *event != Event::Install {
            self.enter_relations(name);
        }
        let (leads, versions) = (
            self.is_leader(name),
            self.applications.get(name.app()).map(|app| (app.config_version, app.charm_version)),
        );
        if let Event::Relation(event) = event {
            self.tell_relation(name, event);
        }
        if let Event::Secret(event) = event {
            self.tell_secret(name, event);
        }
        let Some((unit, (config, charm))) = self.unit_mut(name).zip(versions) else { return };
        if let Event::Storage(event) = event {
            // A detaching instance stays readable until its hook has succeeded.
            if event.kind == StorageKind::Attached {
                unit.memory.storages.insert(event.id.clone());
            }
        }
        unit.failed = None;
        if unit.pending.front() == Some(event) {
            unit.pending.pop_front();
        }
        let memory = &mut unit.memory;
        match event {
            Event::Install => (memory.installed, memory.charm) = (true, charm),
            Event::UpgradeCharm => memory.charm = charm,
            Event::LeaderElected | Event::LeaderSettingsChanged => memory.leader = Some(leads),
            Event::ConfigChanged => memory.config = config,
            Event::Start => memory.started = true,
            Event::Stop => memory.stopped = true,
            _ => {}
        }
        if memory.leader == Some(true) && !leads {
            memory.leader = Some(false);
        }
    }

    /// Makes a unit a member of every relation of its application; called for each event but install.
    pub(super) fn enter_relations(&mut self, name: &UnitName) {
        let Some(unit) = self.unit(name).filter(|unit| !unit.is_dying) else { return };
        let is_new = |relation: &&Relation| {
            !relation.is_dying && !relation.members.contains(name) && self.may_enter(relation, name)
        };
        let new = self.relations_of(name.app()).filter(is_new);
        let new: Vec<_> = new
            .filter_map(|relation| {
                let side = relation.side(name.app())?;
                Some((relation.id, unit.addresses(&side.endpoint).settings()))
            })
            .collect();
        for (id, settings) in new {
            if let Some(relation) = self.relations.get_mut(&id) {
                relation.enter(name, &settings);
            }
            self.attach_subordinate(id, name);
        }
    }

    fn tell_secret(&mut self, name: &UnitName, event: &SecretEvent) {
        let Some(secret) = self.secrets.get_mut(&event.id) else { return };
        if event.kind != SecretKind::Changed {
            secret.tell_owner(event.kind, event.revision);
            return;
        }
        let latest = secret.latest();
        if let Some(consumer) = secret.consumers.get_mut(name) {
            consumer.told = latest;
        }
    }
}
