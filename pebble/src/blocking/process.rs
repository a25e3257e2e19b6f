//! Commands: to their end, or as a handle.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use super::{Client, block_on};
use crate::connect::{Connect, UnixConnect};
use crate::types::{ChangeId, ExecOptions, ExecOutput, Signal};
use crate::{Error, exec};

impl<C: Connect> Client<C> {
    /// Runs a command to its end. An exit code other than zero is no error.
    ///
    /// # Errors
    /// [`Error::Exec`] if it doesn't start, [`Error::ExecTimeout`] if it was killed at its timeout.
    pub fn exec(&self, options: &ExecOptions) -> Result<ExecOutput, Error> {
        self.run(self.client.exec(options))
    }

    /// Starts a command and returns a handle of it, as of a `std::process::Child`. The command runs until it ends, or
    /// [`ExecOptions::timeout`], or the handle is dropped.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::{Read, Write};
    /// use std::time::Duration;
    /// use webcharm_pebble::types::ExecOptions;
    ///
    /// # let pebble = webcharm_pebble::blocking::Client::new("/charm/containers/app/pebble.socket");
    /// let mut sort = pebble.spawn(&ExecOptions::new(["sort"]))?;
    /// sort.stdin.take().unwrap().write_all(b"b\na\n")?;
    /// let mut sorted = String::new();
    /// sort.stdout.take().unwrap().read_to_string(&mut sorted)?;
    /// assert_eq!(sort.wait(Duration::from_secs(10))?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Exec`] for a command that Pebble refuses: no such program, user or folder. A failure of the start itself
    /// is an error of [`ExecProcess::wait`].
    pub fn spawn(&self, options: &ExecOptions) -> Result<ExecProcess<C>, Error> {
        let mut process = self.run(self.client.spawn(options))?;
        let runtime = self.runtime()?;
        Ok(ExecProcess {
            stdin: process.stdin.take().map(|pipe| ExecStdin { pipe: Some(pipe), runtime: Arc::clone(&runtime) }),
            stdout: process.stdout.take().map(|pipe| ExecOutputPipe { pipe, runtime: Arc::clone(&runtime) }),
            stderr: process.stderr.take().map(|pipe| ExecOutputPipe { pipe, runtime: Arc::clone(&runtime) }),
            process,
            runtime,
        })
    }
}

/// A running command, as [`std::process::Child`]: streams of its input and outputs, signals, a wait.
///
/// A command blocks while it prints what is not read, so read its outputs before you wait, each in a thread of its own
/// if there are two and they may be long. Dropping the handle or its outputs closes their websockets: a command of which
/// the daemon can't pass on the output is killed.
#[derive(Debug)]
pub struct ExecProcess<C: Connect = UnixConnect> {
    /// Input; take it to write from another thread, drop it to end it.
    pub stdin: Option<ExecStdin>,
    /// Output; take it to read from another thread.
    pub stdout: Option<ExecOutputPipe>,
    /// Error output; `None` if it joins the output: [`ExecOptions::combine_stderr`], or a terminal.
    pub stderr: Option<ExecOutputPipe>,
    process: exec::ExecProcess<C>,
    runtime: Arc<Runtime>,
}

impl<C: Connect> ExecProcess<C> {
    /// The change of the command.
    pub fn change_id(&self) -> &ChangeId {
        self.process.change_id()
    }

    /// Sends a signal to the command.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the command has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        block_on(&self.runtime, self.process.signal(signal))
    }

    /// Changes the size of the command's terminal, in columns and rows.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the command has ended. A command without a terminal ignores it.
    pub fn resize(&mut self, width: u16, height: u16) -> Result<(), Error> {
        block_on(&self.runtime, self.process.resize(width, height))
    }

    /// Ends the input, waits for the command's end and returns its exit code: 128 plus the signal's number if one
    /// killed it. After [`Error::Timeout`] it still runs, and may be waited for again.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, [`Error::Exec`] if the command did not start, [`Error::ExecTimeout`] if it was
    /// killed at its own timeout.
    pub fn wait(&mut self, limit: Duration) -> Result<i32, Error> {
        self.process.stdin = self.stdin.take().and_then(ExecStdin::into_pipe);
        block_on(&self.runtime, self.process.wait(limit))
    }

    /// The exit code as [`ExecProcess::wait`] returns it, if the command has ended. Does not wait and leaves the input
    /// open.
    ///
    /// # Errors
    /// As [`ExecProcess::wait`], without the timeout.
    pub fn try_wait(&mut self) -> Result<Option<i32>, Error> {
        block_on(&self.runtime, self.process.try_wait())
    }

    /// Ends the input, reads what is left of the outputs, and waits for the command's end.
    ///
    /// # Errors
    /// As [`ExecProcess::wait`]; [`Error::TooLarge`] for more than [`crate::Limits::output`] bytes of one output. In both
    /// cases the handle is gone, and the command is killed.
    pub fn wait_with_output(mut self, limit: Duration) -> Result<ExecOutput, Error> {
        self.process.stdin = self.stdin.take().and_then(ExecStdin::into_pipe);
        self.process.stdout = self.stdout.take().map(|output| output.pipe);
        self.process.stderr = self.stderr.take().map(|output| output.pipe);
        block_on(&self.runtime, self.process.wait_with_output(limit))
    }
}

/// Input of a command, which ends on drop. Writing fails with [`io::ErrorKind::BrokenPipe`] once the command has ended.
#[derive(Debug)]
pub struct ExecStdin {
    /// `None` once it is given away.
    pipe: Option<exec::ExecStdin>,
    runtime: Arc<Runtime>,
}

impl ExecStdin {
    fn into_pipe(mut self) -> Option<exec::ExecStdin> {
        self.pipe.take()
    }

    fn pipe(&mut self) -> io::Result<&mut exec::ExecStdin> {
        self.pipe.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ExecStdin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let runtime = Arc::clone(&self.runtime);
        let pipe = self.pipe()?;
        block_on(&runtime, async {
            let length = pipe.write(bytes).await?;
            // Between calls nothing is sent.
            pipe.flush().await.map(|()| length)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let runtime = Arc::clone(&self.runtime);
        let pipe = self.pipe()?;
        block_on(&runtime, pipe.flush())
    }
}

impl Drop for ExecStdin {
    fn drop(&mut self) {
        let Some(mut pipe) = self.pipe.take() else { return };
        // Runtimes do not nest: within another one the end is sent by the next call.
        if tokio::runtime::Handle::try_current().is_err() {
            // An error means that the command has ended.
            let _ended = block_on(&self.runtime, pipe.shutdown());
        }
        let _runtime = self.runtime.enter();
        drop(pipe);
    }
}

/// Output or error output of a command, up to its end. A read waits for as long as the command is silent; it fails if
/// the daemon dies.
#[derive(Debug)]
pub struct ExecOutputPipe {
    pipe: exec::ExecOutputPipe,
    runtime: Arc<Runtime>,
}

impl Read for ExecOutputPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        block_on(&self.runtime, self.pipe.read(buffer))
    }
}
