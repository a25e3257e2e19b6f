//! A stand-in for a server that no package registry has: a sink that pods reach by the server's name, and the user by a URL.

use std::path::{Path, PathBuf};

use super::sink::{Sink, Taker};
use super::{Host, process};
use crate::pod::way::Way;

/// The running stand-in.
#[derive(Debug)]
pub(super) struct StandIn {
    _sink: Sink,
    _way: Way,
    /// Its socket.
    pub(super) socket: PathBuf,
    /// The URL at which it shows the last lines.
    pub(super) url: String,
}

impl StandIn {
    /// Takes what is sent, on a socket beside the folder `dir`.
    pub(super) fn start(host: &Host<'_>, dir: &Path, taker: Taker) -> Result<Self, process::Error> {
        let failed = |what| process::file(host.provider.title, what);
        let socket = dir.with_extension("sock");
        let sink = Sink::start(&socket, taker).map_err(failed("listen on a socket"))?;
        let (port, listener) = process::listen(host.provider.title)?;
        let url = format!("http://127.0.0.1:{port}/");
        let way = Way::open(listener, socket.clone()).map_err(failed("listen on a port"))?;
        Ok(Self { _sink: sink, _way: way, socket, url })
    }
}
