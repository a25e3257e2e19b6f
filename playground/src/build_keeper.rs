//! The keeper of a build's program, such as pip or Maven: the process between it and `webcharm up`.
//!
//! Its input is a pipe that only `webcharm up` holds. When the pipe closes, because the build is interrupted or
//! `webcharm up` is killed, the keeper ends the program and all processes that the program has started.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group, set_child_subreaper};

use crate::children;

/// The first argument with which this program becomes a keeper; the program to keep and its arguments follow.
pub const KEEPER: &str = "build-keeper";

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// Longest wait for killed processes to be gone. A process that the kernel keeps (state D) is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reasons why a program can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No program is named.
    #[error("the keeper of a build was started without a program")]
    Nothing,
    /// The program can't be started.
    #[error("cannot start {program}")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Command line of a keeper. The caller appends the program to keep and its arguments.
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(crate::keeper_handle::OURSELVES);
    command.arg0("webcharm").arg(KEEPER);
    command
}

/// Runs the program of `arguments` until it ends, and ends it when this process's input ends. Returns its exit code;
/// 128 plus the signal's number if a signal ended it.
///
/// # Errors
/// When it can't be started.
pub fn keep(arguments: &[OsString]) -> Result<u8, Error> {
    let (program, arguments) = arguments.split_first().ok_or(Error::Nothing)?;
    let failed = |source| Error::Start { program: program.display().to_string(), source };
    let start = || {
        // Processes that the program abandons become children of this process, where `kill_rest` finds them.
        set_child_subreaper(Some(getpid()))?;
        Command::new(program).args(arguments).stdin(Stdio::null()).process_group(0).spawn()
    };
    let mut child = start().map_err(failed)?;
    let (group, (over, ended)) = (Pid::from_child(&child), mpsc::channel::<()>());
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        end(group, &ended);
    });
    let status = child.wait().map_err(failed)?;
    drop(over);
    // A process that outlives the program, such as a build tool's daemon, is no result of the build.
    kill_rest();
    Ok(code(status))
}

/// Asks the program to end, and kills it if it doesn't.
fn end(group: Pid, ended: &Receiver<()>) {
    // Fails if the program has just ended by itself.
    let _ = kill_process_group(group, Signal::TERM);
    if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Kills all children of this process, again and again: the children of a killed child become its own.
fn kill_rest() {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let living: Vec<_> = children::living().collect();
        if living.is_empty() {
            return;
        }
        for pid in living {
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_passed_on_and_a_signal_is_told_as_shells_do() {
        for (raw, expected) in [(0, 0), (3 << 8, 3), (15, 143)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected);
        }
    }

    #[test]
    fn without_a_program_there_is_nothing_to_keep() {
        assert!(matches!(keep(&[]), Err(Error::Nothing)));
    }
}
