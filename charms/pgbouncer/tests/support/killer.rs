//! Ends a hook before one of its steps, as a drained node ends a pod: what it did stays, its writes to Juju are dropped.
//!
//! Steps are hook-tool calls, requests to Pebble and calls of the backend, in the order in which the hook makes them.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Payload of the panic that ends a killed hook.
#[derive(Debug)]
pub(crate) struct Killed;

/// Counts the steps of a hook, and ends it before the fatal one.
#[derive(Debug, Default)]
pub(crate) struct Killer {
    steps: AtomicUsize,
    /// Number of the fatal step, from 1; 0 lets the hook live.
    fatal: AtomicUsize,
    is_dead: AtomicBool,
    /// Name of each step so far.
    names: Mutex<Vec<String>>,
    fault: Mutex<Option<Fault>>,
}

/// A test's work between two steps.
struct Fault(Box<Work>);

/// It is given the steps so far, the next one included, and returns true once it was done.
type Work = dyn FnMut(&[String]) -> bool + Send;

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fault")
    }
}

impl Killer {
    /// Begins a hook.
    pub(crate) fn arm(&self, fatal: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.fatal.store(fatal, Ordering::SeqCst);
        self.is_dead.store(false, Ordering::SeqCst);
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lets other hooks live; the steps of the last one stay known.
    pub(crate) fn disarm(&self) {
        self.fatal.store(0, Ordering::SeqCst);
        self.is_dead.store(false, Ordering::SeqCst);
    }

    /// Has work be done between two steps of the next hook.
    pub(crate) fn disturb(&self, work: impl FnMut(&[String]) -> bool + Send + 'static) {
        *self.fault.lock().unwrap() = Some(Fault(Box::new(work)));
    }

    /// Steps of the hook until its end.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A step of the hook's own thread: ends it if the hook is dead.
    pub(crate) fn step(&self, name: &str) {
        if self.is_end(name) {
            resume_unwind(Box::new(Killed));
        }
    }

    /// Counts a step; true if the hook is dead.
    fn is_end(&self, name: &str) -> bool {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if step == self.fatal.load(Ordering::SeqCst) {
            self.is_dead.store(true, Ordering::SeqCst);
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.to_owned());
        self.fault.lock().unwrap().take_if(|fault| (fault.0)(&names));
        self.is_dead.load(Ordering::SeqCst)
    }
}

/// Stands between a charm and its Pebble: a dead hook's requests don't arrive.
#[derive(Debug)]
pub(crate) struct Between {
    socket: PathBuf,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Between {
    /// Listens on `socket` for the Pebble behind another.
    pub(crate) fn start(socket: &Path, pebble: &Path, killer: &Arc<Killer>) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (pebble, killer, over) = (pebble.to_owned(), Arc::clone(killer), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok).take_while(|_| !over.load(Ordering::SeqCst)) {
                let (pebble, killer) = (pebble.clone(), Arc::clone(&killer));
                // It ends with either side of the connection.
                thread::spawn(move || relay(&stream, &pebble, &killer));
            }
        });
        Self { socket: socket.to_owned(), is_over, thread: Some(thread) }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread.
        let _ = UnixStream::connect(&self.socket);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Passes bytes on in both directions until a side ends or the hook is dead.
fn relay(charm: &UnixStream, pebble: &Path, killer: &Killer) -> io::Result<()> {
    let pebble = UnixStream::connect(pebble)?;
    thread::scope(|scope| {
        scope.spawn(|| pass(&pebble, charm, |_| true));
        pass(charm, &pebble, |bytes| !request(bytes).is_some_and(|name| killer.is_end(&name)));
    });
    Ok(())
}

/// Method and path, if the bytes begin a request.
fn request(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\r').next().and_then(|line| std::str::from_utf8(line).ok())?;
    let (name, _) = line.split_once(" HTTP/1.1")?;
    ["GET ", "POST "].iter().any(|method| name.starts_with(method)).then(|| name.to_owned())
}

fn pass(mut from: &UnixStream, mut to: &UnixStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !goes_on(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        // The other direction may have ended it.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
