//! Commands: a test says how each ends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pebble::types::{ExecOutput, ExecRequest};

use crate::Pebble;

/// A command that a client runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecCall {
    /// Executable and arguments.
    pub command: Vec<String>,
    /// Environment variables that the client sets.
    pub environment: BTreeMap<String, String>,
    /// Working directory, if the client sets one.
    pub working_dir: Option<String>,
    /// User name or id.
    pub user: Option<String>,
    /// Group name or id.
    pub group: Option<String>,
    /// Input.
    pub stdin: Vec<u8>,
    /// Time after which Pebble would kill the command, in Go's form.
    pub timeout: Option<String>,
}

/// End of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecReply {
    /// It exits, with this code and output.
    Exits(ExecOutput),
    /// It runs until it is killed at its timeout; without a timeout it never ends.
    TimesOut,
}

impl ExecReply {
    /// Exit code 0 with this output.
    pub fn prints(stdout: impl Into<Vec<u8>>) -> ExecReply {
        ExecReply::Exits(ExecOutput { stdout: stdout.into(), ..ExecOutput::default() })
    }

    /// This exit code with this error output.
    pub fn fails(exit_code: i32, stderr: impl Into<Vec<u8>>) -> ExecReply {
        ExecReply::Exits(ExecOutput { exit_code, stderr: stderr.into(), ..ExecOutput::default() })
    }
}

type Handler = Arc<Mutex<dyn FnMut(&ExecCall) -> ExecReply + Send>>;

/// Handlers by the beginning of their commands.
#[derive(Clone, Default)]
pub(crate) struct Handlers(Vec<(Vec<String>, Handler)>);

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(prefix, _)| prefix)).finish()
    }
}

impl Handlers {
    /// The handler with the longest prefix of a command.
    pub(crate) fn find(&self, command: &[String]) -> Option<Handler> {
        let fits = self.0.iter().filter(|(prefix, _)| command.starts_with(prefix));
        fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, handler)| Arc::clone(handler))
    }
}

impl Pebble {
    /// Has commands that begin with these words end as `handler` says, instead of an earlier handler of the same words.
    /// The longest prefix wins; without words it is the handler of all commands. A command without a handler is refused.
    pub fn handle_exec(&mut self, prefix: &[&str], handler: impl FnMut(&ExecCall) -> ExecReply + Send + 'static) {
        let prefix: Vec<String> = prefix.iter().map(|word| (*word).to_owned()).collect();
        self.handlers.0.retain(|(other, _)| *other != prefix);
        self.handlers.0.push((prefix, Arc::new(Mutex::new(handler))));
    }

    /// The commands so far, oldest first.
    pub fn exec_history(&self) -> &[ExecCall] {
        &self.exec_history
    }
}

/// The command of a request.
pub(crate) fn call(asked: &ExecRequest) -> ExecCall {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let name = |name: &str, id: Option<i64>| filled(name).or_else(|| id.map(|id| id.to_string()));
    ExecCall {
        command: asked.command.clone(),
        environment: asked.environment.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        working_dir: filled(&asked.working_dir),
        user: name(&asked.user, asked.user_id),
        group: name(&asked.group, asked.group_id),
        stdin: Vec::new(),
        timeout: filled(&asked.timeout),
    }
}

/// Error of a task whose command was killed.
pub(crate) fn timed_out(call: &ExecCall) -> String {
    let after = call.timeout.clone().unwrap_or_else(|| format!("{:?}", Duration::ZERO));
    format!("timed out after {after}: context deadline exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_and_the_newest_of_one_prefix() {
        let mut pebble = Pebble::default();
        for (prefix, word) in [(&[][..], "all"), (&["ls"], "old"), (&["ls"], "new"), (&["ls", "-l"], "long")] {
            pebble.handle_exec(prefix, move |_| ExecReply::prints(word));
        }
        for (command, word) in [(&["ls", "-l", "/"][..], "long"), (&["ls", "/"], "new"), (&["id"], "all")] {
            let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            let handler = pebble.handlers.find(&command).unwrap();
            let reply = handler.lock().unwrap()(&ExecCall { command, ..ExecCall::default() });
            assert_eq!(reply, ExecReply::prints(word));
        }
        assert!(Pebble::default().handlers.find(&["ls".to_owned()]).is_none());
    }
}
