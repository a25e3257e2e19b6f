//! Scripted processes.

use std::collections::BTreeMap;
use std::time::Duration;

/// Behaviour of a program's processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Script {
    /// Run until SIGTERM.
    #[default]
    Runs,
    /// Run until SIGKILL.
    IgnoresTerm,
    /// Exit by itself with this code, this long after the start.
    Exits {
        /// Time from the start to the exit.
        after: Duration,
        /// Exit code.
        code: i32,
    },
    /// Fail to start with this message.
    Missing(String),
}

/// A running process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    ignores_term: bool,
    /// Time and code of its exit, if it is known.
    pub(crate) exit: Option<(Duration, i32)>,
}

impl Process {
    /// SIGTERM at this time. A signal counts as exit code 128 plus its number.
    pub(crate) fn terminate(&mut self, now: Duration) {
        if !self.ignores_term {
            self.exit = Some((now, 128 + 15));
        }
    }

    /// SIGKILL at this time.
    pub(crate) fn kill(&mut self, now: Duration) {
        self.exit = Some((now, 128 + 9));
    }
}

/// Scripts by program.
#[derive(Debug, Default)]
pub(crate) struct Processes(BTreeMap<String, Script>);

impl Processes {
    pub(crate) fn script(&mut self, program: &str, script: Script) {
        self.0.insert(program.to_owned(), script);
    }

    /// Starts a process of this program; fails with its script's message.
    pub(crate) fn spawn(&self, program: &str, now: Duration) -> Result<Process, String> {
        match self.0.get(program).cloned().unwrap_or_default() {
            Script::Runs => Ok(Process { ignores_term: false, exit: None }),
            Script::IgnoresTerm => Ok(Process { ignores_term: true, exit: None }),
            Script::Exits { after, code } => Ok(Process { ignores_term: false, exit: Some((now + after, code)) }),
            Script::Missing(why) => Err(why),
        }
    }
}
