//! What a person at the terminal sees while something takes its time.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rock::{Cancel, Work};

use crate::{build_keeper, reaper};

/// Progress, on standard error; results go to standard output.
#[derive(Debug, Clone)]
pub struct Ui {
    started: Instant,
    cancel: Arc<Cancel>,
    listeners: Arc<Mutex<Vec<Sender<Option<String>>>>>,
    folder: Arc<Path>,
}

impl Ui {
    /// A fresh one for the model in `folder`, whose clock starts now.
    #[must_use]
    pub fn new(cancel: Arc<Cancel>, folder: &Path) -> Self {
        Self { started: Instant::now(), cancel, listeners: Arc::default(), folder: folder.into() }
    }

    /// A line about the step that begins.
    pub fn step(&self, line: &str) {
        self.line(&format!("{:6.1}s  {line}", self.started.elapsed().as_secs_f32()));
        self.pass_on(line);
    }

    /// A line below a step.
    pub fn detail(&self, line: &str) {
        self.line(&format!("         {line}"));
    }

    /// What is told from now on, for one who listens besides the terminal; and the hand that can tell them it is over.
    #[must_use]
    pub fn listen(&self) -> (Sender<Option<String>>, Receiver<Option<String>>) {
        let (sender, lines) = mpsc::channel();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender.clone());
        (sender, lines)
    }

    fn pass_on(&self, line: &str) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.send(Some(line.to_owned())).is_ok());
    }

    #[expect(clippy::unused_self, reason = "where lines go is for this type to know")]
    fn line(&self, line: &str) {
        note(line);
    }
}

impl Work for Ui {
    fn say(&self, line: &str) {
        let width = if io::stderr().is_terminal() { 100 } else { usize::MAX };
        self.detail(&line.chars().take(width).collect::<String>());
    }

    fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    fn keeper(&self) -> Option<Command> {
        Some(build_keeper::command())
    }

    fn mark(&self) -> Option<(&str, &OsStr)> {
        Some(reaper::mark(&self.folder))
    }
}

/// Tells something that is no result, on standard error.
pub fn note(line: &str) {
    // A terminal that went away is no reason to stop.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a result on standard output. A reader that has gone away has seen enough.
pub fn print(text: &str) {
    let _ = write!(io::stdout(), "{text}").and_then(|()| io::stdout().flush());
}
