//! All output: progress and notes on standard error, results on standard output.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use clap::CommandFactory;
use pack::text::shown_lines;
use rock::{Cancel, Work};
use serde::Serialize;

use crate::cli::{Cli, MODEL, WITHOUT_MODEL};
use crate::redact::redact;
use crate::{build_keeper, reaper};

/// Printer of progress on standard error.
#[derive(Debug, Clone)]
pub struct Ui {
    started: Instant,
    cancel: Arc<Cancel>,
    listeners: Arc<Mutex<Vec<Sender<Option<String>>>>>,
    folder: Arc<Path>,
}

impl Ui {
    /// Makes one for the model in `folder`. Its times count from now.
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

    /// Subscribes to the steps from now on, besides the terminal. The sender ends the subscription with `None`.
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

/// Model of this process, unless it is the one that commands work on by default.
static OTHER_MODEL: OnceLock<String> = OnceLock::new();

/// Sets the model that printed commands name. Only the first call has an effect.
pub fn set_model(model: &str) {
    if model != MODEL {
        let _ = OTHER_MODEL.set(model.to_owned());
    }
}

/// Verbs of commands that work on a model. Made once, for a line may come from each hook.
static OF_MODEL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let command = Cli::command();
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    verbs.filter(|verb| !WITHOUT_MODEL.contains(verb)).map(str::to_owned).collect()
});

/// The text with `--model` in each command for a model, so that it can be typed as it is printed. A command stands
/// between backquotes, or on an indented line of its own.
fn with_model<'a>(text: &'a str, model: Option<&str>) -> Cow<'a, str> {
    const PROGRAM: &str = "webcharm ";
    let Some(model) = model else { return text.into() };
    let mut out = String::with_capacity(text.len());
    for (at, piece) in text.split(PROGRAM).enumerate() {
        if at > 0 {
            out.push_str(PROGRAM);
            let line = &out[out.rfind('\n').map_or(0, |end| end + 1)..out.len() - PROGRAM.len()];
            let is_command = line.ends_with('`') || (line.starts_with("  ") && line.trim().is_empty());
            let verb = piece.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next().unwrap_or_default();
            if is_command && OF_MODEL.iter().any(|known| known == verb) {
                out.push_str(&format!("--model {model} "));
            }
        }
        out.push_str(piece);
    }
    out.into()
}

fn of_model(text: &str) -> Cow<'_, str> {
    with_model(text, OTHER_MODEL.get().map(String::as_str))
}

/// Prints a line that is no result, on standard error. Control characters are escaped and credentials in URLs left out,
/// because charms and build tools write much of it.
pub fn note(line: &str) {
    // A closed terminal is no reason to stop.
    let _ = writeln!(io::stderr(), "{}", shown_lines(&redact(&of_model(line))));
}

/// Prints a text for people on standard output, with control characters escaped. A closed pipe is no error.
pub fn print(text: &str) {
    write_out(shown_lines(&of_model(text)).as_bytes());
}

/// Prints text of an application or user: on a terminal with control characters escaped, into a file or pipe unchanged.
pub fn hand_over(text: &str) {
    if io::stdout().is_terminal() { print(text) } else { write_out(text.as_bytes()) }
}

/// Prints JSON. Control characters are escaped as in JSON strings, so that programs read the same value back.
pub fn print_json(value: &impl Serialize) {
    // Never fails: statuses and options are made of strings, numbers and maps with string keys.
    let text = serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default();
    write_out(escape_json(&text).as_bytes());
}

/// Clears the terminal's screen.
pub fn clear_screen() {
    write_out(b"\x1b[H\x1b[2J");
}

fn write_out(bytes: &[u8]) {
    let _ = io::stdout().write_all(bytes).and_then(|()| io::stdout().flush());
}

/// Escapes the control characters in JSON. Outside of strings it has no others than line breaks, which stay.
fn escape_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if shown_lines(character.encode_utf8(&mut [0; 4])).starts_with('\\') && character != '\\' {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_command_names_its_model_unless_it_is_the_default() {
        let text = "up is up already: `webcharm status` shows it, `webcharm init X` writes\n\n  webcharm config app\n  webcharm down\n";
        let told = "up is up already: `webcharm --model two status` shows it, `webcharm init X` writes\n\n  \
                    webcharm --model two config app\n  webcharm --model two down\n";
        assert_eq!(with_model(text, Some("two")), told);
        assert_eq!(with_model(told, Some("two")), told, "a line of the model's process is printed by another");
        assert_eq!(with_model(text, None), text);
        for other in
            ["two   webcharm    localhost     3.6.12\n", "the webcharm status is", "`webcharm frobnicate`", "webcharm "]
        {
            assert_eq!(with_model(other, Some("two")), other);
        }
    }

    #[test]
    fn json_stays_the_same_value_without_a_character_that_a_terminal_obeys() {
        let value = serde_json::json!({"a\u{9b}b": "\u{1b}[2J \u{202e} \u{7f} \u{e0041} \\ \" ä 漢 🦀"});
        let text = escape_json(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(text, "{\n  \"a\\u009bb\": \"\\u001b[2J \\u202e \\u007f \\udb40\\udc41 \\\\ \\\" ä 漢 🦀\"\n}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
