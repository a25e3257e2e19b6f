//! Operations on identities, for administrators.

use std::collections::BTreeMap;

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::request;
use crate::types::Identity;

impl<C: Connect> Client<C> {
    /// All identities by name. Passwords and certificates are listed as `*****`.
    pub async fn identities(&self) -> Result<BTreeMap<String, Identity>, Error> {
        self.ask(request::identities(), "a list of identities").await
    }

    /// Adds identities.
    ///
    /// # Errors
    /// A name that exists already, or an invalid identity; then none is added.
    pub async fn add_identities(&self, identities: &BTreeMap<String, Identity>) -> Result<(), Error> {
        self.request(request::add_identities(identities)).await
    }

    /// Replaces existing identities.
    ///
    /// # Errors
    /// A name that does not exist, or an invalid identity; then none is updated.
    pub async fn update_identities(&self, identities: &BTreeMap<String, Identity>) -> Result<(), Error> {
        self.request(request::update_identities(identities)).await
    }

    /// Adds or replaces identities, and removes those that are `None`, whether they exist or not.
    ///
    /// # Errors
    /// An invalid identity; then all stay as they are.
    pub async fn replace_identities(&self, identities: &BTreeMap<String, Option<Identity>>) -> Result<(), Error> {
        self.request(request::replace_identities(identities)).await
    }

    /// Removes identities.
    ///
    /// # Errors
    /// A name that does not exist; then none is removed.
    pub async fn remove_identities(&self, names: &[&str]) -> Result<(), Error> {
        self.request(request::remove_identities(names)).await
    }

    /// Has the daemon add the certificate of this connection as an administrator's identity. Only over HTTPS with a
    /// client certificate, and only while the daemon's pairing window is open.
    ///
    /// # Errors
    /// A refusal: the window is closed, or the connection has no certificate.
    pub async fn pair(&self) -> Result<(), Error> {
        self.request(request::pair()).await
    }
}
