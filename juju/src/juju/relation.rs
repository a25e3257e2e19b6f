//! Relations through the handle: which there are, what is in them, and writing to them.

use std::collections::BTreeMap;

use super::Juju;
use crate::backend::{Entity, Whose};
use crate::databag::{Databag, MAX_DATABAG_BYTES};
use crate::hook::Event;
use crate::name::{RelationId, UnitName};
use crate::tool::Error;
use crate::view::{Needs, View};

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The relations of an endpoint, lowest id first, without the one that ends with this event.
    pub fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        let mut ids = self.memo(&self.ids, endpoint.to_owned(), |juju| {
            let mut ids = juju.relation_ids(endpoint)?;
            ids.sort_unstable();
            Ok(ids)
        })?;
        ids.retain(|id| self.context.event.broken() != Some(*id));
        Ok(ids)
    }

    /// Every relation of an endpoint, as [`Juju::relation_ids`] lists them, read as far as `needs` says.
    pub fn views(&self, endpoint: &str, needs: Needs) -> Result<Vec<View>, Error> {
        self.relation_ids(endpoint)?.into_iter().map(|id| self.view(endpoint, id, needs)).collect()
    }

    /// One relation, read as far as `needs` says.
    ///
    /// A relation that is gone is empty, not an error: a deferred event may still speak of it. The one that ends with
    /// this event shows what is left to be read of it.
    pub fn view(&self, endpoint: &str, id: RelationId, needs: Needs) -> Result<View, Error> {
        let mut view = View::empty(endpoint, id);
        if needs.remote_units || needs.remote_unit_data {
            view.units = self.other_units(id, needs.remote_unit_data)?;
        }
        view.app = self.known_app(&view, needs);
        if needs.remote_app && !needs.peer {
            if view.app.is_none() {
                let app = self.memo(&self.apps, id, |juju| juju.relation_app(id));
                view.app = self.spare(id, app)?;
            }
            if let Some(app) = &view.app {
                view.remote_app = self.spare(id, self.databag(id, &Entity::App(app.clone())))?;
            }
        }
        if needs.local_app && (needs.peer || self.is_leader()?) {
            view.local_app = Some(self.spare(id, self.databag(id, &self.entity(Whose::App)))?);
        }
        if needs.local_unit {
            view.local_unit = self.spare(id, self.databag(id, &self.entity(Whose::Unit)))?;
        }
        Ok(view)
    }

    /// One side's databag as it is, with Juju's own rules for who may read it.
    pub fn databag(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        self.memo(&self.bags, (id, entity.clone()), |juju| juju.relation_get(id, entity))
    }

    /// The UUID of the model the other side is in; not cached.
    pub fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        self.call(|juju| juju.relation_model_uuid(id))
    }

    /// Sets keys of our application's or unit's databag; an empty value deletes its key.
    ///
    /// Skips keys that the cached databag already has, and makes no call if no change remains. [`Databag::diff`]
    /// computes the changes beforehand.
    ///
    /// # Errors
    /// The databag would become larger than Juju takes; or Juju refuses.
    pub fn set_databag(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        let key = (id, self.entity(whose));
        let known = self.bags.borrow().get(&key).cloned();
        let changes = known.as_ref().map_or_else(|| changes.clone(), |known| Databag::diff(known, changes));
        if changes.is_empty() {
            return Ok(());
        }
        let mut after = known.clone().unwrap_or_default();
        after.apply(&changes);
        let bytes = after.bytes();
        if bytes > MAX_DATABAG_BYTES {
            return Err(Error::TooLarge { relation: id, bytes });
        }
        self.call(|juju| juju.relation_set(id, whose, &changes))?;
        if known.is_some() {
            self.bags.borrow_mut().insert(key, after);
        }
        Ok(())
    }

    /// Our application or our unit.
    pub(super) fn entity(&self, whose: Whose) -> Entity {
        match whose {
            Whose::App => Entity::App(self.context.app().to_owned()),
            Whose::Unit => Entity::Unit(self.context.unit.clone()),
        }
    }

    /// The remote units, or of a peer relation the other units. Empty without a call if the relation is being broken.
    fn other_units(&self, id: RelationId, data: bool) -> Result<BTreeMap<UnitName, Databag>, Error> {
        if self.context.event.broken() == Some(id) {
            return Ok(BTreeMap::new());
        }
        let units = self.memo(&self.units, id, |juju| Ok(juju.relation_units(id)?.into_iter().collect()));
        let units = self.spare(id, units)?.into_iter().filter(|unit| *unit != self.context.unit);
        let read = |unit: UnitName| {
            let bag =
                if data { self.spare(id, self.databag(id, &Entity::Unit(unit.clone())))? } else { Databag::new() };
            Ok((unit, bag))
        };
        units.map(read).collect()
    }

    /// The remote application's name without a tool call: from the kind of relation, the event, or a unit's name.
    fn known_app(&self, view: &View, needs: Needs) -> Option<String> {
        if needs.peer {
            return Some(self.context.app().to_owned());
        }
        if let Event::Relation(event) = &self.context.event
            && event.id == view.id
            && event.app.is_some()
        {
            return event.app.clone();
        }
        let asked = self.apps.borrow().get(&view.id).cloned().flatten();
        asked.or_else(|| view.units.keys().next().map(|unit| unit.app().to_owned()))
    }

    /// Replaces the error by an empty value if the relation is gone, or is being broken and can't be read any more.
    fn spare<T: Default>(&self, id: RelationId, read: Result<T, Error>) -> Result<T, Error> {
        match read {
            Err(error) if error.is_not_found() => Ok(T::default()),
            Err(error) if error.is_permission_denied() && self.context.event.broken() == Some(id) => Ok(T::default()),
            other => other,
        }
    }
}
