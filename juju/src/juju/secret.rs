//! Secrets through the handle. Each secret has one cache, for reads by id and by label.

use super::Juju;
use crate::hook::Event;
use crate::name::{RelationId, UnitName};
use crate::secret::{NewSecret, ReadMode, SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate};
use crate::tool::Error;

/// A secret as far as this event knows it. A read by label alone tells no id; another call may join them.
#[derive(Debug, Default)]
pub(super) struct KnownSecret {
    id: Option<SecretId>,
    label: Option<String>,
    /// Content of the revision that this unit tracks.
    tracked: Option<SecretContent>,
    /// Content of the latest revision.
    latest: Option<SecretContent>,
    /// True if this unit tracks the latest revision, since it asked for that.
    is_fresh: bool,
}

impl KnownSecret {
    fn is(&self, id: Option<&SecretId>, label: Option<&str>) -> bool {
        (id.is_some() && self.id.as_ref() == id) || (label.is_some() && self.label.as_deref() == label)
    }

    /// The content that a read would return; `None` if it has to be asked for. A read with both id and label sets the label.
    fn answer(&self, query: &SecretQuery) -> Option<&SecretContent> {
        if query.id.is_some() && query.label.is_some() && self.label != query.label {
            return None;
        }
        match query.mode {
            ReadMode::Tracked => self.tracked.as_ref(),
            ReadMode::Peek => self.latest.as_ref(),
            ReadMode::Refresh => self.tracked.as_ref().filter(|_| self.is_fresh),
        }
    }

    fn remember(&mut self, mode: ReadMode, content: &SecretContent) {
        if mode != ReadMode::Tracked {
            self.latest = Some(content.clone());
        }
        if mode != ReadMode::Peek {
            self.tracked = Some(content.clone());
            self.is_fresh = mode == ReadMode::Refresh;
        }
    }

    /// Adds what another entry of the same secret knows.
    fn join(&mut self, other: Self) {
        self.id = self.id.take().or(other.id);
        self.label = self.label.take().or(other.label);
        self.tracked = self.tracked.take().or(other.tracked);
        self.latest = self.latest.take().or(other.latest);
        self.is_fresh |= other.is_fresh;
    }
}

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// A secret's content, read once for each revision that is asked for.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`] and [`Error::SecretNotGranted`]; or Juju refuses for another reason.
    pub fn secret(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        let (id, label) = (query.id.as_ref(), query.label.as_deref());
        if let Some(content) =
            self.secrets.borrow().iter().find(|known| known.is(id, label)).and_then(|s| s.answer(query))
        {
            return Ok(content.clone());
        }
        let content = self.call(|juju| juju.secret_get(query)).map_err(|error| of_secret(query, error))?;
        self.know_secret(id, label, |known| known.remember(query.mode, &content));
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
        let info = self.call(|juju| juju.secret_info(query)).map_err(|error| of_secret(query, error))?;
        self.infos.borrow_mut().insert(info.id.clone(), info.clone());
        self.know_secret(Some(&info.id), info.label.as_deref(), |_| {});
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
        self.know_secret(Some(&id), secret.label.as_deref(), |known| known.latest = Some(secret.content.clone()));
        Ok(id)
    }

    /// Changes a secret of ours.
    pub fn set_secret(&self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        let query = SecretQuery::id(id.clone());
        self.call(|juju| juju.secret_set(id, update)).map_err(|error| of_secret(&query, error))?;
        self.forget(id, update.label.as_deref());
        if !update.content.is_empty() {
            self.know_secret(Some(id), None, |known| known.latest = Some(update.content.clone()));
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
        let query = SecretQuery::id(id.clone());
        self.call(|juju| juju.secret_remove(id, revision)).map_err(|error| of_secret(&query, error))?;
        self.forget(id, None);
        Ok(())
    }

    /// The entries of a secret as one, changed; a new one if there is none. The event of a secret tells its id and label.
    fn know_secret(&self, id: Option<&SecretId>, label: Option<&str>, change: impl FnOnce(&mut KnownSecret)) {
        let mut secrets = self.secrets.borrow_mut();
        let mut known = KnownSecret { id: id.cloned(), label: label.map(str::to_owned), ..KnownSecret::default() };
        if let Event::Secret(event) = &self.context.event
            && (Some(&event.id) == id || (label.is_some() && event.label.as_deref() == label))
        {
            known.id = Some(event.id.clone());
            known.label = known.label.or_else(|| event.label.clone());
        }
        let all = std::mem::take(&mut *secrets);
        let (same, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|other| other.is(known.id.as_ref(), known.label.as_deref()));
        same.into_iter().for_each(|other| known.join(other));
        change(&mut known);
        *secrets = others;
        secrets.push(known);
    }

    /// Drops what was read of a secret before it changed. Reads by label may have been of this one, too.
    fn forget(&self, id: &SecretId, label: Option<&str>) {
        self.secrets.borrow_mut().retain(|known| known.id.as_ref().is_some_and(|other| other != id));
        self.infos
            .borrow_mut()
            .retain(|known, info| known != id && (label.is_none() || info.label.as_deref() != label));
    }
}

/// The refusal as a variant of its own.
fn of_secret(query: &SecretQuery, error: Error) -> Error {
    let label = || query.label.clone().unwrap_or_default();
    let secret = query.id.as_ref().map_or_else(label, ToString::to_string);
    if error.is_permission_denied() {
        Error::SecretNotGranted { secret, source: Box::new(error) }
    } else if error.is_not_found() {
        Error::SecretNotFound { secret, source: Box::new(error) }
    } else {
        error
    }
}
