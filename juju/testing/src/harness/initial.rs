//! Life of a unit up to its first quiet moment: the events of a new unit, in Juju's order.

use super::{Done, Harness};
use crate::seed::Dice;
use juju::{Charm, Entity, Event, RelationId, RelationKind, Role, Status, UnitName};

impl<C: Charm> Harness<C> {
    /// Begins, and fires the events of a new unit for the model made so far:
    ///
    /// 1. storage-attached of every storage, and install;
    /// 2. relation-created of every relation; peer relations that the test did not add are added here;
    /// 3. leader-elected, or leader-settings-changed if the unit does not lead;
    /// 4. config-changed and start;
    /// 5. pebble-ready of every container, which can be connected to from then on;
    /// 6. for every relation changed of the remote application if its databag has values, then joined and changed of each
    ///    remote unit, by name.
    ///
    /// A unit status that is still maintenance without a message is unknown before step 6. Juju does not order relations
    /// among each other: their order in steps 2 and 6 comes from [`Harness::seed`].
    ///
    /// # Errors
    /// [`HarnessError::AlreadyBegun`](super::HarnessError::AlreadyBegun); the charm fails.
    pub fn begin_with_initial_hooks(&mut self) -> Done<C> {
        self.begin()?;
        let mut dice = Dice::new(self.seed);
        self.forget_remote_units();
        self.attach_all_storages()?;
        self.dispatch(&Event::Install)?;
        self.create_relations(&mut dice)?;
        let leads = self.model.world().is_leader(&self.unit);
        self.dispatch(if leads { &Event::LeaderElected } else { &Event::LeaderSettingsChanged })?;
        self.dispatch(&Event::ConfigChanged)?;
        self.dispatch(&Event::Start)?;
        self.ready_all_containers()?;
        self.forget_first_status();
        self.join_relations(&mut dice)
    }

    fn create_relations(&mut self, dice: &mut Dice) -> Done<C> {
        let app = self.unit.app().to_owned();
        let peers: Vec<_> = self.charm.metadata.with_role(Role::Peers).cloned().collect();
        for endpoint in peers {
            if self.relations_of(&endpoint.name).is_empty() {
                self.relate(&endpoint, &app);
            }
        }
        for id in self.in_random_order(dice) {
            self.fire_relation(id, RelationKind::Created, None)?;
        }
        Ok(())
    }

    /// Lets the charm know of no remote unit: it meets each of them in its joined.
    fn forget_remote_units(&mut self) {
        let me = self.unit.clone();
        if let Some(unit) = self.model.world_mut().unit_mut(&me) {
            for known in unit.memory.relations.values_mut() {
                known.units.clear();
            }
        }
    }

    fn in_random_order(&mut self, dice: &mut Dice) -> Vec<RelationId> {
        let mut ids: Vec<RelationId> =
            self.model.world().relations_of(self.unit.app()).map(|relation| relation.id).collect();
        dice.shuffle(&mut ids);
        self.seed_is_used |= ids.len() > 1;
        ids
    }

    fn forget_first_status(&mut self) {
        let me = self.unit.clone();
        if let Some(unit) = self.model.world_mut().unit_mut(&me) {
            unit.status.take_if(|status| *status == Status::maintenance(""));
        }
    }

    fn join_relations(&mut self, dice: &mut Dice) -> Done<C> {
        for id in self.in_random_order(dice) {
            let relation = self.relation(id)?;
            let app = Entity::App(relation.remote_app(self.unit.app()).to_owned());
            let is_news = !relation.databag(&app).is_empty() && self.is_told_of(relation, &app);
            let mut units: Vec<UnitName> = relation.counterparts(&self.unit).cloned().collect();
            units.sort_by_key(UnitName::to_string);
            if is_news {
                self.fire_relation(id, RelationKind::Changed, None)?;
            }
            for unit in units {
                self.fire_relation(id, RelationKind::Joined, Some(&unit))?;
                self.fire_relation(id, RelationKind::Changed, Some(&unit))?;
            }
        }
        Ok(())
    }
}
