//! A call of a hook tool before it is made, knowing what of it may be shown.

use super::Error;
use super::process::Fault;
use super::streams::MAX_ANSWER;

/// One argument, and what of it may be shown.
struct Arg {
    text: String,
    shown: Option<String>,
}

/// A tool with its arguments; `Display` is the command as errors and logs show it.
pub(super) struct Call {
    pub(super) tool: &'static str,
    args: Vec<Arg>,
    pub(super) stdin: Option<String>,
}

impl Call {
    pub(super) const fn new(tool: &'static str) -> Self {
        Self { tool, args: Vec::new(), stdin: None }
    }

    pub(super) fn arg(mut self, text: impl Into<String>) -> Self {
        self.args.push(Arg { text: printable(text.into()), shown: None });
        self
    }

    /// The arguments as the tool gets them.
    pub(super) fn args(&self) -> impl Iterator<Item = &str> {
        self.args.iter().map(|arg| arg.text.as_str())
    }

    /// Two arguments, the second given only if there is one.
    pub(super) fn option(self, flag: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.arg(flag).arg(value),
            None => self,
        }
    }

    pub(super) fn flag(self, flag: &str, set: bool) -> Self {
        if set { self.arg(flag) } else { self }
    }

    /// An argument that must not be shown, and what is shown instead.
    pub(super) fn hidden(mut self, text: String, shown: String) -> Self {
        self.args.push(Arg { text: printable(text), shown: Some(shown) });
        self
    }

    /// Ends the options: what follows may begin with a dash.
    pub(super) fn operand(self, text: impl Into<String>) -> Self {
        self.arg("--").arg(text)
    }

    /// Sets the tool's standard input; never shown.
    pub(super) fn stdin(mut self, text: String) -> Self {
        self.stdin = Some(text);
        self
    }

    /// The error for an answer that is not the JSON expected. The parser's own words may quote the answer.
    pub(super) fn unreadable(&self, error: &serde_json::Error) -> Error {
        let what = format!("not the JSON expected, at line {} column {}", error.line(), error.column());
        Error::Answer { command: self.to_string(), what }
    }

    /// The error for a process that did not come to an end of its own.
    pub(super) fn failed(&self, fault: Fault) -> Error {
        let command = self.to_string();
        match fault {
            Fault::Io(source) => Error::Spawn { command, source },
            Fault::Hangs(after) => Error::Hangs { command, after },
            Fault::TooLong => Error::Answer { command, what: format!("it is longer than {MAX_ANSWER} bytes") },
        }
    }

    pub(super) fn nonsense(&self, what: impl Into<String>) -> Error {
        Error::Answer { command: self.to_string(), what: what.into() }
    }
}

/// No argument can hold a NUL, and the output of a workload, which may get into one, can.
fn printable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Most characters of an argument, or of what a tool said, that an error shows.
const SHOWN: usize = 1000;

/// Text of others on one line of an error.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().take(SHOWN).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{line}…") } else { line }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tool)?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", one_line(arg.shown.as_ref().unwrap_or(&arg.text))))
    }
}
