//! secret-add, secret-get, secret-set, secret-grant, secret-revoke, secret-remove, secret-info-get, secret-ids.

use super::access::not_found;
use super::error::usage;
use super::{Error, Transaction};
use crate::model::secret::{Description, Grant, Secret, SecretOwner};
use crate::model::write::Write;
use juju::{NewSecret, ReadMode, RelationId, SecretContent, SecretId, SecretQuery, SecretUpdate, UnitName, Whose};

impl Transaction<'_> {
    /// Adds a secret of this unit or, as the leader, of its application.
    pub(crate) fn secret_add(&mut self, secret: &NewSecret) -> Result<SecretId, Error> {
        check_content(&secret.content)?;
        let owner = match secret.owner {
            Whose::App if !self.is_leader() => {
                let (who, what) = (self.unit().to_string(), "add a secret of its application".to_owned());
                return Err(Error::Denied {
                    who,
                    what,
                    why: "it is not the leader",
                    juju: "this unit is not the leader",
                });
            }
            Whose::App => SecretOwner::App(self.unit().app().to_owned()),
            Whose::Unit => SecretOwner::Unit(self.unit().clone()),
        };
        let label = secret.label.clone().filter(|label| !label.is_empty());
        if let Some(label) = label.as_deref().filter(|label| self.is_label_taken(&owner, label)) {
            return Err(Error::Refused(format!("secret with label \"{label}\" already exists")));
        }
        let about = Description {
            label,
            description: secret.description.clone(),
            rotate: secret.rotate,
            expire: secret.expire.clone(),
        };
        let id = crate::model::random::secret_id();
        let secret = Secret::new(id.clone(), owner, about, secret.content.clone());
        self.write(Write::AddSecret(Box::new(secret)));
        Ok(id)
    }

    /// True if a new secret can't have the label: one application's and its units' labels exclude each other, and so do
    /// the labels that this unit gave to the secrets of others. Two units may use the same label.
    fn is_label_taken(&self, owner: &SecretOwner, label: &str) -> bool {
        let (view, me) = (self.view(), self.unit());
        let is_near =
            |other: &SecretOwner| *other == *owner || [owner, other].iter().any(|o| matches!(o, SecretOwner::App(_)));
        let has_label = |about: &Option<String>| about.as_deref() == Some(label);
        let mut ours = view.secrets_of(me.app());
        let read = view.unit(me).into_iter().flat_map(|unit| &unit.secrets).filter_map(|id| view.secrets.get(id));
        let mut given = read.filter_map(|secret| secret.consumers.get(me));
        ours.any(|secret| is_near(&secret.owner) && has_label(&secret.about.label))
            || given.any(|consumer| has_label(&consumer.label))
    }

    /// Reads a secret and records the revision that this unit tracks.
    pub(crate) fn secret_get(&mut self, query: &SecretQuery) -> Result<SecretContent, Error> {
        let secret = self.find_secret(query)?;
        let me = self.unit();
        if !self.view().may_read(secret, me) {
            let (who, what) = (me.to_string(), format!("read secret {}", secret.id.id()));
            return Err(Error::Denied { who, what, why: "it is not granted to it", juju: "permission denied" });
        }
        let revision = secret.revision_for(me, query.mode);
        let content = secret.revisions.get(&revision).cloned();
        let content = content
            .ok_or_else(|| Error::NotFound(format!("secret revision {}/{revision} not found", secret.id.id())))?;
        self.track(&secret.id.clone(), query, revision);
        Ok(content)
    }

    fn find_secret(&self, query: &SecretQuery) -> Result<&Secret, Error> {
        if let Some(id) = &query.id {
            return self.view().secrets.get(id).ok_or_else(|| not_found(id.id()));
        }
        let label = query.label.as_deref().filter(|label| !label.is_empty());
        let label = label.ok_or_else(|| usage("require either a secret URI or label"))?;
        let (view, me) = (self.view(), self.unit());
        let mut ours = view.secrets_of(me.app());
        let owned = ours.find(|s| s.is_owned_by(me) && s.about.label.as_deref() == Some(label));
        let read = view.unit(me).into_iter().flat_map(|unit| &unit.secrets).filter_map(|id| view.secrets.get(id));
        let is_labelled = |s: &&Secret| s.consumers.get(me).is_some_and(|c| c.label.as_deref() == Some(label));
        let consumed = || read.clone().find(is_labelled);
        owned.or_else(consumed).ok_or_else(|| Error::NotFound(format!("consumer label \"{label}\" not found")))
    }

    /// Moves the tracked revision at the first read (in any mode) and at a refresh. A query with an id and a label sets
    /// the label.
    fn track(&mut self, id: &SecretId, query: &SecretQuery, revision: u64) {
        let Some(secret) = self.view().secrets.get(id) else { return };
        let before = secret.consumers.get(self.unit()).cloned();
        let mut consumer = before.clone().unwrap_or_default();
        if query.mode == ReadMode::Refresh || consumer.revision == 0 {
            consumer.revision = revision;
        }
        let label = query.label.clone().filter(|label| query.id.is_some() && !label.is_empty());
        if let Some(label) = label {
            if !secret.is_owned_by(self.unit()) {
                consumer.label = Some(label);
            } else if secret.is_managed_by(self.unit(), self.is_leader()) && secret.about.label.as_ref() != Some(&label)
            {
                let about = Description { label: Some(label), ..Description::default() };
                self.write(Write::ReviseSecret { id: id.clone(), about, content: None });
            }
        }
        if before.unwrap_or_default() != consumer {
            self.write(Write::TrackSecret { id: id.clone(), consumer });
        }
    }

    /// Changes a secret's settings and content. Content that differs from the newest revision adds a revision.
    pub(crate) fn secret_set(&mut self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        self.managed(id, "change")?;
        let content = (!update.content.is_empty()).then(|| update.content.clone());
        if let Some(content) = &content {
            check_content(content)?;
        }
        let SecretUpdate { label, description, rotate, expire, .. } = update.clone();
        let about = Description { label, description, rotate, expire };
        self.write(Write::ReviseSecret { id: id.clone(), about, content });
        Ok(())
    }

    /// Grants a secret to the other side of a relation, or to one unit there.
    pub(crate) fn secret_grant(
        &mut self,
        id: &SecretId,
        relation: RelationId,
        unit: Option<&UnitName>,
    ) -> Result<(), Error> {
        self.managed(id, "grant")?;
        self.relation(relation)?;
        let grant = Grant { relation, unit: unit.cloned() };
        self.write(Write::Grant { id: id.clone(), grant });
        Ok(())
    }

    /// Revokes grants: without a relation those of all relations, without a unit those of all units.
    pub(crate) fn secret_revoke(
        &mut self,
        id: &SecretId,
        relation: Option<RelationId>,
        unit: Option<&UnitName>,
    ) -> Result<(), Error> {
        self.managed(id, "revoke")?;
        if let Some(relation) = relation {
            self.relation(relation)?;
        }
        self.write(Write::Revoke { id: id.clone(), relation, unit: unit.cloned() });
        Ok(())
    }

    /// Removes a revision, or without a number the secret.
    pub(crate) fn secret_remove(&mut self, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
        self.managed(id, "remove")?;
        self.write(Write::RemoveSecret { id: id.clone(), revision });
        Ok(())
    }

    /// A secret that this unit may change, by its id or label.
    pub(crate) fn secret_info(&self, query: &SecretQuery) -> Result<&Secret, Error> {
        let what = query.id.as_ref().map(|id| id.id().to_owned()).or_else(|| query.label.clone());
        let what = what.filter(|what| !what.is_empty()).ok_or_else(|| usage("require either a secret URI or label"))?;
        let is_it = |secret: &&Secret| match &query.id {
            Some(id) => secret.id == *id,
            None => secret.about.label.as_ref() == query.label.as_ref(),
        };
        let leads = self.is_leader();
        let mut managed =
            self.view().secrets_of(self.unit().app()).filter(|secret| secret.is_managed_by(self.unit(), leads));
        managed.find(is_it).ok_or_else(|| not_found(&what))
    }

    /// The secrets that this unit may change.
    pub(crate) fn secret_ids(&self) -> Vec<SecretId> {
        let leads = self.is_leader();
        let managed =
            self.view().secrets_of(self.unit().app()).filter(|secret| secret.is_managed_by(self.unit(), leads));
        managed.map(|secret| secret.id.clone()).collect()
    }
}

/// Refuses an empty content and invalid keys. A key has lower-case letters, digits and single dashes between them; it
/// begins with a letter, and has three letters and digits or more.
pub(crate) fn check_content(content: &SecretContent) -> Result<(), Error> {
    match content.keys().find(|key| !is_key(key)) {
        Some(key) => Err(usage(format!("key \"{key}\" not valid"))),
        None if content.is_empty() => Err(usage("missing secret value or filename")),
        None => Ok(()),
    }
}

fn is_key(key: &str) -> bool {
    let letters = key.bytes().filter(|b| *b != b'-').count();
    letters >= 3
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && !key.ends_with('-')
        && !key.contains("--")
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
