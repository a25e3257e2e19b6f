//! Certificates: those that the daemon makes, and the rules for a client's.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use signature::{Keypair, Signer};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, Result as BuilderResult};
use x509_cert::der::asn1::{BitString, GeneralizedTime, ObjectIdentifier, UtcTime};
use x509_cert::der::{Decode, Document, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{
    self, AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, SignatureBitStringEncoding,
    SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate};

use super::Key;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// Use of a certificate that the daemon makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Signs the server's certificates.
    Authority,
    /// Names the server for a while.
    Server,
}

struct Profile {
    name: Name,
    usage: Use,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.name.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> BuilderResult<Vec<Extension>> {
        let name = tbs.subject();
        let mut extensions = Vec::new();
        let is_authority = self.usage == Use::Authority;
        let usages =
            if is_authority { KeyUsages::KeyCertSign | KeyUsages::CRLSign } else { KeyUsages::DigitalSignature.into() };
        extensions.push(KeyUsage(usages).to_extension(name, &extensions)?);
        if !is_authority {
            extensions.push(ExtendedKeyUsage(vec![SERVER_AUTH]).to_extension(name, &extensions)?);
        }
        // The authority signs no other authority.
        let constraints = BasicConstraints { ca: is_authority, path_len_constraint: is_authority.then_some(0) };
        extensions.push(constraints.to_extension(name, &extensions)?);
        if is_authority {
            extensions.push(SubjectKeyIdentifier::try_from(key)?.to_extension(name, &extensions)?);
        }
        Ok(extensions)
    }
}

/// Makes a certificate of `key`, signed by the daemon's `identity`, and valid from now. Returns its DER.
///
/// # Errors
/// The system gives no random bytes, or no time that a certificate can have.
pub(super) fn make(usage: Use, key: &Key, identity: &Key, valid: Duration) -> Result<Vec<u8>, String> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_| "the system gives no random bytes".to_owned())?;
    let now = since_epoch(SystemTime::now());
    // A serial number is positive.
    serial[0] &= 0x7f;
    let built = || {
        let name = Name::from_str(&format!("CN=pebble-{}", identity.fingerprint()))?;
        let public = Public(key.public().to_vec());
        let builder = CertificateBuilder::new(
            Profile { name, usage },
            SerialNumber::new(&serial)?,
            Validity::new(time(now)?, time(now + valid)?),
            SubjectPublicKeyInfoOwned::from_key(&public)?,
        )?;
        Ok(builder.build::<_, Signature>(identity)?.to_der()?)
    };
    built().map_err(|error: x509_cert::builder::Error| error.to_string())
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A time of this many seconds since 1970; from 2050 on in the form that has four digits for the year (RFC 5280).
fn time(since_epoch: Duration) -> x509_cert::der::Result<Time> {
    let seconds = Duration::from_secs(since_epoch.as_secs());
    match UtcTime::from_unix_duration(seconds) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(seconds)?)),
    }
}

/// A public key.
#[derive(Clone)]
pub(crate) struct Public(Vec<u8>);

/// A signature.
pub(super) struct Signature(Vec<u8>);

impl EncodePublicKey for Public {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        let algorithm = AlgorithmIdentifierOwned { oid: ED25519, parameters: None };
        let info = SubjectPublicKeyInfoOwned { algorithm, subject_public_key: BitString::from_bytes(&self.0)? };
        Ok(Document::try_from(info.to_der()?)?)
    }
}

impl Keypair for Key {
    type VerifyingKey = Public;

    fn verifying_key(&self) -> Public {
        Public(self.public().to_vec())
    }
}

impl DynSignatureAlgorithmIdentifier for Key {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned { oid: ED25519, parameters: None })
    }
}

impl Signer<Signature> for Key {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        Ok(Signature(self.signature(message)))
    }
}

impl SignatureBitStringEncoding for Signature {
    fn to_bitstring(&self) -> x509_cert::der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}

/// True if this certificate, in DER, has that key.
pub(super) fn is_of(der: &[u8], key: &Key) -> bool {
    let of = |certificate: Certificate| {
        certificate.tbs_certificate().subject_public_key_info().subject_public_key.as_bytes() == Some(key.public())
    };
    Certificate::from_der(der).is_ok_and(of)
}

/// Rules by which a client's certificate, which is known byte for byte, counts as its own.
#[derive(Debug)]
pub(crate) struct Trust;

impl Trust {
    /// Checks that these bytes are a certificate in DER. The text of the error is Go's.
    ///
    /// # Errors
    /// They are none.
    pub(crate) fn parse(der: &[u8]) -> Result<(), String> {
        Certificate::from_der(der).map(drop).map_err(|_| "x509: malformed certificate".to_owned())
    }

    /// Checks that a certificate is valid now, and for clients.
    ///
    /// # Errors
    /// Go's text.
    pub(crate) fn check(der: &[u8], now: SystemTime) -> Result<(), String> {
        let certificate = Certificate::from_der(der).map_err(|_| "x509: malformed certificate".to_owned())?;
        let tbs = certificate.tbs_certificate();
        let validity = tbs.validity();
        let now = since_epoch(now);
        if now < validity.not_before.to_unix_duration() || now > validity.not_after.to_unix_duration() {
            return Err("x509: certificate has expired or is not yet valid".to_owned());
        }
        let usages = tbs.get_extension::<ExtendedKeyUsage>().map_err(|error| error.to_string())?;
        match usages {
            Some((_, ExtendedKeyUsage(usages)))
                if !usages.iter().any(|usage| [CLIENT_AUTH, ANY_USAGE].contains(usage)) =>
            {
                Err("x509: certificate specifies an incompatible key usage".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_has_a_certificate_of_its_identity() {
        let (identity, key) = (Key::draw().unwrap(), Key::draw().unwrap());
        let day = Duration::from_secs(24 * 3600);
        let authority = make(Use::Authority, &identity, &identity, day).unwrap();
        let server = make(Use::Server, &key, &identity, day).unwrap();
        assert!(is_of(&authority, &identity) && is_of(&server, &key) && !is_of(&server, &identity));
        let of = |der: &[u8]| Certificate::from_der(der).unwrap();
        let (authority, server) = (of(&authority), of(&server));
        let name = format!("CN=pebble-{}", identity.fingerprint());
        assert_eq!(server.tbs_certificate().issuer().to_string(), name);
        assert_eq!(authority.tbs_certificate().subject(), server.tbs_certificate().issuer());
        let signed = server.tbs_certificate().to_der().unwrap();
        let public = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, identity.public());
        public.verify(&signed, server.signature().as_bytes().unwrap()).unwrap();
    }

    #[test]
    fn a_clients_certificate_is_valid_now_and_for_clients() {
        let key = Key::draw().unwrap();
        let hour = Duration::from_secs(3600);
        let der = make(Use::Authority, &key, &key, hour).unwrap();
        let now = SystemTime::now();
        assert_eq!((Trust::parse(&der), Trust::check(&der, now)), (Ok(()), Ok(())));
        assert!(Trust::check(&der, now + 2 * hour).unwrap_err().contains("expired"));
        let server = make(Use::Server, &key, &key, hour).unwrap();
        assert!(Trust::check(&server, now).unwrap_err().contains("incompatible key usage"));
        assert_eq!(Trust::parse(&der[1..]).unwrap_err(), "x509: malformed certificate");
    }
}
