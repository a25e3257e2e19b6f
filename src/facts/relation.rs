//! One relation, as it was read.

use std::net::IpAddr;

use interfaces::Secrets;
use juju::View;

/// Relation.
#[derive(Debug)]
pub struct Relation {
    /// Databags: the keys that the interface needs.
    pub view: View,
    /// Contents of the secrets that the data refer to. A secret that is not granted yet is missing.
    pub secrets: Secrets,
    /// The unit's address in the relation's network, if the interface needs it.
    pub address: Option<IpAddr>,
    /// True if the remote application is in another model. Asked from Juju only while our half is unwritten.
    pub cross_model: bool,
}
