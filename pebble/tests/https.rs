//! HTTPS against a server with certificates like a daemon's: one for TLS, and that of the identity that signed it.
//!
//! The keys in `https/` protect nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use webcharm_pebble::client::Client;
use webcharm_pebble::connect::{HttpsConnect, ServerTrust, TlsError};
use webcharm_pebble::{Error, Limits};

const IDENTITY: &str = include_str!("https/identity.pem");
const OTHER: &str = include_str!("https/other.pem");
const SERVER: &str = include_str!("https/server.pem");
const SERVER_KEY: &str = include_str!("https/server.key");
const CLIENT: &str = include_str!("https/client.pem");
const CLIENT_KEY: &str = include_str!("https/client.key");

/// Made with `openssl dgst -sha384` and `base32`.
const FINGERPRINT: &str = "XN4S3SOUPNKIHWZGGJMFRPCQHCH6YQPSEKJVDFYIUAC5J5UCUJHFX64WDR4EZIZR6IIMBJ422M7EM";

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// A server that answers each request with a version that says whether the client has a certificate.
async fn serve() -> SocketAddr {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(certificate(IDENTITY)).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.allow_unauthenticated().build().unwrap())
        .with_single_cert(
            vec![certificate(SERVER), certificate(IDENTITY)],
            PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust the server leaves.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let has_certificate = stream.get_ref().1.peer_certificates().is_some();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
            let version = format!("certificate: {has_certificate}");
            let body = format!(r#"{{"type":"sync","status-code":200,"result":{{"version":"{version}"}}}}"#);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    address
}

async fn version(connect: HttpsConnect) -> Result<String, Error> {
    Ok(Client::new(connect, Limits::default()).system_info().await?.version)
}

#[tokio::test]
async fn a_daemon_is_trusted_by_its_identity() {
    let url = format!("https://{}", serve().await);
    let trusted = [
        ServerTrust::Insecure,
        ServerTrust::Certificate(IDENTITY.to_owned()),
        ServerTrust::Fingerprint(FINGERPRINT.to_owned()),
    ];
    for trust in trusted {
        let got = version(HttpsConnect::new(&url, &trust, CLIENT, CLIENT_KEY).unwrap()).await.unwrap();
        assert_eq!(got, "certificate: true");
    }
    for trust in [ServerTrust::Certificate(OTHER.to_owned()), ServerTrust::Fingerprint(FINGERPRINT.to_lowercase())] {
        let error = version(HttpsConnect::new(&url, &trust, CLIENT, CLIENT_KEY).unwrap()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to Pebble at {url}"));
    }
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let foreign = HttpsConnect::new("https://127.0.0.1:1", &ServerTrust::Insecure, CLIENT, SERVER_KEY).unwrap_err();
    assert!(matches!(foreign, TlsError::Key(_)), "{foreign:?}");
}
