//! The part of the queue about one relation: joined, changed, departed and broken.

use super::KnownRelation;
use crate::model::application::Unit;
use crate::model::relation::Relation;
use crate::model::world::World;
use juju::{Entity, Event, RelationEvent, RelationKind, UnitName};
use std::collections::BTreeSet;

impl World {
    pub(super) fn next_relation(&self, name: &UnitName) -> Option<Event> {
        self.unit(name).and_then(|unit| self.due_in_relations(unit).next())
    }

    /// The next event of each relation. Juju does not order relations among each other.
    fn due_in_relations<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = Event> {
        let known = unit.memory.relations.iter().filter(|(_, known)| !known.broken);
        known.filter_map(|(id, known)| {
            let relation = self.relations.get(id)?;
            if relation.is_dying || unit.is_dying {
                next_departure(relation, known, unit.is_dying, &unit.name)
            } else {
                next_change(relation, known, &unit.name)
            }
        })
    }

    /// The events that Juju may choose from as a unit's next: [`World::next_event`], or one of each relation.
    pub(crate) fn due_events(&self, name: &UnitName) -> Vec<Event> {
        let next = self.next_event(name);
        let in_relations: Vec<Event> =
            self.unit(name).map(|unit| self.due_in_relations(unit).collect()).unwrap_or_default();
        match next {
            Some(next) if in_relations.contains(&next) => in_relations,
            next => next.into_iter().collect(),
        }
    }

    pub(super) fn tell_relation(&mut self, name: &UnitName, event: &RelationEvent) {
        let Some(relation) = self.relations.get(&event.id).cloned() else { return };
        let Some(unit) = self.unit_mut(name) else { return };
        let known = unit.memory.relations.entry(event.id).or_default();
        let version_of = |unit: &UnitName| relation.version(&Entity::Unit(unit.clone()));
        match (event.kind, &event.unit) {
            (RelationKind::Joined, Some(other)) => {
                known.units.insert(other.clone(), version_of(other));
                known.joined = Some(other.clone());
            }
            (RelationKind::Changed, Some(other)) => {
                known.units.insert(other.clone(), version_of(other));
                known.joined.take_if(|joined| joined == other);
            }
            (RelationKind::Changed, None) => {
                let app = relation.remote_app(name.app()).to_owned();
                let version = relation.version(&Entity::App(app.clone()));
                known.apps.insert(app, version);
            }
            (RelationKind::Departed, Some(other)) => {
                known.units.remove(other);
                known.joined.take_if(|joined| joined == other);
            }
            (RelationKind::Broken, _) => {
                known.units.clear();
                known.broken = true;
            }
            _ => {}
        }
    }
}

/// The next event of a relation that ends for the unit `me`: departed for each known unit, then broken. `is_self` is
/// true if `me` itself departs.
fn next_departure(relation: &Relation, known: &KnownRelation, is_self: bool, me: &UnitName) -> Option<Event> {
    let Some(other) = known.units.keys().next() else {
        return Some(event(relation, me, RelationKind::Broken, None));
    };
    let departing = Some(if is_self { me.clone() } else { other.clone() });
    Some(Event::Relation(RelationEvent { departing, ..body(relation, me, RelationKind::Departed, Some(other)) }))
}

/// The next event of a relation that goes on, in this order: the changed after a joined, departed, the application's
/// changed, joined and changed of units.
fn next_change(relation: &Relation, known: &KnownRelation, me: &UnitName) -> Option<Event> {
    let present: BTreeSet<&UnitName> = relation.counterparts(me).collect();
    if let Some(joined) = known.joined.as_ref().filter(|joined| present.contains(joined)) {
        return Some(event(relation, me, RelationKind::Changed, Some(joined)));
    }
    if let Some(gone) = known.units.keys().find(|unit| !present.contains(unit)) {
        let body = body(relation, me, RelationKind::Departed, Some(gone));
        return Some(Event::Relation(RelationEvent { departing: Some(gone.clone()), ..body }));
    }
    next_app_change(relation, known, me).or_else(|| {
        present.into_iter().find_map(|unit| match known.units.get(unit) {
            None => Some(event(relation, me, RelationKind::Joined, Some(unit))),
            Some(version) if *version != relation.version(&Entity::Unit(unit.clone())) => {
                Some(event(relation, me, RelationKind::Changed, Some(unit)))
            }
            Some(_) => None,
        })
    })
}

/// relation-changed if the remote application's databag differs from the one that the charm knows.
fn next_app_change(relation: &Relation, known: &KnownRelation, me: &UnitName) -> Option<Event> {
    let app = relation.remote_app(me.app());
    let told = known.apps.get(app).copied().unwrap_or_default();
    let is_news = relation.version(&Entity::App(app.to_owned())) != told;
    is_news.then(|| event(relation, me, RelationKind::Changed, None))
}

fn body(relation: &Relation, me: &UnitName, kind: RelationKind, unit: Option<&UnitName>) -> RelationEvent {
    RelationEvent {
        kind,
        endpoint: relation.side(me.app()).map(|side| side.endpoint.clone()).unwrap_or_default(),
        id: relation.id,
        app: Some(relation.remote_app(me.app()).to_owned()),
        unit: unit.cloned(),
        departing: None,
    }
}

pub(super) fn event(relation: &Relation, me: &UnitName, kind: RelationKind, unit: Option<&UnitName>) -> Event {
    Event::Relation(body(relation, me, kind, unit))
}
