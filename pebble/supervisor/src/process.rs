//! Starts and signals processes. The only file that spawns, and the only one with unsafe code: the closure between fork
//! and exec.
#![allow(unsafe_code, reason = "a new session can only be made between fork and exec")]

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pebble::plan::quote;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, ioctl_tiocsctty, kill_process, kill_process_group, setsid};
use rustix::stdio::stdin;

use crate::errno;
use crate::leftover::{self, Marks};
use crate::users::Owner;

/// A process that can't be started. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("exec: {}: executable file not found in $PATH", quote(.0))]
    NotFound(String),
    #[error("fork/exec {}: {}", errno::shown(path), errno::text(error))]
    Exec { path: String, error: io::Error },
    #[error("chdir {}: {}", errno::shown(path), errno::text(error))]
    Directory { path: String, error: io::Error },
    #[error("exec: no command")]
    Empty,
    #[error("exec: environment variable contains NUL")]
    Environment,
}

/// Group that a new process leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// A process group of its own.
    Own,
    /// A session of its own, without a terminal.
    Session,
    /// A session of its own on the terminal that is its input.
    Terminal,
    /// None: the daemon's.
    Daemons,
}

/// Parameters of a new process.
pub(crate) struct Spawn<'a> {
    pub(crate) command: &'a [String],
    /// The whole environment: the daemon's own is not inherited.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// Working directory; the daemon's own if `None`.
    pub(crate) directory: Option<&'a str>,
    /// User and group; the daemon's own if `None`. Otherwise supplementary groups are dropped, as Pebble does.
    pub(crate) owner: Option<Owner>,
    pub(crate) group: Group,
    /// Marks by which the next daemon finds the process.
    pub(crate) marks: &'a Marks,
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

impl Spawn<'_> {
    /// Starts the process. The caller must register it with the reaper before its next `await`.
    ///
    /// # Errors
    /// The program does not exist, or the system's error.
    pub(crate) fn start(self) -> Result<Pid, Error> {
        let name = self.command.first().ok_or(Error::Empty)?;
        if self.environment.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Error::Environment);
        }
        let path = if name.contains('/') {
            PathBuf::from(name)
        } else {
            find(name).ok_or_else(|| Error::NotFound(name.clone()))?
        };
        // Go looks at the directory first if that is all that differs from the daemon.
        let is_plain = self.group == Group::Daemons && self.owner.is_none_or(Owner::is_daemon);
        if let Some(directory) = self.directory.filter(|_| is_plain) {
            let failed = |error| Error::Directory { path: directory.to_owned(), error };
            std::fs::metadata(directory).map_err(failed)?;
        }
        if !has_a_known_format(&path) {
            return Err(Error::Exec { path: path.display().to_string(), error: Errno::NOEXEC.into() });
        }
        let mut command = Command::new(&path);
        command.arg0(name).args(&self.command[1..]).env_clear().envs(self.environment);
        command.stdin(self.stdin.map_or_else(Stdio::null, Stdio::from)).stdout(self.stdout).stderr(self.stderr);
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        if let Some(owner) = self.owner.filter(|owner| !owner.is_daemon()) {
            command.uid(owner.uid).gid(owner.gid);
        }
        lead(&mut command, self.group);
        let (mark, file) = self.marks.prepare();
        if let Some(file) = file {
            // SAFETY: three system calls that are async-signal-safe, and no allocation.
            unsafe {
                command.pre_exec(move || {
                    leftover::sign(&file);
                    Ok(())
                });
            }
        }
        // Without an error number: an argument contains NUL.
        let system = |error: io::Error| if error.raw_os_error().is_some() { error } else { Errno::INVAL.into() };
        let failed = |error| Error::Exec { path: path.display().to_string(), error: system(error) };
        let child = command.spawn().map_err(failed)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| failed(Errno::SRCH.into()))?;
        mark.keep(pid);
        Ok(pid)
    }
}

/// True if the file begins as an ELF program or a script, or can't be read. The C library runs other files with a
/// shell, which Pebble does not.
fn has_a_known_format(path: &Path) -> bool {
    if !path.is_file() {
        return true;
    }
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read(&mut magic));
    read.is_err() || magic.starts_with(b"#!") || magic == *b"\x7fELF"
}

fn lead(command: &mut Command, group: Group) {
    match group {
        Group::Daemons => {}
        Group::Own => {
            command.process_group(0);
        }
        // SAFETY: setsid is async-signal-safe, and neither the call nor its error conversion allocates.
        Group::Session => unsafe {
            command.pre_exec(|| setsid().map(drop).map_err(io::Error::from));
        },
        // SAFETY: as above; the ioctl is a system call.
        Group::Terminal => unsafe {
            command.pre_exec(|| {
                setsid()?;
                ioctl_tiocsctty(stdin())?;
                Ok(())
            });
        },
    }
}

/// Finds a program as a shell does, by the daemon's own PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let is_program = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_program(path));
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
}

/// Signals a process.
pub(crate) fn signal(pid: Pid, signal: Signal) -> Result<(), Errno> {
    kill_process(pid, signal)
}

/// Signals a process group.
pub(crate) fn signal_group(pid: Pid, signal: Signal) -> Result<(), Errno> {
    kill_process_group(pid, signal)
}

/// The signal with this name, for example `SIGHUP`.
pub(crate) fn signal_by_name(name: &str) -> Option<Signal> {
    SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal)
}

/// Names as Go knows them; it has no `SIGIOT`, `SIGCLD` and `SIGPOLL`, second names of others.
const SIGNALS: [(&str, Signal); 31] = [
    ("SIGABRT", Signal::ABORT),
    ("SIGALRM", Signal::ALARM),
    ("SIGBUS", Signal::BUS),
    ("SIGCHLD", Signal::CHILD),
    ("SIGCONT", Signal::CONT),
    ("SIGFPE", Signal::FPE),
    ("SIGHUP", Signal::HUP),
    ("SIGILL", Signal::ILL),
    ("SIGINT", Signal::INT),
    ("SIGIO", Signal::IO),
    ("SIGKILL", Signal::KILL),
    ("SIGPIPE", Signal::PIPE),
    ("SIGPROF", Signal::PROF),
    ("SIGPWR", Signal::POWER),
    ("SIGQUIT", Signal::QUIT),
    ("SIGSEGV", Signal::SEGV),
    ("SIGSTKFLT", Signal::STKFLT),
    ("SIGSTOP", Signal::STOP),
    ("SIGSYS", Signal::SYS),
    ("SIGTERM", Signal::TERM),
    ("SIGTRAP", Signal::TRAP),
    ("SIGTSTP", Signal::TSTP),
    ("SIGTTIN", Signal::TTIN),
    ("SIGTTOU", Signal::TTOU),
    ("SIGURG", Signal::URG),
    ("SIGUSR1", Signal::USR1),
    ("SIGUSR2", Signal::USR2),
    ("SIGVTALRM", Signal::VTALARM),
    ("SIGWINCH", Signal::WINCH),
    ("SIGXCPU", Signal::XCPU),
    ("SIGXFSZ", Signal::XFSZ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_programs_by_path_and_by_name() {
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("/bin/sh"), Some(PathBuf::from("/bin/sh")));
        assert_eq!((find("no-such-program"), find("/etc/passwd"), find("/bin")), (None, None, None));
    }

    #[test]
    fn knows_signals_by_name_only() {
        assert_eq!(signal_by_name("SIGHUP"), Some(Signal::HUP));
        assert_eq!((signal_by_name("HUP"), signal_by_name("1"), signal_by_name("")), (None, None, None));
        assert_eq!((signal_by_name("SIGIOT"), signal_by_name("SIGSTKFLT")), (None, Some(Signal::STKFLT)));
    }
}
