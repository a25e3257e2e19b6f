//! HTTP over TCP, as `pebble run --http ADDRESS` serves it.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use tokio::net::TcpStream;

use super::Connect;

/// Text that is no address of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid address of Pebble: write it as \"{scheme}://HOST:PORT\"")]
pub struct UrlError {
    /// The scheme that was expected.
    pub(super) scheme: &'static str,
}

/// Host and port of a URL without path, query and user.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    url: PathBuf,
    authorization: Option<HeaderValue>,
}

impl Address {
    pub(super) fn parse(url: &str, scheme: &'static str, port: u16) -> Result<Address, UrlError> {
        let invalid = UrlError { scheme };
        let uri: Uri = url.parse().map_err(|_| invalid.clone())?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let authority = uri.authority().filter(|authority| is_bare && !authority.as_str().contains('@'));
        let (Some(authority), Some(true)) = (authority, uri.scheme_str().map(|given| given == scheme)) else {
            return Err(invalid);
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Address {
            host,
            port: authority.port_u16().unwrap_or(port),
            url: PathBuf::from(url.trim_end_matches('/')),
            authorization: None,
        })
    }

    /// Sets name and password of a basic identity.
    pub(super) fn authorize(&mut self, user: &str, password: &str) {
        let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut value = HeaderValue::try_from(text).expect("base64 has plain letters only");
        value.set_sensitive(true);
        self.authorization = Some(value);
    }

    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Requests and frames of websockets are small, and each is awaited.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    pub(super) fn name(&self) -> &Path {
        &self.url
    }

    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        self.authorization.clone()
    }
}

/// Connector to a daemon over HTTP. Only the open endpoints answer, and `/v1/metrics` to a [`HttpConnect::basic`] identity
/// with access `metrics`: Pebble takes no other password over a connection that others can read.
///
/// ```
/// use webcharm_pebble::connect::HttpConnect;
///
/// let connect = HttpConnect::new("http://127.0.0.1:4000")?.basic("prometheus", "password");
/// let pebble = webcharm_pebble::blocking::Client::over(connect, webcharm_pebble::Limits::default());
/// # Ok::<(), webcharm_pebble::connect::UrlError>(())
/// ```
#[derive(Clone)]
pub struct HttpConnect(Address);

impl HttpConnect {
    /// A connector to `http://HOST:PORT`; port 80 without a port.
    ///
    /// # Errors
    /// Another scheme, a path, a query or a user in the URL.
    pub fn new(url: &str) -> Result<HttpConnect, UrlError> {
        Address::parse(url, "http", 80).map(HttpConnect)
    }

    /// Sends name and password of a basic identity with each request. Plain HTTP shows them to the network.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> HttpConnect {
        self.0.authorize(user, password);
        self
    }
}

/// The password is not shown.
impl fmt::Debug for HttpConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpConnect").field(&self.0.url).finish()
    }
}

impl Connect for HttpConnect {
    type Stream = TcpStream;

    fn connect(&self) -> impl Future<Output = io::Result<TcpStream>> {
        self.0.connect()
    }

    fn name(&self) -> &Path {
        self.0.name()
    }

    fn authorization(&self) -> Option<HeaderValue> {
        self.0.authorization()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        for (url, host, port) in [
            ("http://127.0.0.1:4000", "127.0.0.1", 4000),
            ("http://[::1]:4000/", "::1", 4000),
            ("http://pebble.example.com", "pebble.example.com", 80),
        ] {
            let address = Address::parse(url, "http", 80).ok().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port));
            assert_eq!(address.name(), Path::new(url.trim_end_matches('/')));
        }
        for url in
            ["127.0.0.1:4000", "https://a", "http://a/v1", "http://a?b", "http://u:p@a", "http://", "", "/socket"]
        {
            let error = HttpConnect::new(url).unwrap_err();
            assert_eq!(error.to_string(), r#"invalid address of Pebble: write it as "http://HOST:PORT""#, "{url}");
        }
    }

    #[test]
    fn a_password_is_sent_and_not_shown() {
        let connect = HttpConnect::new("http://127.0.0.1:1").unwrap().basic("Aladdin", "open sesame");
        assert_eq!(connect.authorization().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let shown = format!("{connect:?} {:?}", connect.authorization());
        assert!(!shown.contains("sesame") && !shown.contains("QWxh"), "{shown}");
    }
}
