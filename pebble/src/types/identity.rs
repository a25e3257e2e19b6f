//! Identities of clients, `/v1/identities`: who may do what, by user id, password or certificate.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A client that the daemon knows, with at least one way to recognise it.
///
/// Passwords are hashes of `crypt(3)` (`openssl passwd -6`), never plain. The daemon lists them and certificates as `*****`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Level of access.
    pub access: IdentityAccess,
    /// User of the machine, recognised at the unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalIdentity>,
    /// Name and password, recognised over HTTP, for the metrics alone. The name is the identity's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic: Option<BasicIdentity>,
    /// Certificate, recognised over HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<CertIdentity>,
}

/// Level of access of an [`Identity`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityAccess {
    /// All endpoints.
    Admin,
    /// Endpoints that only read.
    Read,
    /// `/v1/metrics`, besides the open endpoints.
    Metrics,
    /// The open endpoints, which are anybody's.
    Untrusted,
    /// A level of a newer daemon.
    #[default]
    #[serde(other)]
    Unknown,
}

/// User of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct LocalIdentity {
    /// User id; 0 is root.
    pub user_id: u32,
}

/// Password. `Debug` hides it, since a hash can be guessed at.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BasicIdentity {
    /// Hash of the password, in the form `$6$SALT$HASH`.
    pub password: String,
}

impl fmt::Debug for BasicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicIdentity").finish_non_exhaustive()
    }
}

/// Certificate of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CertIdentity {
    /// The X.509 certificate in PEM.
    pub pem: String,
}

/// Body of `POST /v1/identities`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentitiesAction {
    /// Action: `add`, `update`, `replace` or `remove`.
    pub action: String,
    /// Identities by name; `None` to remove one.
    pub identities: BTreeMap<String, Option<Identity>>,
}

/// Body of `POST /v1/pairing`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PairingAction {
    /// `pair`, the only action.
    pub action: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_only_what_is_set_and_shows_no_password() {
        let identity = Identity {
            access: IdentityAccess::Read,
            basic: Some(BasicIdentity { password: "$6$s3cret".to_owned() }),
            ..Identity::default()
        };
        let json = serde_json::to_string(&identity).unwrap();
        assert_eq!(json, r#"{"access":"read","basic":{"password":"$6$s3cret"}}"#);
        assert!(!format!("{identity:?}").contains("s3cret"));
        let newer: Identity = serde_json::from_str(r#"{"access":"owner","local":{"user-id":0}}"#).unwrap();
        assert_eq!((newer.access, newer.local.unwrap().user_id), (IdentityAccess::Unknown, 0));
    }
}
