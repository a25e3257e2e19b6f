//! Publishing our half of a relation: the only place with an order among secrets and databags.

use super::Juju;
use crate::changes::{Changes, Draft, Offer};
use crate::databag::Databag;
use crate::name::RelationId;
use crate::owner::Whose;
use crate::secret::{NewSecret, SecretContent, SecretId, SecretQuery, SecretUpdate};
use crate::tool::Error;
use crate::view::View;

impl Juju<'_> {
    /// Writes `changes` into the relation of `view`. Returns true if anything was written.
    ///
    /// Each secret is found by the id that our databag names, else by its label, else added. It gets a new revision only
    /// if its content differs, and it is granted to the relation before our databag names it. Then each databag is
    /// written once, and only if a value differs. A unit that doesn't lead publishes only its own databag.
    ///
    /// Calls: none besides `secret-get` for each secret if there is nothing to write and the databags were read before.
    ///
    /// ```no_run
    /// # fn handler(juju: &webcharm_juju::Juju<'_>) -> Result<(), webcharm_juju::Error> {
    /// use webcharm_juju::{Changes, Databag, Needs, RelationId};
    /// let view = juju.view("db", RelationId(7), Needs { local_app: true, ..Needs::default() })?;
    /// juju.publish(&view, &Changes::of_leader(&view, &Databag::from_iter([("database", "shop")])))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Publish`] with the keys that could not be written.
    pub fn publish(&self, view: &View, changes: &Changes) -> Result<bool, Error> {
        let mut is_written = false;
        for (whose, draft) in [(Whose::App, &changes.app), (Whose::Unit, &changes.unit)] {
            if !draft.is_empty() && (whose == Whose::Unit || self.is_leader()?) {
                is_written |= self.publish_databag(view, whose, draft)?;
            }
        }
        Ok(is_written)
    }

    fn publish_databag(&self, view: &View, whose: Whose, draft: &Draft) -> Result<bool, Error> {
        let failed = |keys: String, source: Error| Error::Publish {
            keys,
            endpoint: view.endpoint.clone(),
            relation: view.id,
            source: Box::new(source),
        };
        let all = || draft.keys().collect::<Vec<_>>().join(", ");
        let current = self.databag(view.id, &self.entity(whose)).map_err(|source| failed(all(), source))?;
        if self.is_gone(view.id) {
            tracing::warn!(relation = %view.id, keys = all(), "the relation is gone: not written");
            return Ok(false);
        }
        let mut is_written = false;
        let texts = draft.resolve(&current, |key, offer, named| {
            let secret = self.offered(view.id, whose, offer, named);
            let (id, is_new) = secret.map_err(|source| failed(key.to_owned(), source))?;
            is_written |= is_new;
            Ok::<_, Error>(id)
        })?;
        let changes = Databag::diff(&current, &texts);
        self.set_databag(view.id, whose, &changes).map_err(|source| failed(all(), source))?;
        Ok(is_written || !changes.is_empty())
    }

    /// Makes or finds the secret of an offer, which our databag names `named`. True if a secret was written. A secret
    /// that the databag names has been granted in the hook that wrote the databag.
    fn offered(
        &self,
        relation: RelationId,
        whose: Whose,
        offer: &Offer,
        named: Option<&SecretId>,
    ) -> Result<(SecretId, bool), Error> {
        if let Some(id) = named
            && let Some(is_new) = self.revise(id, &offer.content)?
        {
            return Ok((id.clone(), is_new));
        }
        let id = match self.labelled(&offer.label, whose)? {
            Some(id) => {
                self.revise(&id, &offer.content)?;
                id
            }
            None => {
                let label = Some(offer.label.clone());
                self.add_secret(&NewSecret { label, owner: whose, ..NewSecret::new(offer.content.clone()) })?
            }
        };
        self.grant_secret(&id, relation, None)?;
        Ok((id, true))
    }

    /// Adds a revision if the latest one has another content; true if so. `None` if there is no such secret of ours.
    fn revise(&self, id: &SecretId, content: &SecretContent) -> Result<Option<bool>, Error> {
        match self.secret(&SecretQuery::id(id.clone()).peek()) {
            Ok(latest) if latest == *content => Ok(Some(false)),
            Ok(_) => {
                self.set_secret(id, &SecretUpdate { content: content.clone(), ..SecretUpdate::default() })?;
                Ok(Some(true))
            }
            Err(error) if error.is_not_found() || error.is_permission_denied() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The secret of this owner and label.
    fn labelled(&self, label: &str, owner: Whose) -> Result<Option<SecretId>, Error> {
        match self.secret_info(&SecretQuery::label(label)) {
            Ok(info) => Ok(Some(info.id).filter(|_| info.owner == owner)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
