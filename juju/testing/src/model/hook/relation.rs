//! relation-ids, relation-list, relation-get, relation-set, relation-model-get.

use super::{Error, Transaction};
use crate::model::relation::Relation;
use juju::{Databag, Entity, MAX_DATABAG_BYTES, RelationId, UnitName, Whose};

impl Transaction<'_> {
    /// The relation, if it is visible to this unit. After relation-broken it no longer is.
    pub(crate) fn relation(&self, id: RelationId) -> Result<&Relation, Error> {
        let relation = self.view().relations.get(&id).filter(|relation| self.knows(relation));
        relation.ok_or_else(|| Error::RelationNotFound(id.to_string()))
    }

    fn knows(&self, relation: &Relation) -> bool {
        let known = self.view().unit(self.unit()).and_then(|unit| unit.memory.relations.get(&relation.id));
        match known {
            Some(known) => !known.broken || self.event_relation() == Some(relation.id),
            None => relation.members.contains(self.unit()),
        }
    }

    /// The relations of an endpoint, by id. In relation-broken the broken relation is among them.
    pub(crate) fn relation_ids(&self, endpoint: &str) -> Vec<RelationId> {
        let app = self.unit().app();
        let mine = self.view().relations_of(app).filter(|relation| self.knows(relation));
        mine.filter(|relation| relation.side(app).is_some_and(|side| side.endpoint == endpoint))
            .map(|relation| relation.id)
            .collect()
    }

    /// This side's endpoint of a relation; `None` if the relation is not visible to this unit.
    pub(crate) fn relation_endpoint(&self, id: RelationId) -> Option<String> {
        Some(self.relation(id).ok()?.side(self.unit().app())?.endpoint.clone())
    }

    /// The units that joined and did not depart in this unit's events; empty in relation-broken.
    pub(crate) fn relation_units(&self, id: RelationId) -> Result<Vec<UnitName>, Error> {
        self.relation(id)?;
        let known = self.view().unit(self.unit()).and_then(|unit| unit.memory.relations.get(&id));
        Ok(known.map(|known| known.units.keys().cloned().collect()).unwrap_or_default())
    }

    /// The remote application.
    pub(crate) fn relation_app(&self, id: RelationId) -> Result<String, Error> {
        Ok(self.relation(id)?.remote_app(self.unit().app()).to_owned())
    }

    /// A databag that this unit may read.
    pub(crate) fn relation_get(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        let relation = self.relation(id)?;
        self.may_read_bag(relation, entity)?;
        Ok(relation.databag(entity))
    }

    /// Changes this unit's databag or, as the leader, its application's.
    pub(crate) fn relation_set(&mut self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        let owner = match whose {
            Whose::App => Entity::App(self.unit().app().to_owned()),
            Whose::Unit => Entity::Unit(self.unit().clone()),
        };
        let relation = self.relation(id)?;
        self.may_write_bag(relation, &owner)?;
        let bytes = relation.bytes_after(&owner, changes);
        if bytes > MAX_DATABAG_BYTES {
            return Err(Error::DatabagTooLarge { id, bytes, limit: MAX_DATABAG_BYTES });
        }
        self.write(crate::model::write::Write::Databag { relation: id, owner, changes: changes.clone() });
        Ok(())
    }

    /// UUID of the remote application's model.
    pub(crate) fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        let relation = self.relation(id)?;
        Ok(relation.remote_model.clone().unwrap_or_else(|| self.view().uuid.to_string()))
    }
}
