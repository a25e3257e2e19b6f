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
//! a check's period below zero counts as unset, a failed start leaves no socket behind (`daemon`), a verb of `enter --run`
//! runs without default services too, `help` describes verbs and options in its own words and without a manual page
//! (`verb::help`), `exec` doesn't pass SIGSEGV on (`verb::exec`), and messages shorten long texts.
//!
//! After SIGKILL of the daemon its services, commands and checks go on. The next daemon in the same directory ends them with
//! their process groups before it starts its own, so that nothing runs twice; Pebble forgets them (`leftover`). It does not
//! find a process that made a session of its own, nor any with `PEBBLE_PERSIST=never`, which leaves nothing to find them by.

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

use cli::{Command, Help};

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    match Command::parse(env::args_os().skip(1), |name| env::var_os(name)) {
        Ok(Command::Help(Help::Short)) => print(&verb::help::short()),
        Ok(Command::Help(Help::Long)) => print(&verb::help::long()),
        Ok(Command::Help(Help::Of(name))) => match verb::help::of(&name) {
            Some(text) => print(&text),
            None => fail("error", &cli::Error::Command(name)),
        },
        Ok(Command::Version) => print(&format!("{}\n", daemon::VERSION)),
        Ok(Command::Run(options)) => run(options),
        Ok(Command::Verb { name, words, socket }) => match verb::run(&name, words, socket) {
            Some(code) => ExitCode::from(code),
            None => fail("error", &cli::Error::Command(name)),
        },
        // Pebble reads them as it starts the daemon.
        Err(error @ (cli::Error::ArgsName | cli::Error::ArgsTwice(_))) => fail("cannot run daemon", &error),
        Err(error) => fail("error", &error),
    }
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
        match error.downcast_ref() {
            Some(error) => text.push_str(&format!(": {}", errno::text(error))),
            None => text.push_str(&format!(": {error}")),
        }
        cause = error.source();
    }
    // A closed standard error leaves the exit code.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::FAILURE
}
