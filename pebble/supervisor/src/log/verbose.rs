//! Output of the services on the daemon's standard output, for `--verbose`.
//!
//! A separate thread writes it, so that a reader that stops reading doesn't block the daemon. Lines beyond the queue
//! are dropped with a mark in the output; `GET /v1/logs` still has them.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Pieces that may wait for the reader.
const WAITING: usize = 1024;
/// Time that the reader gets at the end.
const GRACE: Duration = Duration::from_secs(1);
const CUT: &[u8] = b"\n(... output truncated ...)\n";

/// Queue to standard output.
#[derive(Debug)]
pub(crate) struct Verbose {
    pieces: Option<SyncSender<Vec<u8>>>,
    written: Option<Receiver<()>>,
}

impl Verbose {
    /// No output: the daemon runs without `--verbose`.
    pub(crate) fn off() -> Verbose {
        Verbose { pieces: None, written: None }
    }

    /// Starts the writing thread.
    ///
    /// # Errors
    /// The system can't start a thread.
    pub(crate) fn start() -> io::Result<Verbose> {
        let (pieces, receiver) = sync_channel(WAITING);
        let (done, written) = channel();
        let thread = thread::Builder::new().name("verbose".to_owned()).stack_size(64 * 1024);
        thread.spawn(move || write(&receiver, &done))?;
        Ok(Verbose { pieces: Some(pieces), written: Some(written) })
    }

    /// Queues a piece without waiting.
    pub(crate) fn print(&self, piece: Vec<u8>) {
        let Some(pieces) = &self.pieces else { return };
        if let Err(TrySendError::Full(_)) = pieces.try_send(piece) {
            // The mark is queued once there is room again.
            let _ = pieces.try_send(CUT.to_vec());
        }
    }

    /// Writes the queued pieces, as far as the reader takes them in time.
    pub(crate) fn finish(&mut self) {
        self.pieces = None;
        if let Some(written) = self.written.take() {
            let _ = written.recv_timeout(GRACE);
        }
    }
}

/// Writes pieces until the queue is closed, then signals `done`.
fn write(pieces: &Receiver<Vec<u8>>, done: &Sender<()>) {
    while let Ok(piece) = pieces.recv() {
        let mut output = io::stdout().lock();
        if output.write_all(&piece).and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    // The receiver may be gone.
    let _ = done.send(());
}
