//! The whole of a charm's `main`: environment, log, dispatch, exit code.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use crate::chain::chain;
use crate::charm::Charm;
use crate::context::{Context, ProcessVars};
use crate::dispatch::dispatch;
use crate::log::{Log, LogLevel};
use crate::tool::HookTools;
use crate::tool::private::sweep;

/// Runs the charm for the event in the environment: `fn main() -> ExitCode { webcharm_juju::main::<MyCharm>() }`.
///
/// An error fails the hook with exit code 1 and goes to Juju's log as one line, the causes joined with `: `. So does a
/// panic, of which only the place is told: its message may quote what must not be read.
pub fn main<C: Charm>() -> ExitCode {
    let log = Log::new(C::LOG_LEVEL);
    // A second subscriber can only be there if the program set one itself: then that is what it wants.
    let _ = tracing::subscriber::set_global_default(log.clone());
    let at_panic = log.clone();
    std::panic::set_hook(Box::new(move |panic| give_up(&at_panic, panic)));
    let code = match run::<C>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(chain) => {
            log.push(LogLevel::Error, chain);
            ExitCode::FAILURE
        }
    };
    hand_over(&log);
    code
}

fn run<C: Charm>() -> Result<(), String> {
    sweep();
    let context = Context::read(&ProcessVars).map_err(|error| chain(&error))?;
    dispatch::<C>(&context, &HookTools::new()).map_err(|error| chain(&error))
}

/// Writes the lines to Juju's log. If `juju-log` fails, warnings and errors go to stderr, which Juju logs as well.
fn hand_over(log: &Log) {
    let levels = [LogLevel::Warning, LogLevel::Error];
    let important: Vec<String> = levels.into_iter().flat_map(|level| log.lines(level)).collect();
    if let Err(error) = log.flush(&HookTools::new()) {
        important.iter().for_each(|line| say(line));
        say(&chain(&error));
    }
}

/// A closed stderr is no reason to fail, nor to panic.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[allow(clippy::exit, reason = "a panic ends the process here, with a code instead of a signal")]
fn give_up(log: &Log, panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    log.push(LogLevel::Error, format!("the charm panicked{place}: this is a bug of the charm"));
    hand_over(log);
    std::process::exit(1);
}

#[cfg(test)]
mod tests;
