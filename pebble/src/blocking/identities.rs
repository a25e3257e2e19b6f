//! Operations on identities, for administrators.

use std::collections::BTreeMap;

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::types::Identity;

impl<C: Connect> Client<C> {
    /// All identities by name. Passwords and certificates are listed as `*****`.
    pub fn identities(&self) -> Result<BTreeMap<String, Identity>, Error> {
        self.run(self.client.identities())
    }

    /// Adds identities.
    ///
    /// # Errors
    /// A name that exists already, or an invalid identity; then none is added.
    pub fn add_identities(&self, identities: &BTreeMap<String, Identity>) -> Result<(), Error> {
        self.run(self.client.add_identities(identities))
    }

    /// Replaces existing identities.
    ///
    /// # Errors
    /// A name that does not exist, or an invalid identity; then none is updated.
    pub fn update_identities(&self, identities: &BTreeMap<String, Identity>) -> Result<(), Error> {
        self.run(self.client.update_identities(identities))
    }

    /// Adds or replaces identities, and removes those that are `None`, whether they exist or not.
    ///
    /// # Errors
    /// An invalid identity; then all stay as they are.
    pub fn replace_identities(&self, identities: &BTreeMap<String, Option<Identity>>) -> Result<(), Error> {
        self.run(self.client.replace_identities(identities))
    }

    /// Removes identities.
    ///
    /// # Errors
    /// A name that does not exist; then none is removed.
    pub fn remove_identities(&self, names: &[&str]) -> Result<(), Error> {
        self.run(self.client.remove_identities(names))
    }

    /// Has the daemon add the certificate of this connection as an administrator's identity. Only over HTTPS with a
    /// client certificate, and only while the daemon's pairing window is open.
    ///
    /// # Errors
    /// A refusal: the window is closed, or the connection has no certificate.
    pub fn pair(&self) -> Result<(), Error> {
        self.run(self.client.pair())
    }
}
