//! A server's private key, and the request by which an authority certifies it.

use std::str::FromStr;

use juju::Secret;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use x509_cert::builder::{Builder, RequestBuilder};
use x509_cert::der::EncodePem;
use x509_cert::der::asn1::Ia5String;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::{Error, key};

/// Most characters of a common name (RFC 5280, upper bound of `CommonName`).
const MAX_COMMON_NAME: usize = 64;

/// A key and its signing request, both in PEM.
#[derive(Debug)]
pub struct Identity {
    /// The private key.
    pub key: Secret,
    /// The request for a certificate of the key.
    pub signing_request: String,
}

impl Identity {
    /// Draws a key, and makes the request for these host names. The first that is short enough is the common name, too.
    ///
    /// # Errors
    /// When the system gives no random bytes, or a name is not in ASCII.
    pub fn draw(hosts: &[String]) -> Result<Self, Error> {
        let secret = key::draw()?;
        let common = hosts.iter().find(|host| host.len() <= MAX_COMMON_NAME);
        let subject = common.map(|host| Name::from_str(&format!("CN={host}"))).transpose()?.unwrap_or_default();
        let mut builder = RequestBuilder::new(subject)?;
        let names = hosts.iter().map(|host| Ok(GeneralName::DnsName(Ia5String::new(host)?)));
        builder.add_extension(&SubjectAltName(names.collect::<Result<_, x509_cert::der::Error>>()?))?;
        let request = builder.build::<_, DerSignature>(&SigningKey::from(&secret))?;
        Ok(Self {
            key: Secret::from(secret.to_pkcs8_pem(LineEnding::LF)?.as_str()),
            signing_request: request.to_pem(LineEnding::LF)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_all_hosts_and_keys_differ() {
        let hosts = [format!("{}.local", "a".repeat(70)), "pgb-0.pgb-endpoints".to_owned()];
        let (one, other) = (Identity::draw(&hosts).unwrap(), Identity::draw(&hosts).unwrap());
        assert!(one.key.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(one.signing_request.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
        assert!(one.key != other.key && one.signing_request != other.signing_request);
        Identity::draw(&["ü".to_owned()]).unwrap_err();
        Identity::draw(&hosts[..1]).unwrap();
    }
}
