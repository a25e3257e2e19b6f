//! The fake on a unix socket: any client of Pebble can talk to it, a charm's among them.
//!
//! One thread serves all connections. `server/api.rs` is the table of requests, with the handlers that have no
//! file of their noun; `server/upload.rs` reads files that a
//! client writes, `server/socket.rs` runs the websockets of a command.

mod api;
mod checks;
mod identities;
mod logs;
mod notices;
mod socket;
mod upload;

use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Builder;
use tokio::sync::{Notify, oneshot};

use crate::Pebble;
use socket::Running;

/// A fake Pebble behind a unix socket, until it is dropped.
#[derive(Debug)]
pub struct Server {
    socket: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// State that the server's connections share.
#[derive(Debug)]
pub(crate) struct Daemon {
    pebble: Arc<Mutex<Pebble>>,
    /// Commands whose websockets are awaited or open, by task.
    running: Mutex<BTreeMap<String, Arc<Running>>>,
    /// A change has ended.
    ended: Notify,
}

impl Daemon {
    /// The Pebble, also after a test's handler panicked with it.
    pub(crate) fn pebble(&self) -> MutexGuard<'_, Pebble> {
        self.pebble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Serves a Pebble on a socket, whose folder is made if it is missing.
    ///
    /// # Errors
    /// The folder, the socket or the thread can't be made.
    pub fn start(socket: impl Into<PathBuf>, pebble: Arc<Mutex<Pebble>>) -> io::Result<Server> {
        let socket = socket.into();
        if let Some(folder) = socket.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let listener = UnixListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let daemon = Arc::new(Daemon { pebble, running: Mutex::default(), ended: Notify::new() });
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, daemon) => {}
                }
            });
        };
        let thread = thread::Builder::new().name("pebble-fake".to_owned()).spawn(serve)?;
        Ok(Server { socket, stop: Some(stop), thread: Some(thread) })
    }

    /// Path of the socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

async fn accept(listener: UnixListener, daemon: Arc<Daemon>) {
    let Ok(listener) = tokio::net::UnixListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move {
            let service = service_fn(move |request| api::answer(Arc::clone(&daemon), request));
            // A client that hangs up ends its connection only.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}
