//! A unit that leaves: the backend and the clients stay related to the other units.

use std::collections::BTreeSet;

use juju::{RelationId, UnitName};

use super::Unit;
use crate::error::Error;
use crate::meta;

/// Key of the unit's peer databag which says that the unit, and not the relation, goes.
fn flag(endpoint: &str, id: RelationId) -> String {
    format!("{endpoint}_{id}_departing")
}

impl Unit<'_> {
    /// Notes that this unit leaves if it is the departing one, and says so in its databag for every relation. Juju does not
    /// order relations among each other, so the first of them notes it for all: the peer relation may end before the rest.
    /// Returns true if this unit leaves.
    pub(crate) fn note_departure(&mut self, departing: Option<&UnitName>) -> Result<bool, Error> {
        if departing == Some(&self.juju.context.unit) {
            self.memory.left.get_or_insert_default();
            let mut relations = self.juju.relations(meta::BACKEND_DATABASE)?;
            relations.extend(self.juju.relations(meta::DATABASE)?);
            let flags = relations.iter().map(|relation| (flag(relation.endpoint(), relation.id()), "true".to_owned()));
            self.tell(flags)?;
        }
        Ok(self.is_leaving())
    }

    /// Notes another unit whose relation-departed came because this unit leaves: clients still reach it.
    pub(crate) fn keep_for_clients(&mut self, unit: &UnitName) {
        self.memory.left.get_or_insert_default().insert(unit.clone());
    }

    fn is_leaving(&self) -> bool {
        self.memory.left.is_some()
    }

    /// True if the end of this relation is that of the unit's membership.
    pub(crate) fn only_leaves(&self, endpoint: &str, id: RelationId) -> Result<bool, Error> {
        Ok(self.is_leaving() || self.told()?.text(&flag(endpoint, id)) == Some("true"))
    }

    /// Removes the note of this relation, which has ended for the unit.
    pub(crate) fn forget_departure(&self, endpoint: &str, id: RelationId) -> Result<(), Error> {
        self.tell([(flag(endpoint, id), String::new())])
    }

    /// The units that this unit left behind.
    pub(super) fn left(&self) -> BTreeSet<UnitName> {
        self.memory.left.clone().unwrap_or_default()
    }
}
