//! A unit's private key, and the request by which an authority certifies it.

use std::str::FromStr;

use juju::Secret;
use p256::SecretKey;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use x509_cert::builder::{Builder, RequestBuilder};
use x509_cert::der::EncodePem;
use x509_cert::der::asn1::Ia5String;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// Most characters of a common name (RFC 5280, upper bound of `CommonName`).
const MAX_COMMON_NAME: usize = 64;

/// A key and its signing request, both in PEM.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) key: Secret,
    pub(crate) signing_request: String,
}

/// Error of a key or its request.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The system gives no random bytes.
    #[error("cannot draw a key: {0}")]
    Random(getrandom::Error),
    /// A name can't be part of a request.
    #[error("cannot make a signing request")]
    Request(#[from] x509_cert::builder::Error),
    /// Key or request have no PEM form.
    #[error("cannot encode a key or a signing request")]
    Encode(#[from] x509_cert::der::Error),
    /// The key has no PEM form.
    #[error("cannot encode a key")]
    Key(#[from] p256::pkcs8::Error),
}

/// Draws a key (P-256), and makes the request for these host names. The first that is short enough is the common name.
pub(crate) fn identity(hosts: &[String]) -> Result<Identity, IdentityError> {
    let secret = draw()?;
    let common = hosts.iter().find(|host| host.len() <= MAX_COMMON_NAME).map_or("pgbouncer", String::as_str);
    let mut builder = RequestBuilder::new(Name::from_str(&format!("CN={common}"))?)?;
    let names = hosts.iter().map(|host| Ok(GeneralName::DnsName(Ia5String::new(host)?)));
    builder.add_extension(&SubjectAltName(names.collect::<Result<_, x509_cert::der::Error>>()?))?;
    let request = builder.build::<_, DerSignature>(&SigningKey::from(&secret))?;
    Ok(Identity {
        key: Secret::from(secret.to_pkcs8_pem(LineEnding::LF)?.as_str()),
        signing_request: request.to_pem(LineEnding::LF)?,
    })
}

/// A number below the curve's order; of 2^32 numbers, one is not.
fn draw() -> Result<SecretKey, IdentityError> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(IdentityError::Random)?;
        if let Ok(key) = SecretKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_all_hosts_and_keys_differ() {
        let hosts = [format!("{}.local", "a".repeat(70)), "pgb-0.pgb-endpoints".to_owned()];
        let (one, other) = (identity(&hosts).unwrap(), identity(&hosts).unwrap());
        assert!(one.key.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(one.signing_request.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
        assert!(one.key != other.key && one.signing_request != other.signing_request);
        identity(&["ü".to_owned()]).unwrap_err();
    }
}
