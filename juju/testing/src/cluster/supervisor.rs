//! A container that a program serves: Pebble, or the supervisor of this repository.

use pebble::blocking::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Time for the program's first answer, and for its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two looks at the program.
const PAUSE: Duration = Duration::from_millis(5);

/// A container's program, with a socket and a state of its own. It has no root of its own: its files are this machine's.
#[derive(Debug)]
pub(super) struct Supervisor {
    program: PathBuf,
    socket: PathBuf,
    state: PathBuf,
    child: Option<Child>,
}

impl Supervisor {
    /// A program that does not run yet. It will keep its layers and its state in the folder `state`.
    pub(super) fn new(program: &Path, socket: PathBuf, state: PathBuf) -> Supervisor {
        Supervisor { program: program.to_owned(), socket, state, child: None }
    }

    /// The path of the socket.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Starts the program and waits for its first answer, or ends it with its services.
    ///
    /// # Errors
    /// The program can't be started, ends at once, or does not answer.
    pub(super) fn set_can_connect(&mut self, can_connect: bool) -> io::Result<()> {
        if !can_connect {
            self.stop();
        } else if self.child.is_none() {
            std::fs::create_dir_all(self.socket.parent().unwrap_or(&self.socket))?;
            let mut command = Command::new(&self.program);
            command.args(["run", "--create-dirs", "--hold"]);
            command.env("PEBBLE", &self.state).env("PEBBLE_SOCKET", &self.socket);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.child = Some(command.spawn()?);
            self.await_answer()?;
        }
        Ok(())
    }

    fn await_answer(&mut self) -> io::Result<()> {
        let (client, end) = (Client::new(&self.socket), Instant::now() + PATIENCE);
        while client.system_info().is_err() {
            let program = self.program.display();
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().transpose()).transpose()? {
                return Err(io::Error::other(format!("{program} ended with {status}")));
            }
            if Instant::now() > end {
                return Err(io::Error::other(format!("{program} does not answer")));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Asks the program to end, which ends its services; kills it if it does not.
    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // A program that has ended already can't be asked.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        let end = Instant::now() + PATIENCE;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}
