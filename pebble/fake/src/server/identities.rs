//! Requests about identities.

use std::collections::BTreeMap;

use pebble::types::{BasicIdentity, CertIdentity, IdentitiesAction, Identity};

use super::Daemon;
use super::api::{Answer, ApiError, sync};

/// All identities, without their passwords and certificates.
pub(super) fn list(daemon: &Daemon) -> Result<Answer, ApiError> {
    let mask = || "*****".to_owned();
    let masked = |(name, identity): (&String, &Identity)| {
        let basic = identity.basic.as_ref().map(|_| BasicIdentity { password: mask() });
        let cert = identity.cert.as_ref().map(|_| CertIdentity { pem: mask() });
        (name.clone(), Identity { basic, cert, ..identity.clone() })
    };
    sync(daemon.pebble().identities().iter().map(masked).collect::<BTreeMap<_, _>>())
}

pub(super) fn act(daemon: &Daemon, asked: IdentitiesAction) -> Result<Answer, ApiError> {
    daemon.pebble().change_identities(&asked.action, asked.identities).map_err(ApiError::bad_request)?;
    sync(())
}
