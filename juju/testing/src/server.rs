//! Server of the model on a unix socket, in the place of Juju's unit agent.
//!
//! A connection carries one call: the client sends a [`Request`] and shuts down its side, then the server sends the
//! answer. The call names its hook by `JUJU_CONTEXT_ID`; the server refuses calls of unknown and ended hooks. Each
//! connection has a thread, and one lock guards the model, because calls are short.

use crate::model::Model;
use crate::peer;
use crate::tools::{self, Answer, Files};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Timeout of each read and write on the socket, at both ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Limit of a message, in bytes; a call carries the contents of its files.
const LONGEST: u64 = 256 * 1024 * 1024;

/// One call of a hook tool, on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) context: String,
    pub(crate) tool: String,
    pub(crate) args: Vec<String>,
    pub(crate) files: Files,
}

struct Shared {
    model: Mutex<Model>,
    changed: Condvar,
    is_closing: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a model on a unix socket until it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    socket: PathBuf,
    listener: Arc<UnixListener>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the model on `agent.socket` in the folder; only this user may open the socket.
    ///
    /// # Errors
    /// The socket can't be made. A path of more than 107 bytes is too long for one.
    pub fn start(model: Model, dir: &Path) -> io::Result<Server> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let socket = dir.join("agent.socket");
        match fs::remove_file(&socket) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = Arc::new(UnixListener::bind(&socket)?);
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600))?;
        let (model, changed, is_closing) = (Mutex::new(model), Condvar::new(), AtomicBool::new(false));
        let shared = Arc::new(Shared { model, changed, is_closing });
        let (state, incoming) = (Arc::clone(&shared), Arc::clone(&listener));
        let acceptor =
            std::thread::Builder::new().name("hook-tools".into()).spawn(move || accept(&incoming, &state))?;
        Ok(Server { shared, socket, listener, acceptor: Some(acceptor) })
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Reads or changes the model. Hook tools wait until `work` returns.
    pub fn with<R>(&self, work: impl FnOnce(&mut Model) -> R) -> R {
        let result = work(&mut self.shared.lock());
        self.shared.changed.notify_all();
        result
    }

    /// Waits until `question` returns a value; calls it again after each change of the model. `None` at the timeout.
    pub fn wait<R>(&self, timeout: Duration, mut question: impl FnMut(&mut Model) -> Option<R>) -> Option<R> {
        let end = Instant::now() + timeout;
        let mut model = self.shared.lock();
        loop {
            if let Some(answer) = question(&mut model) {
                return Some(answer);
            }
            let left = end.checked_duration_since(Instant::now())?;
            model = self.shared.changed.wait_timeout(model, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, even if the socket's file is gone.
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let _ = fs::remove_file(&self.socket);
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // Without a thread the connection is closed, and the tool fails with a message.
        let _ = std::thread::Builder::new().name("hook-tool".into()).spawn(move || serve(&stream, &shared));
    }
}

/// Answers one call. A client that has closed the connection gets no answer.
fn serve(stream: &UnixStream, shared: &Shared) {
    let answer = match peer::check(stream).and_then(|()| receive(stream)) {
        Ok(request) => answer(&request, shared),
        Err(e) => Answer::error(1, &format!("bad request: {e}")),
    };
    let _ = send(stream, &answer);
}

fn answer(request: &Request, shared: &Shared) -> Answer {
    let answer = match shared.lock().transaction(&request.context) {
        Some(mut hook) => tools::invoke(&mut hook, &request.tool, &request.args, &request.files),
        None => Answer::error(1, &format!("bad request: unknown context \"{}\"", request.context)),
    };
    shared.changed.notify_all();
    answer
}

/// Reads a message to the end of the stream.
pub(crate) fn receive<T: for<'de> Deserialize<'de>>(stream: &UnixStream) -> io::Result<T> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = Vec::new();
    stream.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Sends a message and shuts down this side of the stream.
pub(crate) fn send<T: Serialize>(mut stream: &UnixStream, message: &T) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&serde_json::to_vec(message)?)?;
    stream.shutdown(std::net::Shutdown::Write)
}
