//! Verbs for secrets outside a hook: secrets of applications without a charm, and secrets of users.

use super::secret::{Description, Grant, Secret, SecretOwner};
use super::{Error, Model, random};
use juju::{RelationId, SecretContent, SecretId};

impl Model {
    /// Makes a secret that an application owns.
    ///
    /// # Errors
    /// There is no such application.
    pub fn add_secret(&mut self, app: &str, content: SecretContent) -> Result<SecretId, Error> {
        self.application(app)?;
        Ok(self.keep(SecretOwner::App(app.to_owned()), content))
    }

    /// Makes a user's secret; applications read it once it is granted to them.
    pub fn add_user_secret(&mut self, content: SecretContent) -> SecretId {
        self.keep(SecretOwner::User, content)
    }

    fn keep(&mut self, owner: SecretOwner, content: SecretContent) -> SecretId {
        let id = random::secret_id();
        self.world.add_secret(Secret::new(id.clone(), owner, Description::default(), content));
        id
    }

    fn secret_mut(&mut self, id: &SecretId) -> Result<&mut Secret, Error> {
        self.world.secrets.get_mut(id).ok_or_else(|| Error::SecretNotFound(id.id().to_owned()))
    }

    /// Adds a revision to a secret; units that track an older one get secret-changed. The content of the newest
    /// revision again adds no revision.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn set_secret(&mut self, id: &SecretId, content: SecretContent) -> Result<(), Error> {
        self.secret_mut(id)?.revise(content);
        Ok(())
    }

    /// Lets the other side of a relation read an application's secret.
    ///
    /// # Errors
    /// There is no such secret or relation, or the secret is a user's.
    pub fn grant_secret(&mut self, id: &SecretId, relation: RelationId) -> Result<(), Error> {
        if !self.world.relations.contains_key(&relation) {
            return Err(Error::RelationNotFound(relation));
        }
        let secret = self.secret_mut(id)?;
        if secret.owner == SecretOwner::User {
            return Err(Error::SecretOwner(id.id().to_owned(), "a user's secret is granted to an application"));
        }
        secret.grant(Grant { relation, unit: None });
        Ok(())
    }

    /// Revokes the grant to a relation.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn revoke_secret(&mut self, id: &SecretId, relation: RelationId) -> Result<(), Error> {
        self.secret_mut(id)?.grants.retain(|grant| grant.relation != relation);
        Ok(())
    }

    /// Lets an application read a user's secret.
    ///
    /// # Errors
    /// There is no such secret or application, or the secret is an application's.
    pub fn grant_user_secret(&mut self, id: &SecretId, app: &str) -> Result<(), Error> {
        self.application(app)?;
        let secret = self.secret_mut(id)?;
        if secret.owner != SecretOwner::User {
            return Err(Error::SecretOwner(id.id().to_owned(), "an application's secret is granted to a relation"));
        }
        secret.granted_to.insert(app.to_owned());
        Ok(())
    }

    /// Revokes a user's secret from an application.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn revoke_user_secret(&mut self, id: &SecretId, app: &str) -> Result<(), Error> {
        self.secret_mut(id)?.granted_to.remove(app);
        Ok(())
    }

    /// Ends a secret's rotation period: the owner gets secret-rotate. The model has no clock; the caller says when.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn rotate_secret(&mut self, id: &SecretId) -> Result<(), Error> {
        self.secret_mut(id)?.is_rotation_due = true;
        Ok(())
    }

    /// Ends a revision's time: the owner gets secret-expired.
    ///
    /// # Errors
    /// There is no such secret or revision.
    pub fn expire_secret(&mut self, id: &SecretId, revision: u64) -> Result<(), Error> {
        let secret = self.secret_mut(id)?;
        if !secret.revisions.contains_key(&revision) {
            return Err(Error::SecretNotFound(format!("{}/{revision}", id.id())));
        }
        secret.expired.insert(revision);
        Ok(())
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn remove_secret(&mut self, id: &SecretId) -> Result<(), Error> {
        self.secret_mut(id)?;
        self.world.secrets.remove(id);
        Ok(())
    }

    /// The newest content of a secret. The rules for reading secrets in a hook don't apply.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn secret(&self, id: &SecretId) -> Result<&SecretContent, Error> {
        let secret = self.world.secrets.get(id);
        let content = secret.and_then(|secret| secret.revisions.get(&secret.latest()));
        content.ok_or_else(|| Error::SecretNotFound(id.id().to_owned()))
    }

    /// The ids of all secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretId> {
        self.world.secrets.keys()
    }

    /// The applications that a secret is granted to: those at the other side of its grants' relations, or those that a
    /// user's secret is granted to.
    ///
    /// # Errors
    /// There is no such secret.
    pub fn secret_readers(&self, id: &SecretId) -> Result<Vec<String>, Error> {
        let secret = self.world.secrets.get(id).ok_or_else(|| Error::SecretNotFound(id.id().to_owned()))?;
        let owner = match &secret.owner {
            SecretOwner::User => return Ok(secret.granted_to.iter().cloned().collect()),
            SecretOwner::App(app) => app,
            SecretOwner::Unit(unit) => unit.app(),
        };
        let relations = secret.grants.iter().filter_map(|grant| self.world.relations.get(&grant.relation));
        Ok(relations.map(|relation| relation.remote_app(owner).to_owned()).collect())
    }
}
