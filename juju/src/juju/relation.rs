//! Relations through the handle: which there are, what is in them, and writing to them.

use std::collections::BTreeSet;

use super::Juju;
use crate::databag::{Databag, MAX_DATABAG_BYTES};
use crate::declarations::Thing;
use crate::hook::Event;
use crate::key::Endpoint;
use crate::name::{RelationId, UnitName};
use crate::owner::{Entity, Whose};
use crate::relation::Relation;
use crate::tool::Error;
use crate::view::{Needs, View};

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The relations of an endpoint, lowest id first, without the one that ends with this event.
    pub fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        if self.context.declarations.is_strict() {
            self.context.check(Thing::Endpoint, &endpoint.to_owned().into())?;
        }
        self.ids_of(endpoint)
    }

    fn ids_of(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        if self.is_unrelated(endpoint)? {
            return Ok(Vec::new());
        }
        let mut ids = self.memo(&self.ids, endpoint.to_owned(), |juju| {
            let mut ids = juju.relation_ids(endpoint)?;
            ids.sort_unstable();
            Ok(ids)
        })?;
        ids.retain(|id| self.context.event.broken() != Some(*id));
        if ids.is_empty() {
            self.note_unrelated(endpoint);
        }
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
    ///
    /// # Errors
    /// [`Error::OtherEndpoint`] if the relation is another endpoint's, as far as that is known without a call: from the event,
    /// from lists of relations that were read, and in a test from the model; or Juju refuses.
    pub fn view(&self, endpoint: &str, id: RelationId, needs: Needs) -> Result<View, Error> {
        self.check_endpoint(endpoint, id)?;
        let mut view = View::empty(endpoint, id);
        if needs.remote_units || needs.remote_unit_data {
            for unit in self.remote_units(id)? {
                let bag = if needs.remote_unit_data {
                    self.databag(id, &Entity::Unit(unit.clone()))?
                } else {
                    Databag::new()
                };
                view.units.insert(unit, bag);
            }
        }
        view.app = self.known_app(&view, needs);
        if needs.remote_app && !needs.peer {
            if view.app.is_none() {
                view.app = self.remote_app(id)?;
            }
            if let Some(app) = &view.app {
                view.remote_app = self.databag(id, &Entity::App(app.clone()))?;
            }
        }
        if needs.local_app && (needs.peer || self.is_leader()?) {
            view.local_app = Some(self.databag(id, &self.entity(Whose::App))?);
        }
        if needs.local_unit {
            view.local_unit = self.databag(id, &self.entity(Whose::Unit))?;
        }
        Ok(view)
    }

    fn check_endpoint(&self, endpoint: &str, id: RelationId) -> Result<(), Error> {
        match self.known_endpoint(id) {
            Some(of) if of != endpoint => Err(Error::OtherEndpoint { relation: id, endpoint: endpoint.to_owned(), of }),
            _ => Ok(()),
        }
    }

    /// The endpoint of a relation, if it is known without a call.
    fn known_endpoint(&self, id: RelationId) -> Option<String> {
        if let Event::Relation(event) = &self.context.event
            && event.id == id
        {
            return Some(event.endpoint.clone());
        }
        let listed = self.ids.borrow().iter().find(|(_, ids)| ids.contains(&id)).map(|(endpoint, _)| endpoint.clone());
        listed.or_else(|| self.backend.relation_endpoint(id))
    }

    /// The relation of an endpoint; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::TooManyRelated`] if there are several; or Juju refuses.
    pub fn relation(&self, endpoint: impl Endpoint) -> Result<Option<Relation<'_>>, Error> {
        let mut relations = self.relations(&endpoint)?;
        if relations.len() > 1 {
            let ids = relations.iter().map(Relation::id).collect();
            return Err(Error::TooManyRelated { endpoint: endpoint.name().to_string(), ids });
        }
        Ok(relations.pop())
    }

    /// The relations of an endpoint, lowest id first, without the one that ends with this event.
    pub fn relations(&self, endpoint: impl Endpoint) -> Result<Vec<Relation<'_>>, Error> {
        self.context.check(Thing::Endpoint, endpoint.name())?;
        let endpoint = endpoint.name().as_str();
        Ok(self.ids_of(endpoint)?.into_iter().map(|id| Relation::new(self, endpoint, id)).collect())
    }

    /// The relation of an endpoint with that id; `None` if the endpoint has no such relation.
    pub fn relation_by_id(&self, endpoint: impl Endpoint, id: RelationId) -> Result<Option<Relation<'_>>, Error> {
        Ok(self.relations(endpoint)?.into_iter().find(|relation| relation.id() == id))
    }

    /// One side's databag with what we have set in it, with Juju's own rules for who may read it. Empty if the relation is
    /// gone.
    pub fn databag(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        let mut bag =
            self.unless_gone(id, || self.memo(&self.bags, (id, entity.clone()), |juju| juju.relation_get(id, entity)))?;
        if let Some(changes) = self.whose(entity).and_then(|whose| self.drafts.borrow().get(&(id, whose)).cloned()) {
            bag.apply(&changes);
        }
        Ok(bag)
    }

    /// The application at the other side; `None` if the relation is gone.
    pub(crate) fn remote_app(&self, id: RelationId) -> Result<Option<String>, Error> {
        self.unless_gone(id, || self.memo(&self.apps, id, |juju| juju.relation_app(id)))
    }

    /// The units at the other side, this unit left out. Empty without a call if the relation is being broken.
    pub(crate) fn remote_units(&self, id: RelationId) -> Result<BTreeSet<UnitName>, Error> {
        if self.context.event.broken() == Some(id) {
            return Ok(BTreeSet::new());
        }
        let mut units = self.unless_gone(id, || {
            self.memo(&self.units, id, |juju| Ok(juju.relation_units(id)?.into_iter().collect()))
        })?;
        units.remove(&self.context.unit);
        Ok(units)
    }

    /// The UUID of the model the other side is in; not cached.
    pub fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        self.call(|juju| juju.relation_model_uuid(id))
    }

    /// Sets keys of our application's or unit's databag; an empty value deletes its key.
    ///
    /// Later reads see the change. [`Juju::flush`] writes it, which a dispatch does at its end. A relation that is gone, or ends
    /// with this event, is left alone with a line in the log. Another's databag can't be named:
    ///
    /// ```compile_fail,E0308
    /// use webcharm_juju::{Databag, Entity, Juju, RelationId};
    ///
    /// fn handler(juju: &Juju<'_>) -> Result<(), webcharm_juju::Error> {
    ///     let theirs = Entity::App("postgresql".to_owned());
    ///     juju.set_databag(RelationId(1), theirs, &Databag::from_iter([("key", "value")]))
    /// }
    /// ```
    ///
    /// # Errors
    /// The databag would become larger than Juju takes; this unit doesn't lead and the databag is the application's; or Juju
    /// refuses to show it.
    pub fn set_databag(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        if changes.is_empty() || self.is_over(id, changes) {
            return Ok(());
        }
        if whose == Whose::App && !self.is_leader()? {
            let (app, unit) = (self.context.app().to_owned(), self.context.unit.clone());
            return Err(Error::NotLeader { app, unit, relation: id });
        }
        let entity = self.entity(whose);
        let read = || self.know(&self.bags, (id, entity.clone()), |juju| juju.relation_get(id, &entity));
        self.unless_gone(id, read)?;
        if self.is_gone(id) {
            tracing::warn!(relation = %id, keys = ?changes, "the relation is gone: not written");
            return Ok(());
        }
        let bags = self.bags.borrow();
        let known = bags.get(&(id, entity)).expect("it was read above");
        let mut drafts = self.drafts.borrow_mut();
        let mut draft = drafts.get(&(id, whose)).cloned().unwrap_or_default();
        draft.extend(changes.iter().map(|(key, value)| (key.clone(), value.clone())));
        let bytes = known.bytes_after(&draft);
        if bytes > MAX_DATABAG_BYTES {
            return Err(Error::TooLarge { relation: id, bytes });
        }
        drafts.insert((id, whose), draft);
        Ok(())
    }

    /// Writes what was gathered: one `relation-set` for each of our databags in which a value differs, and one `state-set`.
    ///
    /// A dispatch calls this at its end, if every handler succeeded. Others who work with a [`Juju`] call it themselves.
    ///
    /// # Errors
    /// Juju refuses.
    pub fn flush(&self) -> Result<(), Error> {
        for ((id, whose), draft) in std::mem::take(&mut *self.drafts.borrow_mut()) {
            let key = (id, self.entity(whose));
            let changes =
                self.bags.borrow().get(&key).map_or_else(|| draft.clone(), |known| Databag::diff(known, &draft));
            if changes.is_empty() {
                continue;
            }
            self.call(|juju| juju.relation_set(id, whose, &changes))?;
            if let Some(known) = self.bags.borrow_mut().get_mut(&key) {
                known.apply(&changes);
            }
        }
        self.flush_state()
    }

    /// True if the relation ends with this event, which is logged.
    fn is_over(&self, id: RelationId, changes: &Databag) -> bool {
        let is_over = self.context.event.broken() == Some(id);
        if is_over {
            tracing::info!(relation = %id, keys = ?changes, "the relation ends: not written");
        }
        is_over
    }

    /// Our databag that this is the owner of.
    fn whose(&self, entity: &Entity) -> Option<Whose> {
        match entity {
            Entity::App(app) => (app == self.context.app()).then_some(Whose::App),
            Entity::Unit(unit) => (*unit == self.context.unit).then_some(Whose::Unit),
        }
    }

    /// Our application or our unit.
    pub(crate) fn entity(&self, whose: Whose) -> Entity {
        match whose {
            Whose::App => Entity::App(self.context.app().to_owned()),
            Whose::Unit => Entity::Unit(self.context.unit.clone()),
        }
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

    /// True if a read has found that Juju does not know the relation any more.
    pub(super) fn is_gone(&self, id: RelationId) -> bool {
        self.gone.borrow().contains(&id)
    }

    /// Makes a read; empty if the relation is gone, or is being broken and can't be read any more.
    fn unless_gone<T: Default>(&self, id: RelationId, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.is_gone(id) {
            return Ok(T::default());
        }
        match read() {
            Err(error) if error.is_not_found() => {
                self.gone.borrow_mut().insert(id);
                Ok(T::default())
            }
            Err(error) if error.is_permission_denied() && self.context.event.broken() == Some(id) => Ok(T::default()),
            other => other,
        }
    }
}
