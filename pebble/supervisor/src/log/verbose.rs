//! The services' output on the daemon's own standard output, for `--verbose`.
//!
//! A thread of its own writes it, so that a reader who has stopped reading doesn't stop the daemon. Lines that it
//! can't take in time are lost to it, and it is told so; `GET /v1/logs` still has them.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

/// How many pieces may wait for the reader.
const WAITING: usize = 1024;
const CUT: &[u8] = b"\n(... output truncated ...)\n";

/// The way to standard output.
#[derive(Debug)]
pub(crate) struct Verbose {
    pieces: Option<SyncSender<Vec<u8>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Verbose {
    /// A way that leads nowhere: without `--verbose`.
    pub(crate) fn off() -> Verbose {
        Verbose { pieces: None, thread: None }
    }

    /// Starts writing.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn start() -> io::Result<Verbose> {
        let (pieces, receiver) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("verbose".to_owned()).stack_size(64 * 1024).spawn(move || write(&receiver))?;
        Ok(Verbose { pieces: Some(pieces), thread: Some(thread) })
    }

    /// Hands a piece over, without waiting.
    pub(crate) fn print(&self, piece: Vec<u8>) {
        let Some(pieces) = &self.pieces else { return };
        if let Err(TrySendError::Full(_)) = pieces.try_send(piece) {
            // The mark goes out with the next piece that fits.
            let _ = pieces.try_send(CUT.to_vec());
        }
    }

    /// Writes what still waits, if the reader takes it.
    pub(crate) fn finish(&mut self) {
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(pieces: &Receiver<Vec<u8>>) {
    while let Ok(piece) = pieces.recv() {
        let mut output = io::stdout().lock();
        if output.write_all(&piece).and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}
