//! The server's side of TLS, by Pebble's rules: version 1.3, and a client with exactly one certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use pebble::plan::quote;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring::sign::any_eddsa_type, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::certificate::{Use, is_of, make};
use super::key::{expect_mode, private_folder, write};
use super::{Key, provider};
use crate::errno;
use crate::journal::Journal;
use crate::pem;

/// Validity of the identity's certificate, and of the server's.
const IDENTITY_VALID: Duration = Duration::from_secs(10 * 366 * 24 * 3600);
const SERVER_VALID: Duration = Duration::from_secs(3600);
/// Time before the end of the server's certificate in which it is not used any more.
const MARGIN: Duration = Duration::from_secs(60);
const LABEL: &str = "CERTIFICATE";

/// The server's side of TLS.
pub(crate) struct Server(TlsAcceptor);

impl Server {
    /// TLS with this identity. Its certificate is in `tls/identity.pem` of the daemon's directory, from the first connection
    /// on.
    ///
    /// # Errors
    /// The library can't be set up.
    pub(crate) fn new(key: Key, directory: &Path, journal: Journal) -> Result<Server, String> {
        let provider = provider();
        let algorithms = provider.signature_verification_algorithms;
        let resolver = Resolver { key, folder: directory.join("tls"), current: Mutex::default(), journal };
        let versions = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
        let mut config = versions
            .map_err(|error| error.to_string())?
            .with_client_cert_verifier(Arc::new(OneCertificate(algorithms)))
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Server(TlsAcceptor::from(Arc::new(config))))
    }

    /// The acceptor of connections.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.0.clone()
    }
}

/// Source of the server's certificate.
struct Resolver {
    key: Key,
    folder: PathBuf,
    /// The certificate in use, with the time at which another is made.
    current: Mutex<Option<(SystemTime, Arc<CertifiedKey>)>>,
    journal: Journal,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now();
        if let Some((until, certified)) = current.as_ref()
            && now < *until
        {
            return Some(certified.clone());
        }
        match self.renewed() {
            Ok(certified) => {
                *current = Some((now + SERVER_VALID - MARGIN, certified.clone()));
                Some(certified)
            }
            Err(why) => {
                self.journal.note(&format!("Cannot serve HTTPS: {why}"));
                None
            }
        }
    }
}

impl Resolver {
    fn renewed(&self) -> Result<Arc<CertifiedKey>, String> {
        private_folder(&self.folder).map_err(|why| format!("cannot create TLS directory: {why}"))?;
        let identity = self.identity().map_err(|why| format!("cannot get identity certificate: {why}"))?;
        let certified = || {
            let key = Key::draw()?;
            let chain = vec![make(Use::Server, &key, &self.key, SERVER_VALID)?.into(), identity.into()];
            let signing = any_eddsa_type(&key.der()).map_err(|error| error.to_string())?;
            Ok(Arc::new(CertifiedKey::new(chain, signing)))
        };
        certified().map_err(|why: String| format!("cannot create TLS certificate: {why}"))
    }

    /// The identity's certificate, made anew if it is of another key.
    fn identity(&self) -> Result<Vec<u8>, String> {
        let path = self.folder.join("identity.pem");
        if fs::exists(&path).map_err(|error| format!("stat {}: {}", path.display(), errno::text(&error)))? {
            expect_mode(&path, 0o600)?;
            let text = fs::read_to_string(&path);
            let text = text.map_err(|error| {
                format!("cannot read {}: {}", quote(&path.display().to_string()), errno::text(&error))
            })?;
            let der = pem::only(&text, LABEL, &path)?;
            if is_of(&der, &self.key) {
                return Ok(der);
            }
        }
        let der = make(Use::Authority, &self.key, &self.key, IDENTITY_VALID)?;
        write(&path, &pem::encode(LABEL, &der))?;
        Ok(der)
    }
}

/// Asks each client for one certificate, of any issuer; only an identity's gives access.
#[derive(Debug)]
struct OneCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for OneCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match others.len() {
            0 => Ok(ClientCertVerified::assertion()),
            more => Err(Error::General(format!("expected one client certificate, received {}", more + 1))),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not served".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
