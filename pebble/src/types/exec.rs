//! Commands in the container, `/v1/exec`. Websockets carry their input and output: `crate::exec`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::Environment;

/// A command with its settings.
///
/// `Debug` prints the command's name only: arguments, variables and input may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecOptions {
    /// Executable and arguments; no shell is involved.
    pub command: Vec<String>,
    /// Service whose environment, user, group and working directory are the defaults.
    pub service_context: Option<String>,
    /// Environment variables.
    pub environment: Environment,
    /// Working directory; by default the user's home, or `/`.
    pub working_dir: Option<String>,
    /// Time after which the command is killed. Without it, the client stops waiting after [`crate::Limits::exec`].
    pub timeout: Option<Duration>,
    /// User id to run as.
    pub user_id: Option<u32>,
    /// User name to run as.
    pub user: Option<String>,
    /// Group id to run as.
    pub group_id: Option<u32>,
    /// Group name to run as.
    pub group: Option<String>,
    /// Input; empty if `None`. A process that is spawned gets its input through its handle instead.
    pub stdin: Option<Vec<u8>>,
    /// True to join error output with output, in the order written.
    pub combine_stderr: bool,
    /// Terminal of the command, for [`crate::blocking::Client::spawn`]. Error output then joins the output.
    pub terminal: Option<Terminal>,
    /// Bytes to keep of each output's end. `None` keeps all, up to [`crate::Limits::output`], beyond which the command
    /// fails.
    pub keep: Option<usize>,
}

/// A terminal (pseudo-terminal) of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Columns; 0 for the system's default.
    pub width: u16,
    /// Rows; 0 for the system's default.
    pub height: u16,
    /// True if the input is the terminal too, so that it echoes and makes signals of Ctrl-C; else it is a pipe.
    pub interactive: bool,
}

impl ExecOptions {
    /// A command with its arguments and default settings.
    pub fn new(command: impl IntoIterator<Item = impl Into<String>>) -> ExecOptions {
        ExecOptions { command: command.into_iter().map(Into::into).collect(), ..ExecOptions::default() }
    }

    /// True if error output comes apart from output.
    pub(crate) fn splits(&self) -> bool {
        !self.combine_stderr && self.terminal.is_none()
    }

    /// Name of the executable, the only part of the command that messages show.
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

/// Result of a command. `Debug` prints sizes, since output may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Exit code; 128 plus the number of a signal that killed the command.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error; empty if [`ExecOptions::combine_stderr`].
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
    /// Executable and arguments.
    pub command: Vec<String>,
    /// Service with default settings.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_context: String,
    /// Environment variables.
    #[serde(skip_serializing_if = "is_empty")]
    pub environment: Environment,
    /// Working directory.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Timeout in Go's form; empty for no timeout.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timeout: String,
    /// User id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// User name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<i64>,
    /// Group name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// True for a terminal.
    #[serde(skip_serializing_if = "super::is_false")]
    pub terminal: bool,
    /// True if the input is that terminal too.
    #[serde(skip_serializing_if = "super::is_false")]
    pub interactive: bool,
    /// True for a separate websocket of error output.
    #[serde(skip_serializing_if = "super::is_false")]
    pub split_stderr: bool,
    /// Columns of the terminal.
    #[serde(skip_serializing_if = "is_zero")]
    pub width: i64,
    /// Rows of the terminal.
    #[serde(skip_serializing_if = "is_zero")]
    pub height: i64,
}

/// Result of `POST /v1/exec`, besides the change.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ExecResult {
    /// Environment variables of the command.
    pub environment: Environment,
    /// Task of the command's websockets.
    pub task_id: String,
    /// Working directory.
    pub working_dir: String,
}

fn is_empty(environment: &Environment) -> bool {
    environment.is_empty()
}

fn is_zero(size: &i64) -> bool {
    *size == 0
}
