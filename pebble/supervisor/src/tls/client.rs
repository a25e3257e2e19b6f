//! The client's side of TLS, with the machine's certificate authorities.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::provider;

/// Secures a connection to this host. The texts of errors are Go's, for those that operators meet.
///
/// # Errors
/// The server speaks no TLS, or its certificate is not valid for the host.
pub(crate) async fn connect(stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, String> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(plain.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(config()?));
    connector.connect(name, stream).await.map_err(|error| {
        let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        of_tls.map_or_else(|| error.to_string(), |error| text(error, plain))
    })
}

/// Settings for one connection: the authorities are read anew, since a container may get others.
fn config() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // Those that can't be read are left out, as by Go.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let versions = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| error.to_string())?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn text(error: &Error, host: &str) -> String {
    let why = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "certificate signed by unknown authority".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "certificate has expired or is not yet valid".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("certificate is not valid for {host}"),
        other => return format!("tls: {other}"),
    };
    format!("tls: failed to verify certificate: x509: {why}")
}
