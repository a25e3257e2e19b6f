//! The services' output on the daemon's own standard output, for `--verbose`.
//!
//! A thread of its own writes it, so that a reader who has stopped reading doesn't stop the daemon. Lines that it
//! can't take in time are lost to it, and it is told so; `GET /v1/logs` still has them.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// How many pieces may wait for the reader.
const WAITING: usize = 1024;
/// How long the reader may take at the end.
const GRACE: Duration = Duration::from_secs(1);
const CUT: &[u8] = b"\n(... output truncated ...)\n";

/// The way to standard output.
#[derive(Debug)]
pub(crate) struct Verbose {
    pieces: Option<SyncSender<Vec<u8>>>,
    written: Option<Receiver<()>>,
}

impl Verbose {
    /// A way that leads nowhere: without `--verbose`.
    pub(crate) fn off() -> Verbose {
        Verbose { pieces: None, written: None }
    }

    /// Starts writing.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn start() -> io::Result<Verbose> {
        let (pieces, receiver) = sync_channel(WAITING);
        let (done, written) = channel();
        let thread = thread::Builder::new().name("verbose".to_owned()).stack_size(64 * 1024);
        thread.spawn(move || write(&receiver, &done))?;
        Ok(Verbose { pieces: Some(pieces), written: Some(written) })
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
        if let Some(written) = self.written.take() {
            let _ = written.recv_timeout(GRACE);
        }
    }
}

/// Writes until there is nothing more to come; `done` goes then.
fn write(pieces: &Receiver<Vec<u8>>, done: &Sender<()>) {
    while let Ok(piece) = pieces.recv() {
        let mut output = io::stdout().lock();
        if output.write_all(&piece).and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    // Nobody may be waiting any more.
    let _ = done.send(());
}
