//! Where connections come from: a unix socket in earnest, anything that reads and writes in tests.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

/// Makes connections to one daemon. The client bounds the time it waits for one.
pub trait Connect {
    /// What a connection is.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// A new connection.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Stream>>;

    /// What to call the other end in errors.
    fn name(&self) -> &Path;
}

/// Connects to a unix socket.
#[derive(Clone, Debug)]
pub struct UnixConnect(PathBuf);

impl UnixConnect {
    /// Will connect to the socket at this path; nothing is looked at yet.
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
