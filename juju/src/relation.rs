//! A relation as a handler works with it: its units, its databags as structs, and what we write into ours.
//!
//! A relation that is gone, as a deferred event may still speak of one, is empty: every read is, and every write is logged and
//! left out. The same holds for writes into a relation that ends with this event.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::databag::Databag;
use crate::hook::RelationEvent;
use crate::juju::Juju;
use crate::name::{RelationId, UnitName};
use crate::network::Network;
use crate::owner::{Entity, Whose};
use crate::secret::SecretId;
use crate::settings::{SettingError, from_databag, to_databag};
use crate::tool::Error;

/// One relation of this unit, for the time of one event.
///
/// Databags are read into any type of serde: a struct of the author's, or [`Databag`] for the texts as they are. Writes are
/// gathered: later reads see them, and each databag is written once, at the end of the event, if a value differs.
///
/// ```
/// use webcharm_juju::{Error, Relation};
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "kebab-case")]
/// struct Offer {
///     user_name: Option<String>,
/// }
///
/// fn greet(relation: &Relation<'_>) -> Result<(), Error> {
///     let offer: Offer = relation.remote_app()?;
///     relation.set_unit([("greeting", format!("hello {}", offer.user_name.unwrap_or_default()))])
/// }
/// ```
///
/// # Errors
/// Every method that may call a hook tool returns what it said when it failed; each databag and list is read once in an event.
#[derive(Clone, Debug)]
pub struct Relation<'j> {
    juju: &'j Juju<'j>,
    endpoint: String,
    id: RelationId,
    app: Option<String>,
}

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl<'j> Relation<'j> {
    pub(crate) fn new(juju: &'j Juju<'j>, endpoint: impl Into<String>, id: RelationId) -> Self {
        Self { juju, endpoint: endpoint.into(), id, app: None }
    }

    /// The relation of an event, which also tells the remote application.
    pub(crate) fn of_event(juju: &'j Juju<'j>, event: &RelationEvent) -> Self {
        Self { app: event.app.clone(), ..Self::new(juju, event.endpoint.clone(), event.id) }
    }

    pub(crate) const fn juju(&self) -> &'j Juju<'j> {
        self.juju
    }

    /// Its number in the model.
    #[must_use]
    pub const fn id(&self) -> RelationId {
        self.id
    }

    /// Our endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The remote application; of a peer relation, our own. `None` if the relation is gone.
    pub fn app(&self) -> Result<Option<String>, Error> {
        match &self.app {
            Some(app) => Ok(Some(app.clone())),
            None => self.juju.remote_app(self.id),
        }
    }

    /// The remote units in numeric order; of a peer relation, the other units. Empty while the relation is being broken.
    pub fn units(&self) -> Result<BTreeSet<UnitName>, Error> {
        self.juju.remote_units(self.id)
    }

    /// The remote application's databag; of a peer relation, the same as [`Relation::local_app`].
    pub fn remote_app<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match self.app()? {
            Some(app) => self.read(&Entity::App(app)),
            None => self.parse("no application", &Databag::new()),
        }
    }

    /// The databag of a remote unit, also of one that has departed in this event.
    pub fn remote_unit<T: DeserializeOwned>(&self, unit: &UnitName) -> Result<T, Error> {
        self.read(&Entity::Unit(unit.clone()))
    }

    /// Our application's databag. Juju lets only the leader read it, but all units of a peer relation.
    pub fn local_app<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(&self.juju.entity(Whose::App))
    }

    /// Our unit's databag.
    pub fn local_unit<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(&self.juju.entity(Whose::Unit))
    }

    /// Sets keys of our application's databag; an empty value deletes its key. [`Error::NotLeader`] on other units.
    pub fn set_app<K: Into<String>, V: Display>(
        &self,
        settings: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        self.set(Whose::App, settings)
    }

    /// Sets keys of our unit's databag; an empty value deletes its key.
    pub fn set_unit<K: Into<String>, V: Display>(
        &self,
        settings: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        self.set(Whose::Unit, settings)
    }

    /// Sets the fields of a struct in our application's databag; a field without a value deletes its key.
    pub fn write_app<T: Serialize>(&self, settings: &T) -> Result<(), Error> {
        self.write(Whose::App, settings)
    }

    /// Sets the fields of a struct in our unit's databag; a field without a value deletes its key.
    pub fn write_unit<T: Serialize>(&self, settings: &T) -> Result<(), Error> {
        self.write(Whose::Unit, settings)
    }

    /// Lets the remote application read a secret of ours. Removing the relation takes that back. Calls `secret-grant`.
    pub fn grant(&self, secret: &SecretId) -> Result<(), Error> {
        self.juju.grant_secret(secret, self.id, None)
    }

    /// Takes back what [`Relation::grant`] gave. Calls `secret-revoke`.
    pub fn revoke(&self, secret: &SecretId) -> Result<(), Error> {
        self.juju.revoke_secret(secret, self.id, None)
    }

    /// The network that this unit meets the remote units on.
    pub fn network(&self) -> Result<Network, Error> {
        self.juju.network(&self.endpoint, Some(self.id))
    }

    /// The UUID of the remote application's model.
    pub fn model_uuid(&self) -> Result<String, Error> {
        self.juju.relation_model_uuid(self.id)
    }

    fn set<K: Into<String>, V: Display>(
        &self,
        whose: Whose,
        settings: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        let settings = settings.into_iter().map(|(key, value)| (key, value.to_string())).collect();
        self.juju.set_databag(self.id, whose, &settings)
    }

    fn read<T: DeserializeOwned>(&self, entity: &Entity) -> Result<T, Error> {
        self.parse(&entity.to_string(), &self.juju.databag(self.id, entity)?)
    }

    fn parse<T: DeserializeOwned>(&self, owner: &str, bag: &Databag) -> Result<T, Error> {
        from_databag(bag).map_err(|source| self.wrong(owner, source))
    }

    fn write<T: Serialize>(&self, whose: Whose, settings: &T) -> Result<(), Error> {
        let settings =
            to_databag(settings).map_err(|source| self.wrong(&self.juju.entity(whose).to_string(), source))?;
        self.juju.set_databag(self.id, whose, &settings)
    }

    fn wrong(&self, owner: &str, source: SettingError) -> Error {
        Error::Databag { endpoint: self.endpoint.clone(), relation: self.id, owner: owner.to_owned(), source }
    }
}
