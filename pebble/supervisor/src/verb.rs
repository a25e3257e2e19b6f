//! The command line's client: verbs that send requests to the daemon, with Pebble's words and exit codes.
//!
//! [`arguments`] reads a verb's flags, [`connection`] sends requests, [`table`] prints; each other file has the verbs of
//! one noun.

mod arguments;
mod changes;
mod checks;
mod connection;
mod exec;
mod files;
pub(crate) mod help;
mod identities;
mod kept;
mod logs;
mod moment;
mod notices;
mod ordered;
mod plan;
mod services;
mod table;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use arguments::{Arguments, Spec};
use connection::Connection;
pub(crate) use identities::read as read_identities;

/// A verb that failed: the message after `error: `.
type Failure = String;
type Outcome = Result<u8, Failure>;

/// A verb: its name, its arguments, and what it does.
struct Verb {
    name: &'static str,
    summary: &'static str,
    spec: Spec,
    run: fn(&Context, &Arguments) -> Outcome,
}

/// Surroundings of a verb.
pub(crate) struct Context {
    connection: Connection,
    socket: PathBuf,
}

impl Context {
    fn print(&self, text: &str) -> Outcome {
        // A reader that left ends the output, not the verb.
        let _ = io::stdout().write_all(text.as_bytes());
        Ok(0)
    }

    fn note(&self, text: &str) -> Outcome {
        let _ = writeln!(io::stderr(), "{text}");
        Ok(0)
    }
}

fn verbs() -> impl Iterator<Item = &'static Verb> {
    [
        plan::VERBS,
        services::VERBS,
        changes::VERBS,
        checks::VERBS,
        files::VERBS,
        exec::VERBS,
        logs::VERBS,
        notices::VERBS,
        identities::VERBS,
    ]
    .into_iter()
    .flatten()
}

/// Runs a verb and returns its exit code; `None` if there is no such verb.
pub(crate) fn run(name: &str, words: Vec<OsString>, socket: PathBuf) -> Option<u8> {
    let verb = verbs().find(|verb| verb.name == name)?;
    let words = words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let outcome = verb.spec.parse(words).and_then(|arguments| {
        if arguments.has("help") {
            let _ = io::stdout().write_all(verb.spec.help(name, verb.summary).as_bytes());
            return Ok(0);
        }
        let context = Context { connection: Connection::new(socket.clone()), socket };
        (verb.run)(&context, &arguments)
    });
    Some(outcome.unwrap_or_else(|why| {
        let _ = writeln!(io::stderr(), "error: {why}");
        1
    }))
}
