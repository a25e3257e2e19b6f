//! Signals, and `/v1/signals`, which sends them to services.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A signal of Linux by its name, for services ([`crate::blocking::Client::signal`]) and commands
/// ([`crate::blocking::ExecProcess::signal`]). Real-time signals have no names in Pebble.
///
/// ```
/// use webcharm_pebble::types::Signal;
///
/// assert_eq!("SIGHUP".parse(), Ok(Signal::Hup));
/// assert_eq!("usr1".parse(), Ok(Signal::Usr1));
/// assert_eq!(Signal::Term.to_string(), "SIGTERM");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// Abort.
    Abrt,
    /// Timer of `alarm`.
    Alrm,
    /// Access to memory that does not exist.
    Bus,
    /// A child ended or stopped.
    Chld,
    /// Continue after a stop.
    Cont,
    /// Arithmetic error.
    Fpe,
    /// Hang-up; many servers read their configuration again.
    Hup,
    /// Illegal instruction.
    Ill,
    /// Interrupt, as from a terminal's Ctrl-C.
    Int,
    /// Input or output is possible.
    Io,
    /// End at once; can't be handled.
    Kill,
    /// Write to a pipe without a reader.
    Pipe,
    /// Timer of profiling.
    Prof,
    /// Power failure.
    Pwr,
    /// Quit, as from a terminal's Ctrl and backslash.
    Quit,
    /// Access to memory that is not allowed.
    Segv,
    /// Fault of the coprocessor's stack; unused.
    Stkflt,
    /// Stop; can't be handled.
    Stop,
    /// Unknown system call.
    Sys,
    /// Please end.
    Term,
    /// Trap of a debugger.
    Trap,
    /// Stop, as from a terminal's Ctrl-Z.
    Tstp,
    /// Input of a background process.
    Ttin,
    /// Output of a background process.
    Ttou,
    /// Urgent data at a socket.
    Urg,
    /// The program's own, the first.
    Usr1,
    /// The program's own, the second.
    Usr2,
    /// Timer of the process's own time.
    Vtalrm,
    /// The terminal's size changed.
    Winch,
    /// Limit on processor time.
    Xcpu,
    /// Limit on a file's size.
    Xfsz,
}

/// Text that names no [`Signal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown signal {}: name one as \"SIGHUP\"", crate::plan::quote(.0))]
pub struct NotASignal(String);

impl Signal {
    /// All signals, by name.
    pub const ALL: [Signal; 31] = [
        Signal::Abrt,
        Signal::Alrm,
        Signal::Bus,
        Signal::Chld,
        Signal::Cont,
        Signal::Fpe,
        Signal::Hup,
        Signal::Ill,
        Signal::Int,
        Signal::Io,
        Signal::Kill,
        Signal::Pipe,
        Signal::Prof,
        Signal::Pwr,
        Signal::Quit,
        Signal::Segv,
        Signal::Stkflt,
        Signal::Stop,
        Signal::Sys,
        Signal::Term,
        Signal::Trap,
        Signal::Tstp,
        Signal::Ttin,
        Signal::Ttou,
        Signal::Urg,
        Signal::Usr1,
        Signal::Usr2,
        Signal::Vtalrm,
        Signal::Winch,
        Signal::Xcpu,
        Signal::Xfsz,
    ];

    /// The name on the wire: `SIGHUP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Signal::Abrt => "SIGABRT",
            Signal::Alrm => "SIGALRM",
            Signal::Bus => "SIGBUS",
            Signal::Chld => "SIGCHLD",
            Signal::Cont => "SIGCONT",
            Signal::Fpe => "SIGFPE",
            Signal::Hup => "SIGHUP",
            Signal::Ill => "SIGILL",
            Signal::Int => "SIGINT",
            Signal::Io => "SIGIO",
            Signal::Kill => "SIGKILL",
            Signal::Pipe => "SIGPIPE",
            Signal::Prof => "SIGPROF",
            Signal::Pwr => "SIGPWR",
            Signal::Quit => "SIGQUIT",
            Signal::Segv => "SIGSEGV",
            Signal::Stkflt => "SIGSTKFLT",
            Signal::Stop => "SIGSTOP",
            Signal::Sys => "SIGSYS",
            Signal::Term => "SIGTERM",
            Signal::Trap => "SIGTRAP",
            Signal::Tstp => "SIGTSTP",
            Signal::Ttin => "SIGTTIN",
            Signal::Ttou => "SIGTTOU",
            Signal::Urg => "SIGURG",
            Signal::Usr1 => "SIGUSR1",
            Signal::Usr2 => "SIGUSR2",
            Signal::Vtalrm => "SIGVTALRM",
            Signal::Winch => "SIGWINCH",
            Signal::Xcpu => "SIGXCPU",
            Signal::Xfsz => "SIGXFSZ",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Signal {
    type Err = NotASignal;

    /// Reads a name in any case, with or without `SIG`.
    fn from_str(text: &str) -> Result<Signal, NotASignal> {
        let name = text.to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        let known = Signal::ALL.into_iter().find(|signal| signal.as_str()[3..] == *name);
        known.ok_or_else(|| NotASignal(text.to_owned()))
    }
}

/// Body of `POST /v1/signals`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalsAction {
    /// Name of the signal, for example `SIGHUP`.
    pub signal: String,
    /// Names of services, which must run.
    pub services: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_is_read_back_from_its_name() {
        for signal in Signal::ALL {
            assert_eq!(signal.to_string().parse(), Ok(signal));
        }
        let error = "SIGNONE".parse::<Signal>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown signal "SIGNONE": name one as "SIGHUP""#);
    }
}
