//! Commands run in the container, `/v1/exec`. Their input and output go by websockets: `crate::exec`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::Environment;

/// A command to run, and how.
///
/// `Debug` prints the command's name and no argument, value or input: any of them may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecOptions {
    /// The executable and its arguments; no shell in between.
    pub command: Vec<String>,
    /// Take environment, user, group and working directory from this service; what is given here goes on top.
    pub service_context: Option<String>,
    /// Variables.
    pub environment: Environment,
    /// Where it runs; else the user's home or `/`.
    pub working_dir: Option<String>,
    /// After which it is killed. Without one the client still stops waiting after [`crate::Limits::exec`].
    pub timeout: Option<Duration>,
    /// As whom, by number.
    pub user_id: Option<u32>,
    /// As whom, by name.
    pub user: Option<String>,
    /// As which group, by number.
    pub group_id: Option<u32>,
    /// As which group, by name.
    pub group: Option<String>,
    /// What it reads; nothing if `None`.
    pub stdin: Option<Vec<u8>>,
    /// Whether its error output joins its output, in the order written.
    pub combine_stderr: bool,
    /// How many bytes are kept of each output, the last ones. `None` keeps all, and is an error past
    /// [`crate::Limits::output`].
    pub keep: Option<usize>,
}

impl ExecOptions {
    /// A command with its arguments, everything else at its default.
    pub fn new(command: impl IntoIterator<Item = impl Into<String>>) -> ExecOptions {
        ExecOptions { command: command.into_iter().map(Into::into).collect(), ..ExecOptions::default() }
    }

    /// The executable's name: all that messages may say of the command.
    pub fn name(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }
}

impl fmt::Debug for ExecOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOptions")
            .field("command", &self.name())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// How a command ended. `Debug` prints sizes, for what a command prints may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Its exit code; 128 plus the signal's number if it was killed by one.
    pub exit_code: i32,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed as errors; empty if [`ExecOptions::combine_stderr`].
    pub stderr: Vec<u8>,
}

impl fmt::Debug for ExecOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOutput")
            .field("exit_code", &self.exit_code)
            .field("stdout_bytes", &self.stdout.len())
            .field("stderr_bytes", &self.stderr.len())
            .finish()
    }
}

/// Body of `POST /v1/exec`. No `Debug`: see [`ExecOptions`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ExecRequest {
    /// The executable and its arguments.
    pub command: Vec<String>,
    /// A service to take settings from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_context: String,
    /// Variables.
    #[serde(skip_serializing_if = "is_empty")]
    pub environment: Environment,
    /// Where it runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// After which it is killed, as Go writes durations; empty for never.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timeout: String,
    /// As whom, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// As whom, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// As which group, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// As which group, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether it gets a terminal.
    #[serde(skip_serializing_if = "super::is_false")]
    pub terminal: bool,
    /// Whether its input is that terminal too.
    #[serde(skip_serializing_if = "super::is_false")]
    pub interactive: bool,
    /// Whether error output has a websocket of its own.
    #[serde(skip_serializing_if = "super::is_false")]
    pub split_stderr: bool,
    /// The terminal's columns.
    #[serde(skip_serializing_if = "is_zero")]
    pub width: i32,
    /// The terminal's rows.
    #[serde(skip_serializing_if = "is_zero")]
    pub height: i32,
}

/// What beginning a command answers, besides the change.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ExecResult {
    /// The variables it runs with.
    pub environment: Environment,
    /// The task whose websockets are its input and output.
    pub task_id: String,
    /// Where it runs.
    pub working_dir: String,
}

fn is_empty(environment: &Environment) -> bool {
    environment.is_empty()
}

fn is_zero(size: &i32) -> bool {
    *size == 0
}
