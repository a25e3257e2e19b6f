//! Secrets of other owners, changed from outside, and the owner's events of the charm's secrets.

use super::{Done, Harness, HarnessError};
use crate::model::{Description, Error as ModelError, Grant, Secret, SecretOwner, random};
use juju::{Charm, Event, RelationId, SecretContent, SecretEvent, SecretId, SecretKind, UnitName};

impl<C: Charm> Harness<C> {
    /// Makes a secret of a remote application or unit. The charm may read it once it is granted.
    ///
    /// # Errors
    /// The owner is not in the model, or is the charm's application: a charm makes its secrets itself.
    pub fn add_model_secret<'a>(
        &mut self,
        owner: &str,
        content: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Done<C, SecretId> {
        let entity = super::relation::entity(owner).ok_or_else(|| HarnessError::InvalidName(owner.to_owned()))?;
        let owner_of = match entity {
            juju::Entity::App(app) => SecretOwner::App(app),
            juju::Entity::Unit(unit) => SecretOwner::Unit(unit),
        };
        let app = owner.split('/').next().unwrap_or_default();
        if app == self.unit.app() {
            return Err(HarnessError::SecretOwner(owner.to_owned(), "the charm makes its own secrets itself"));
        }
        self.model.application(app)?;
        let id = random::secret_id();
        let secret = Secret::new(id.clone(), owner_of, Description::default(), to_content(content));
        self.model.world_mut().add_secret(secret);
        Ok(id)
    }

    /// Makes a user's secret. The charm may read it once it is granted to its application.
    pub fn add_user_secret<'a>(&mut self, content: impl IntoIterator<Item = (&'a str, &'a str)>) -> SecretId {
        self.model.add_user_secret(to_content(content))
    }

    /// Adds a revision to a secret. The charm gets secret-changed if it tracks an older revision. The content of the
    /// newest revision again adds no revision.
    ///
    /// # Errors
    /// There is no such secret, or the charm owns it; the charm fails.
    pub fn set_secret_content<'a>(
        &mut self,
        id: &SecretId,
        content: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Done<C> {
        let before = self.foreign_secret(id)?.latest();
        self.secret_mut(id)?.revise(to_content(content));
        let secret = self.secret(id)?;
        let is_new = secret.latest() > before;
        let consumer = secret.consumers.get(&self.unit).filter(|consumer| is_new && consumer.revision > 0);
        match consumer.cloned() {
            Some(consumer) => self.fire_secret(SecretKind::Changed, id, consumer.label, None),
            None => Ok(()),
        }
    }

    /// Grants a secret to the charm: a user's to its application, a remote application's through the relation with it.
    ///
    /// # Errors
    /// There is no such secret, the charm owns it, or its owner has no relation with the charm.
    pub fn grant_secret(&mut self, id: &SecretId) -> Done<C> {
        let app = self.unit.app().to_owned();
        match self.related(id)? {
            None => drop(self.secret_mut(id)?.granted_to.insert(app)),
            Some(relation) => self.secret_mut(id)?.grant(Grant { relation, unit: None }),
        }
        Ok(())
    }

    /// Revokes what [`Harness::grant_secret`] granted.
    ///
    /// # Errors
    /// As there.
    pub fn revoke_secret(&mut self, id: &SecretId) -> Done<C> {
        let app = self.unit.app().to_owned();
        match self.related(id)? {
            None => drop(self.secret_mut(id)?.granted_to.remove(&app)),
            Some(relation) => self.secret_mut(id)?.grants.retain(|grant| grant.relation != relation),
        }
        Ok(())
    }

    /// The relation through which a secret is granted to the charm; `None` for a user's secret.
    fn related(&self, id: &SecretId) -> Done<C, Option<RelationId>> {
        let app = match &self.foreign_secret(id)?.owner {
            SecretOwner::User => return Ok(None),
            SecretOwner::App(app) => app.clone(),
            SecretOwner::Unit(unit) => unit.app().to_owned(),
        };
        let mut relations = self.model.world().relations_of(self.unit.app());
        let relation = relations.find(|relation| relation.side(&app).is_some());
        let missing = || HarnessError::SecretOwner(id.id().to_owned(), "its owner has no relation with the charm");
        relation.map(|relation| Some(relation.id)).ok_or_else(missing)
    }

    /// The units and applications that a secret is granted to in a relation; empty for a user's secret.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn secret_grants(&self, id: &SecretId, relation: RelationId) -> Done<C, Vec<String>> {
        let secret = self.secret(id)?;
        let owner = match &secret.owner {
            SecretOwner::User => return Ok(Vec::new()),
            SecretOwner::App(app) => app,
            SecretOwner::Unit(unit) => unit.app(),
        };
        let grants = secret.grants.iter().filter(|grant| grant.relation == relation);
        let remote = self.relation(relation)?.remote_app(owner);
        Ok(grants.map(|grant| grant.unit.as_ref().map_or(remote.to_owned(), UnitName::to_string)).collect())
    }

    /// The numbers of a secret's revisions, in order.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn secret_revisions(&self, id: &SecretId) -> Done<C, Vec<u64>> {
        Ok(self.secret(id)?.revisions.keys().copied().collect())
    }

    /// The newest content of a secret, without access rules.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn secret_content(&self, id: &SecretId) -> Done<C, SecretContent> {
        Ok(self.model.secret(id)?.clone())
    }

    /// Fires secret-rotate of a secret that the charm owns.
    ///
    /// # Errors
    /// There is no such secret, or the charm does not own it; the charm fails.
    pub fn trigger_secret_rotation(&mut self, id: &SecretId) -> Done<C> {
        self.fire_owned(SecretKind::Rotate, id, None)
    }

    /// Fires secret-expired of a revision of a secret that the charm owns.
    ///
    /// # Errors
    /// As [`Harness::trigger_secret_rotation`].
    pub fn trigger_secret_expiration(&mut self, id: &SecretId, revision: u64) -> Done<C> {
        self.fire_owned(SecretKind::Expired, id, Some(revision))
    }

    /// Fires secret-remove of a revision, of a secret that the charm owns, that no reader tracks any more.
    ///
    /// # Errors
    /// As [`Harness::trigger_secret_rotation`].
    pub fn trigger_secret_removal(&mut self, id: &SecretId, revision: u64) -> Done<C> {
        self.fire_owned(SecretKind::Remove, id, Some(revision))
    }

    fn fire_owned(&mut self, kind: SecretKind, id: &SecretId, revision: Option<u64>) -> Done<C> {
        let secret = self.secret(id)?;
        if !secret.is_owned_by(&self.unit) {
            return Err(HarnessError::SecretOwner(id.id().to_owned(), "only its owner gets this event"));
        }
        let label = secret.about.label.clone();
        self.fire_secret(kind, id, label, revision)
    }

    fn fire_secret(
        &mut self,
        kind: SecretKind,
        id: &SecretId,
        label: Option<String>,
        revision: Option<u64>,
    ) -> Done<C> {
        self.fire(&Event::Secret(SecretEvent { kind, id: id.clone(), label, revision }))
    }

    fn secret(&self, id: &SecretId) -> Done<C, &Secret> {
        let secret = self.model.world().secrets.get(id);
        secret.ok_or_else(|| ModelError::SecretNotFound(id.id().to_owned()).into())
    }

    fn secret_mut(&mut self, id: &SecretId) -> Done<C, &mut Secret> {
        let secret = self.model.world_mut().secrets.get_mut(id);
        secret.ok_or_else(|| ModelError::SecretNotFound(id.id().to_owned()).into())
    }

    /// A secret that the charm does not own.
    fn foreign_secret(&self, id: &SecretId) -> Done<C, &Secret> {
        let secret = self.secret(id)?;
        if secret.is_owned_by(&self.unit) {
            return Err(HarnessError::SecretOwner(id.id().to_owned(), "the charm owns it and changes it itself"));
        }
        Ok(secret)
    }
}

fn to_content<'a>(content: impl IntoIterator<Item = (&'a str, &'a str)>) -> SecretContent {
    content.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}
