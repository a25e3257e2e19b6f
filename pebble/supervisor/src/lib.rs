//! A service supervisor that speaks Pebble's protocol: layers and plan, services, changes, files, logs, commands.
//!
//! One thread does all the work, so there are no locks. From the edge inwards: [`main`] reads the command line,
//! `daemon` connects the parts, `server` accepts requests, `api` is their table; `state` has the rules by which tasks
//! run, `runner` runs them, `service` and `exec` carry them out. The pure parts (layers, plan, replan, the states of a
//! service) are in the `pebble` library, shared with clients and fakes.
//!
//! Deliberately different from Pebble: the root directory is never removed (`files`), a command whose client doesn't read its output
//! ends at its own limit or when its change is aborted (`exec`), notices are bounded at all times (`state`), a changed
//! location of a log target takes effect (`forward`), a check that a client starts has its service's context (`check`),
//! and messages shorten long texts.

#![allow(clippy::disallowed_methods, reason = "this is the process that starts others, waits and looks at the clock")]

mod access;
mod api;
mod change;
mod check;
mod cli;
mod clock;
mod daemon;
mod dial;
mod errno;
mod exec;
mod fetch;
mod files;
mod forward;
#[cfg(fuzzing)]
pub mod fuzzing;
mod go_json;
mod identity;
mod journal;
mod layers;
mod leftover;
mod log;
mod metrics;
mod notice;
mod pem;
mod process;
mod query;
mod reaper;
mod request_body;
mod response;
mod runner;
mod server;
mod service;
mod state;
mod status;
mod store;
mod task;
mod tls;
mod turn;
mod users;
mod verb;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use cli::Command;

const HELP: &str = "\
Pebble-compatible service supervisor, and its client

Usage:
  pebble run [options]    Run the daemon
  pebble enter [options] [VERB ...]
                          Run the daemon, and in it a verb (exec, ls, plan, services, version, start, stop)
  pebble help [VERB]      Print this text, or one about a verb
  pebble VERB ...         Send a request to the daemon

Options of run and enter:
  --create-dirs           Create the daemon's directory if it is missing
  --hold                  Don't start the services that are enabled
  --http=[HOST]:PORT      Also serve the public part of the API over HTTP; without HOST on all addresses
  --https=[HOST]:PORT     Also serve the API over HTTPS, to clients with an identity's certificate
  -v, --verbose           Print the services' output (also PEBBLE_VERBOSE=1)
  --args NAME ARG... ;    Replace the default arguments of a service
  --identities FILE       Replace the identities that the file names

Environment:
  PEBBLE                  The daemon's directory, with layers/; default /var/lib/pebble/default
  PEBBLE_SOCKET           The socket; default $PEBBLE/.pebble.socket
  PEBBLE_PERSIST=never    Keep changes in memory only
  PEBBLE_COPY_ONCE        A directory that is copied to an empty one of the daemon
  PEBBLE_DEBUG=1          More detail in the log

Verbs:
";

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    match Command::parse(env::args_os().skip(1), |name| env::var_os(name)) {
        Ok(Command::Help(None)) => print(&help()),
        Ok(Command::Help(Some(verb))) => match verb::help(&verb) {
            Some(text) => print(&text),
            None => fail("error", &cli::Error::Command(verb)),
        },
        Ok(Command::Version) => print(&format!("{}\n", daemon::VERSION)),
        Ok(Command::Run(options)) => run(options),
        Ok(Command::Verb { name, words, socket }) => match verb::run(&name, words, socket) {
            Some(code) => ExitCode::from(code),
            None => fail("error", &cli::Error::Command(name)),
        },
        Err(error) => fail("error", &error),
    }
}

fn help() -> String {
    let verbs = verb::summaries().into_iter().map(|(name, summary)| format!("  {name:<22}  {summary}\n"));
    HELP.to_owned() + &verbs.collect::<String>()
}

fn run(options: cli::Options) -> ExitCode {
    let runtime = match Builder::new_current_thread().enable_all().max_blocking_threads(4).build() {
        Ok(runtime) => runtime,
        Err(error) => return fail("cannot run daemon", &error),
    };
    let outcome = LocalSet::new().block_on(&runtime, daemon::run(options, environment()));
    // Requests that still wait end with the process.
    runtime.shutdown_background();
    match outcome {
        Ok(end) => ExitCode::from(end.code()),
        Err(error) => fail("cannot run daemon", &error),
    }
}

/// The environment's variables that are valid UTF-8; the API can't carry others.
fn environment() -> BTreeMap<String, String> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints an error with its causes.
fn fail(what: &str, error: &dyn Error) -> ExitCode {
    let mut text = format!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    // A closed standard error leaves the exit code.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::FAILURE
}
