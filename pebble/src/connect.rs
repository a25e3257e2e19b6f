//! Sources of connections: a unix socket, HTTP, HTTPS (feature `https`), or anything else that reads and writes.

mod http;
#[cfg(feature = "https")]
mod https;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use ::http::HeaderValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

pub use http::{HttpConnect, UrlError};
#[cfg(feature = "https")]
pub use https::{HttpsConnect, ServerTrust, TlsError};

/// Connector to one daemon. The client limits the time of each attempt.
pub trait Connect {
    /// Type of a connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens a new connection.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Name of the daemon's end in errors: the socket's path, or the address.
    fn name(&self) -> &Path;

    /// Value of the header `Authorization` of each request; by default there is none.
    fn authorization(&self) -> Option<HeaderValue> {
        None
    }
}

/// Connector to a unix socket.
#[derive(Clone, Debug)]
pub struct UnixConnect(PathBuf);

impl UnixConnect {
    /// A connector to the socket at this path, which need not exist yet.
    pub fn new(socket: impl Into<PathBuf>) -> UnixConnect {
        UnixConnect(socket.into())
    }
}

impl Connect for UnixConnect {
    type Stream = UnixStream;

    fn connect(&self) -> impl Future<Output = io::Result<UnixStream>> {
        UnixStream::connect(&self.0)
    }

    fn name(&self) -> &Path {
        &self.0
    }
}
