//! The five things that happen to a relation.

use crate::hook::{Event, EventKind, RelationEvent, RelationKind};
use crate::juju::Juju;
use crate::key::{CanWait, Named, SubjectEvent};
use crate::name::UnitName;
use crate::relation::Relation;
use crate::tool::Error;

macro_rules! relation_event {
    ($($(#[$doc:meta])+ $name:ident)+) => {$(
        $(#[$doc])+
        #[derive(Debug)]
        pub struct $name<'e> {
            relation: Relation<'e>,
            #[allow(dead_code, reason = "not every event has data besides its relation")]
            event: &'e RelationEvent,
        }

        impl<'e> $name<'e> {
            /// The relation, with its databags.
            #[must_use]
            pub const fn relation(&self) -> &Relation<'e> {
                &self.relation
            }

            /// Key of this event of all endpoints.
            #[must_use]
            pub const fn every() -> Named<$name<'static>> {
                Named::every()
            }
        }

        impl SubjectEvent for $name<'static> {
            type Event<'e> = $name<'e>;
            const KIND: EventKind = EventKind::$name;

            fn read<'e>(event: &'e Event, juju: &'e Juju<'e>) -> Option<$name<'e>> {
                let Event::Relation(event) = event else { return None };
                if matches!(event.kind, RelationKind::Joined | RelationKind::Departed) && event.unit.is_none() {
                    return None;
                }
                Some($name { relation: Relation::of_event(juju, event), event })
            }
        }
    )+};
}

relation_event! {
    /// `…-relation-created`: there is a new relation, as yet without remote units. It may come before `start`.
    RelationCreated
    /// `…-relation-joined`: a remote unit is there. `changed` of this unit follows.
    RelationJoined
    /// `…-relation-changed`: the databag of a remote unit or of the remote application changed.
    RelationChanged
    /// `…-relation-departed`: a unit leaves. Its databag can still be read.
    RelationDeparted
    /// `…-relation-broken`: the relation ends for this unit, after all `departed`. It can't wait.
    RelationBroken
}

impl CanWait for RelationCreated<'static> {}
impl CanWait for RelationJoined<'static> {}
impl CanWait for RelationChanged<'static> {}
impl CanWait for RelationDeparted<'static> {}

#[allow(clippy::missing_panics_doc, reason = "`read` has looked")]
impl RelationJoined<'_> {
    /// The remote unit.
    #[must_use]
    pub fn unit(&self) -> &UnitName {
        self.event.unit.as_ref().expect("an event of a unit names it: see `read`")
    }
}

impl RelationChanged<'_> {
    /// The remote unit whose databag changed; `None` if it was the application's.
    #[must_use]
    pub const fn unit(&self) -> Option<&UnitName> {
        self.event.unit.as_ref()
    }
}

impl RelationBroken<'_> {
    /// True if the relation goes on without this unit, which is being removed while other units of its application stay.
    ///
    /// Juju's environment doesn't tell, so this asks for the goal state, which knows the units that are `dying`: one call of
    /// `goal-state`, which asks the controller.
    ///
    /// # Errors
    /// `goal-state` fails.
    pub fn is_only_this_unit(&self) -> Result<bool, Error> {
        let juju = self.relation.juju();
        let (us, units) = (juju.context.unit.to_string(), &juju.goal_state()?.units);
        let stays = |unit: &str| units.get(unit).is_some_and(|unit| !unit.is_dying());
        Ok(!stays(&us) && units.keys().any(|unit| stays(unit)))
    }
}

#[allow(clippy::missing_panics_doc, reason = "`read` has looked")]
impl RelationDeparted<'_> {
    /// The remote unit that this unit no longer meets. If this unit leaves, there is one event for each remote unit.
    #[must_use]
    pub fn unit(&self) -> &UnitName {
        self.event.unit.as_ref().expect("an event of a unit names it: see `read`")
    }

    /// The unit that leaves: the remote unit, or this one.
    #[must_use]
    pub const fn departing_unit(&self) -> Option<&UnitName> {
        self.event.departing.as_ref()
    }
}
