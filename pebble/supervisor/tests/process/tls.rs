//! TLS of the tests: connections to a daemon, and a server for its checks. The keys in `fixtures` are the tests' own.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, ServerConfig, ServerConnection, SignatureScheme,
    StreamOwned,
};

/// A certificate with its key, in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) certificate: &'static str,
    key: &'static str,
}

macro_rules! pair {
    ($name:literal) => {
        Pair {
            certificate: include_str!(concat!("../fixtures/", $name, ".pem")),
            key: include_str!(concat!("../fixtures/", $name, ".key.pem")),
        }
    };
}

/// Certificates for clients.
pub(crate) const CLIENT: Pair = pair!("client");
pub(crate) const STRANGER: Pair = pair!("stranger");
/// A certificate that is for servers alone.
pub(crate) const SERVER_ONLY: Pair = pair!("server-only");
/// Certificate of a server named `localhost`, for a list of authorities too.
pub(crate) const LOCALHOST: Pair = pair!("localhost");

impl Pair {
    fn chain(self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()]
    }

    fn key(self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A connection with this certificate to a server with any. Its handshake is done.
///
/// # Errors
/// The server refuses the certificate.
pub(crate) fn connect(address: SocketAddr, own: Option<Pair>) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer));
    let config = match own {
        Some(pair) => builder.with_client_auth_cert(pair.chain(), pair.key()).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// The certificates of a server, leaf first.
pub(crate) fn certificates(address: SocketAddr, own: Pair) -> Vec<Vec<u8>> {
    let stream = connect(address, Some(own)).unwrap();
    stream.conn.peer_certificates().unwrap().iter().map(|certificate| certificate.to_vec()).collect()
}

/// Accepts one connection as the server `localhost`.
///
/// # Errors
/// The client trusts the server not.
pub(crate) fn accept(listener: &TcpListener) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(LOCALHOST.chain(), LOCALHOST.key()).unwrap();
    let (mut stream, _) = listener.accept()?;
    let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Takes any server for the right one.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("Pebble serves TLS 1.3".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
