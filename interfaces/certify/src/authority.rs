//! An authority with a certificate that it has signed itself.

use std::str::FromStr;
use std::time::Duration;

use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::LineEnding;
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{Decode, DecodePem, Encode, EncodePem};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Validity;

use crate::{Error, key};

/// Time for which certificates are valid.
const VALID: Duration = Duration::from_hours(365 * 24);

/// An authority: a key, and the certificate that clients trust.
#[derive(Debug)]
pub struct Authority {
    key: SigningKey,
    name: Name,
    certificate: String,
}

impl Authority {
    /// Draws an authority's key, and signs its certificate under this common name.
    ///
    /// # Errors
    /// When the system gives no random bytes, or the name is not one of X.509.
    pub fn draw(common_name: &str) -> Result<Self, Error> {
        let key = SigningKey::from(&key::draw()?);
        let name = Name::from_str(&format!("CN={common_name}"))?;
        let own = SubjectPublicKeyInfoOwned::from_key(key.verifying_key()).map_err(builder::Error::from)?;
        let profile = Profile { issuer: name.clone(), subject: name.clone(), names: None, is_authority: true };
        let certificate = sign(profile, own, &key)?;
        Ok(Self { key, name, certificate })
    }

    /// Its own certificate, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Certificate in PEM for the key of a signing request, with the request's subject and host names. The request's
    /// signature, which proves that its author has the key, is not verified: a certificate is of no use without the key.
    ///
    /// # Errors
    /// When the text is no signing request.
    pub fn certify(&self, signing_request: &str) -> Result<String, Error> {
        let request = CertReq::from_pem(signing_request)?.info;
        let names = host_names(&request.attributes)?;
        let profile = Profile { issuer: self.name.clone(), subject: request.subject, names, is_authority: false };
        sign(profile, request.public_key, &self.key)
    }
}

/// The host names that a request asks for.
fn host_names(attributes: &x509_cert::attr::Attributes) -> Result<Option<SubjectAltName>, Error> {
    let extensions = attributes.iter().filter(|attribute| attribute.oid == ExtensionReq::OID);
    for value in extensions.flat_map(|attribute| attribute.values.iter()) {
        let ExtensionReq(extensions) = ExtensionReq::from_der(&value.to_der()?)?;
        if let Some(names) = extensions.iter().find(|extension| extension.extn_id == SubjectAltName::OID) {
            return Ok(Some(SubjectAltName::from_der(names.extn_value.as_bytes())?));
        }
    }
    Ok(None)
}

fn sign(profile: Profile, subject: SubjectPublicKeyInfoOwned, key: &SigningKey) -> Result<String, Error> {
    let mut serial = key::random::<16>()?;
    // A positive number, without leading zeros.
    serial[0] = serial[0] & 0x7f | 0x40;
    let (serial, validity) = (SerialNumber::new(&serial)?, Validity::from_now(VALID)?);
    let certificate = CertificateBuilder::new(profile, serial, validity, subject)?.build::<_, DerSignature>(key)?;
    Ok(certificate.to_pem(LineEnding::LF)?)
}

/// What a certificate says besides its key.
struct Profile {
    issuer: Name,
    subject: Name,
    names: Option<SubjectAltName>,
    is_authority: bool,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        subject: SubjectPublicKeyInfoRef<'_>,
        issuer: SubjectPublicKeyInfoRef<'_>,
        to_sign: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let (name, mut all) = (to_sign.subject(), Vec::new());
        let basic = BasicConstraints { ca: self.is_authority, path_len_constraint: None };
        all.push(basic.to_extension(name, &all)?);
        if self.is_authority {
            let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
            all.push(usage.to_extension(name, &all)?);
        }
        all.push(SubjectKeyIdentifier::try_from(subject)?.to_extension(name, &all)?);
        all.push(AuthorityKeyIdentifier::try_from(issuer)?.to_extension(name, &all)?);
        if let Some(names) = &self.names {
            all.push(names.to_extension(name, &all)?);
        }
        Ok(all)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "openssl verifies what is made here")]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::Identity;

    /// Output of openssl in a folder.
    fn openssl(folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn write(folder: &Path, files: &[(&str, &str)]) {
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }

    #[test]
    fn openssl_verifies_a_server_by_its_name_and_its_authority() {
        if !testkit::needs(Command::new("openssl").arg("version").output().is_ok(), "openssl") {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (authority, stranger) = (Authority::draw("one").unwrap(), Authority::draw("one").unwrap());
        let server = Identity::draw(&["db.example.com".to_owned(), "db".to_owned()]).unwrap();
        let certificate = authority.certify(&server.signing_request).unwrap();
        let files = [("ca", authority.certificate()), ("stranger", stranger.certificate()), ("cert", &certificate)];
        write(folder.path(), &files);
        let verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname"];
        for name in ["db.example.com", "db"] {
            openssl(folder.path(), &[&verify[..], &[name, "-CAfile", "ca", "cert"]].concat());
        }
        for (name, ca) in [("web", "ca"), ("db", "stranger")] {
            let mut refused = Command::new("openssl");
            refused.args(verify).args([name, "-CAfile", ca, "cert"]).current_dir(folder.path());
            assert!(!refused.output().unwrap().status.success(), "{name} {ca}");
        }
        let serial = openssl(folder.path(), &["x509", "-in", "cert", "-noout", "-serial"]);
        assert_ne!(serial, openssl(folder.path(), &["x509", "-in", "ca", "-noout", "-serial"]));
    }

    #[test]
    fn requests_of_openssl_s_are_certified_too() {
        if !testkit::needs(Command::new("openssl").arg("version").output().is_ok(), "openssl") {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let new = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "csr", "-subj", "/CN=db/O=x"];
        for extension in [&["-addext", "subjectAltName=DNS:db"][..], &[]] {
            openssl(folder.path(), &[&new[..], extension].concat());
            let request = std::fs::read_to_string(folder.path().join("csr")).unwrap();
            let authority = Authority::draw("one").unwrap();
            let certificate = authority.certify(&request).unwrap();
            write(folder.path(), &[("ca", authority.certificate()), ("cert", &certificate)]);
            openssl(folder.path(), &["verify", "-x509_strict", "-CAfile", "ca", "cert"]);
            let subject = openssl(folder.path(), &["x509", "-in", "cert", "-noout", "-subject"]);
            assert!(subject.contains("CN = db") || subject.contains("CN=db"), "{subject}");
        }
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        let authority = Authority::draw("one").unwrap();
        for text in ["", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"] {
            authority.certify(text).unwrap_err();
        }
        authority.certify(authority.certificate()).unwrap_err();
    }
}
