//! HTTPS, as `pebble run --https ADDRESS` serves it.
//!
//! The daemon presents two certificates: one for TLS, which it renews, and that of its identity, which signed it. A
//! client trusts the identity, not names: the same daemon may be reached by any address. The verification is that of
//! Pebble's own client.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha384};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore, SignatureScheme,
};

use super::http::Address;
use super::{Connect, UrlError};

/// Grounds on which a daemon is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerTrust {
    /// Certificate of the daemon's identity in PEM. It must have signed the certificate for TLS.
    Certificate(String),
    /// Fingerprint of the daemon's identity: SHA-384 of its public key, in base32 without padding. For the first
    /// connection, before the certificate is known.
    Fingerprint(String),
    /// Any daemon. Whoever is on the way can read and change everything; only for open endpoints.
    Insecure,
}

/// Invalid settings of a connection over HTTPS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A certificate that is none.
    #[error("cannot read the certificate of the {whose}: it is not PEM with a certificate")]
    Certificate {
        /// `daemon` or `client`.
        whose: &'static str,
    },
    /// A client's key that is none, or not that of its certificate.
    #[error("cannot use the client's key")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Connector to a daemon over HTTPS.
#[derive(Clone)]
pub struct HttpsConnect {
    address: Address,
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl HttpsConnect {
    /// A connector to `https://HOST:PORT`, port 443 without a port, with the client's certificate and its key in PEM: that
    /// of a `cert` identity, or one to pair with. Pebble 1.32 accepts only clients with one, and knows a client by
    /// nothing else over HTTPS; the open endpoints answer any.
    ///
    /// # Errors
    /// An invalid URL, certificate or key.
    pub fn new(url: &str, trust: &ServerTrust, certificate_pem: &str, key_pem: &str) -> Result<HttpsConnect, TlsError> {
        let address = Address::parse(url, "https", 443)?;
        let name = ServerName::try_from(address.host.clone()).map_err(|_| UrlError { scheme: "https" })?;
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Verifier::new(trust, &provider)?);
        let certificate = certificate_of(certificate_pem, "client")?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|error| TlsError::Key(error.into()))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the ciphers of all versions")
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(vec![certificate], key)
            .map_err(|error| TlsError::Key(error.into()))?;
        Ok(HttpsConnect { address, connector: TlsConnector::from(Arc::new(config)), name })
    }
}

/// The key is not shown.
impl fmt::Debug for HttpsConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpsConnect").field(&self.address.name()).finish()
    }
}

impl Connect for HttpsConnect {
    type Stream = TlsStream<TcpStream>;

    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.address.connect().await?;
        self.connector.connect(self.name.clone(), stream).await
    }

    fn name(&self) -> &Path {
        self.address.name()
    }
}

/// Verifier of a daemon's certificates.
#[derive(Debug)]
struct Verifier {
    grounds: Grounds,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Grounds {
    Identity(RootCertStore),
    Fingerprint(String),
    None,
}

impl Verifier {
    fn new(trust: &ServerTrust, provider: &CryptoProvider) -> Result<Verifier, TlsError> {
        let grounds = match trust {
            ServerTrust::Insecure => Grounds::None,
            ServerTrust::Fingerprint(fingerprint) => Grounds::Fingerprint(fingerprint.clone()),
            ServerTrust::Certificate(pem) => {
                let certificate = certificate_of(pem, "daemon")?;
                Grounds::Identity(roots(&certificate).map_err(|_| TlsError::Certificate { whose: "daemon" })?)
            }
        };
        Ok(Verifier { grounds, algorithms: provider.signature_verification_algorithms })
    }

    fn is_signed(&self, leaf: &CertificateDer<'_>, by: &RootCertStore, now: UnixTime) -> Result<(), RustlsError> {
        let leaf = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&leaf, by, &[], now, self.algorithms.all)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        match (&self.grounds, others) {
            (Grounds::None, _) => {}
            (Grounds::Identity(identity), _) => self.is_signed(leaf, identity, now)?,
            (Grounds::Fingerprint(expected), [identity]) => {
                let identity = roots(identity)?;
                if fingerprint(&identity).as_ref() != Some(expected) {
                    return Err(RustlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
                }
                self.is_signed(leaf, &identity, now)?;
            }
            (Grounds::Fingerprint(_), _) => {
                return Err(RustlsError::InvalidCertificate(CertificateError::UnknownIssuer));
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn certificate_of(pem: &str, whose: &'static str) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| TlsError::Certificate { whose })
}

/// The certificate as the only one that may sign others.
fn roots(certificate: &CertificateDer<'_>) -> Result<RootCertStore, RustlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned())?;
    Ok(roots)
}

/// Fingerprint of an identity as Pebble prints it; `None` if its key is not an Ed25519 one.
fn fingerprint(identity: &RootCertStore) -> Option<String> {
    /// Contents of the key's description before the 32 bytes of the key: RFC 8410, section 4.
    const ED25519: [u8; 10] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let key = identity.roots.first()?.subject_public_key_info.as_ref().strip_prefix(&ED25519)?;
    (key.len() == 32).then(|| base32(&Sha384::digest(key)))
}

/// RFC 4648, section 6, without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let of = |group: &[u8]| {
        let bits = group.iter().enumerate().fold(0, |bits, (n, byte)| bits | u64::from(*byte) << (32 - 8 * n));
        let digit = move |n: usize| char::from(DIGITS[(bits >> (35 - 5 * n) & 31) as usize]);
        (0..(group.len() * 8).div_ceil(5)).map(digit).collect::<String>()
    };
    bytes.chunks(5).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_no_certificate_or_address_is_refused() {
        let refused = |url, trust| HttpsConnect::new(url, &trust, "", "").unwrap_err().to_string();
        assert_eq!(
            refused("http://a", ServerTrust::Insecure),
            r#"invalid address of Pebble: write it as "https://HOST:PORT""#
        );
        let expected = "cannot read the certificate of the daemon: it is not PEM with a certificate";
        assert_eq!(refused("https://a", ServerTrust::Certificate("x".to_owned())), expected);
    }
}
