//! A workload container: a fake Pebble with a folder as its root, and a socket while it can be connected to.

use pebble_fake::{Pebble, Server};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A container under test.
#[derive(Debug)]
pub(crate) struct Workload {
    pebble: Arc<Mutex<Pebble>>,
    socket: PathBuf,
    server: Option<Server>,
}

impl Workload {
    /// A container without layers that can't be connected to. Its socket will be `containers/NAME/pebble.socket`, its root
    /// is `roots/NAME`.
    ///
    /// # Errors
    /// The root can't be made.
    pub(crate) fn new(containers: &Path, roots: &Path, name: &str) -> io::Result<Workload> {
        let root = roots.join(name);
        std::fs::create_dir_all(&root)?;
        let mut pebble = Pebble::default();
        pebble.set_root(root);
        let socket = containers.join(name).join("pebble.socket");
        Ok(Workload { pebble: Arc::new(Mutex::new(pebble)), socket, server: None })
    }

    /// The path of the socket, which is there while the container can be connected to.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Opens or closes the socket.
    ///
    /// # Errors
    /// The socket can't be made.
    pub(crate) fn set_can_connect(&mut self, can_connect: bool) -> io::Result<()> {
        if !can_connect {
            self.server = None;
        } else if self.server.is_none() {
            self.server = Some(Server::start(&self.socket, Arc::clone(&self.pebble))?);
        }
        Ok(())
    }

    /// The Pebble, also after a handler of the test panicked with it.
    pub(crate) fn pebble(&self) -> MutexGuard<'_, Pebble> {
        self.pebble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
