//! Secrets through the handle.

use super::Juju;
use crate::name::{RelationId, UnitName};
use crate::secret::{NewSecret, ReadMode, SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate};
use crate::tool::Error;

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// A secret's content, read once for each way of asking.
    pub fn secret(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        if let Some(content) = self.secrets.borrow().get(query) {
            return Ok(content.clone());
        }
        let content = self.call(|juju| juju.secret_get(query))?;
        self.remember(query, &content);
        Ok(content)
    }

    /// The facts about a secret that this charm owns, by id or label; one call for each secret.
    pub fn secret_info(&self, query: &SecretQuery) -> Result<SecretInfo, Error> {
        let fits = |info: &&SecretInfo| match &query.id {
            Some(id) => info.id == *id,
            None => info.label == query.label,
        };
        if let Some(info) = self.infos.borrow().values().find(fits) {
            return Ok(info.clone());
        }
        let info = self.call(|juju| juju.secret_info(query))?;
        self.infos.borrow_mut().insert(info.id.clone(), info.clone());
        Ok(info)
    }

    /// The secrets this unit manages; not cached.
    pub fn secret_ids(&self) -> Result<Vec<SecretId>, Error> {
        self.call(|juju| juju.secret_ids())
    }

    /// Makes a secret.
    pub fn add_secret(&self, secret: &NewSecret) -> Result<SecretId, Error> {
        let id = self.call(|juju| juju.secret_add(secret))?;
        self.forget(&id, secret.label.as_deref());
        self.remember(&SecretQuery::id(id.clone()).peek(), &secret.content);
        Ok(id)
    }

    /// Changes a secret of ours.
    pub fn set_secret(&self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        self.call(|juju| juju.secret_set(id, update))?;
        self.forget(id, update.label.as_deref());
        if !update.content.is_empty() {
            self.remember(&SecretQuery::id(id.clone()).peek(), &update.content);
        }
        Ok(())
    }

    /// Lets the other side of a relation, or one unit of it, read a secret of ours.
    pub fn grant_secret(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        self.call(|juju| juju.secret_grant(id, relation, unit))
    }

    /// Takes that leave back.
    pub fn revoke_secret(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        self.call(|juju| juju.secret_revoke(id, relation, unit))
    }

    /// Removes one revision of a secret of ours, or all of it.
    pub fn remove_secret(&self, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
        self.call(|juju| juju.secret_remove(id, revision))?;
        self.forget(id, None);
        Ok(())
    }

    /// Keeps a content under every query it answers: a refresh is what a plain read returns from then on.
    fn remember(&self, query: &SecretQuery, content: &SecretContent) {
        let mut secrets = self.secrets.borrow_mut();
        let modes = match query.mode {
            ReadMode::Refresh => vec![ReadMode::Refresh, ReadMode::Tracked, ReadMode::Peek],
            mode => vec![mode],
        };
        for mode in modes {
            let mut keep = |id: &Option<SecretId>, label: &Option<String>| {
                secrets.insert(SecretQuery { id: id.clone(), label: label.clone(), mode }, content.clone());
            };
            keep(&query.id, &query.label);
            if query.id.is_some() && query.label.is_some() {
                keep(&query.id, &None);
                keep(&None, &query.label);
            }
        }
    }

    /// Drops what was read of a secret before it changed. Reads by label may have been of this one, too.
    fn forget(&self, id: &SecretId, label: Option<&str>) {
        let other = |query: &SecretQuery| query.id.as_ref().is_some_and(|asked| asked != id);
        self.secrets.borrow_mut().retain(|query, _| other(query));
        self.infos
            .borrow_mut()
            .retain(|known, info| known != id && (label.is_none() || info.label.as_deref() != label));
    }
}
