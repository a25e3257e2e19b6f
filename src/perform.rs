//! Carries the steps out in Pebble, the only stage that writes there. The result is never an error: it says how many
//! steps succeeded and why the next one failed.

use std::fmt;
use std::time::Duration;

use pebble::blocking::Client;
use pebble::types::{Change, ChangeId, ChangeSelect, ExecOptions, MakeDir, Signal, WriteFile};

use crate::listening::{TABLES, is_listening};
use crate::restarts::StartWindow;
use crate::steps::{Action, Run, Step, Steps};

/// User and group of the workload in every rock.
const WORKLOAD_USER: &str = "_daemon_";
/// Label of the charm's layer, the same as the Python framework's.
const LAYER: &str = "charm";
/// Limit of a change of services. Longer than Pebble's own delay before it kills a service in a restart.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// Limit of the wait for a command that a killed hook began. Pebble has ended the command by then, but child processes
/// may hold its output open for any time; the next event checks again.
const LINGERS: Duration = Duration::from_secs(30);
/// Bytes of a command's output that are kept. The log shows its last lines.
const OUTPUT: usize = 64 << 10;
/// Interval between checks of the port.
const LOOKS: Duration = Duration::from_millis(250);
/// Largest table of sockets that is read, in bytes.
const LARGEST_TABLE: usize = 8 << 20;
/// Kinds of Pebble's changes that start or stop services. Commands of operators and Pebble's own checks are not waited
/// for.
const KINDS: [&str; 5] = ["start", "stop", "restart", "replan", "autostart"];

/// Outcome of the steps.
#[derive(Debug, Default)]
pub struct Done {
    /// Number of steps that succeeded.
    pub completed: usize,
    /// Failure of the next step.
    pub failure: Option<Failure>,
    /// Output of the command that reports it, if it exited with 0.
    pub output: Option<String>,
    /// Time in which the steps started services.
    pub started: Option<StartWindow>,
}

/// Failure of a step.
pub enum Failure {
    /// Pebble can't be reached, refuses the request, or its change failed.
    Pebble(pebble::Error),
    /// The command exited with another code than 0.
    Exit {
        /// Exit code.
        code: i32,
        /// Last output of the command, stdout and stderr together.
        output: String,
    },
    /// The application does not listen on its port.
    Silent,
    /// A change that began before this event still runs.
    Busy {
        /// Summary of the change, from Pebble.
        what: String,
        /// Id of the change.
        id: ChangeId,
    },
}

impl fmt::Debug for Failure {
    /// Prints the kind only: output of a command or service may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pebble(_) => f.write_str("Pebble(…)"),
            Self::Exit { code, .. } => write!(f, "Exit({code})"),
            Self::Silent => f.write_str("Silent"),
            Self::Busy { id, .. } => write!(f, "Busy({id})"),
        }
    }
}

impl From<pebble::Error> for Failure {
    fn from(error: pebble::Error) -> Self {
        Self::Pebble(error)
    }
}

/// Carries the steps out until one fails.
#[must_use]
pub fn all(steps: &Steps, pebble: &Client) -> Done {
    let mut done = Done::default();
    for Step { action, .. } in &steps.effects {
        tracing::info!("{}", capitalised(action));
        match one(action, pebble) {
            Ok(Outcome { output, started }) => {
                done.output = done.output.or(output);
                done.started = match (done.started, started) {
                    (Some(earlier), Some(later)) => Some(earlier.to(later)),
                    (earlier, later) => earlier.or(later),
                };
            }
            Err(failure) => {
                done.failure = Some(failure);
                break;
            }
        }
        done.completed += 1;
    }
    done
}

fn capitalised(action: &Action) -> String {
    let text = action.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Outcome of one step.
#[derive(Default)]
struct Outcome {
    /// Output of a command that reports it.
    output: Option<String>,
    /// Time of the change that started services.
    started: Option<StartWindow>,
}

/// Carries one step out.
fn one(action: &Action, pebble: &Client) -> Result<Outcome, Failure> {
    let done = match action {
        Action::Await { commands } => wait(commands, pebble),
        Action::Stop { services } => change(pebble.stop(&names(services), CHANGE_TIMEOUT)),
        Action::MakeDir { path } => Ok(pebble.make_dir(path, &workload_dir())?),
        Action::Write { path, content, workload_owned } => {
            Ok(pebble.write_file(path, content.as_slice(), &file(*workload_owned))?)
        }
        Action::Remove { path } => Ok(pebble.remove(path, true)?),
        Action::Run(command) => {
            let output = Some(run(command, pebble)?).filter(|_| command.reports);
            return Ok(Outcome { output, ..Outcome::default() });
        }
        Action::AddLayer(layer) => Ok(pebble.add_layer(LAYER, layer, true)?),
        Action::ForwardLogs(layer) => Ok(pebble.add_layer(&layer.label, layer, true)?),
        Action::Replan => return start(pebble.replan(CHANGE_TIMEOUT)),
        Action::Restart { service } => return start(pebble.restart(&[service], CHANGE_TIMEOUT)),
        Action::Listen { port, patience } => listen(*port, *patience, pebble),
        Action::Reload { service } => Ok(pebble.signal(Signal::Hup, &[service])?),
    };
    done.map(|()| Outcome::default())
}

/// Waits for changes that a killed hook left running. Pebble continues them, and would refuse a second one or run it
/// again.
fn wait(commands: &[String], pebble: &Client) -> Result<(), Failure> {
    let under_way = pebble.changes(ChangeSelect::InProgress, None)?;
    for Change { id, kind, summary, .. } in under_way.into_iter().filter(|change| is_awaited(change, commands)) {
        match pebble.wait_change(&id, if kind == "exec" { LINGERS } else { CHANGE_TIMEOUT }) {
            // A failed change ends the wait too: the following steps find the state it left.
            Ok(_) | Err(pebble::Error::Change { .. }) => {}
            Err(pebble::Error::Timeout { .. }) => return Err(Failure::Busy { what: summary, id }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn is_awaited(change: &Change, commands: &[String]) -> bool {
    let runs = |command: &String| change.summary == format!("Execute command {command:?}");
    KINDS.contains(&change.kind.as_str()) || (change.kind == "exec" && commands.iter().any(runs))
}

/// Waits until the application listens, or `patience` is over.
fn listen(port: u16, patience: Duration, pebble: &Client) -> Result<(), Failure> {
    let mut left = patience;
    while !is_heard(port, pebble)? {
        left = left.checked_sub(LOOKS).ok_or(Failure::Silent)?;
        #[expect(clippy::disallowed_methods, reason = "no event says that a port is listened on, so this polls")]
        std::thread::sleep(LOOKS);
    }
    Ok(())
}

/// True if a socket in the container listens on this port. A table that can't be read counts as listening.
fn is_heard(port: u16, pebble: &Client) -> Result<bool, Failure> {
    for path in TABLES {
        match pebble.read_file(path, LARGEST_TABLE) {
            Ok(table) if is_listening(&table, port) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.is_unreachable() => return Err(error.into()),
            Err(error) => {
                tracing::debug!("Cannot read {path}: {error}");
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn names(services: &[String]) -> Vec<&str> {
    services.iter().map(String::as_str).collect()
}

fn change(change: Result<Change, pebble::Error>) -> Result<(), Failure> {
    change.map(drop).map_err(Failure::from)
}

/// Outcome of a change that starts services.
fn start(change: Result<Change, pebble::Error>) -> Result<Outcome, Failure> {
    let started = Some(StartWindow::of(&change?));
    Ok(Outcome { started, ..Outcome::default() })
}

fn owner(workload_owned: bool) -> Option<String> {
    workload_owned.then(|| WORKLOAD_USER.to_owned())
}

fn file(workload_owned: bool) -> WriteFile {
    let owner = owner(workload_owned);
    WriteFile { make_dirs: true, user: owner.clone(), group: owner, ..WriteFile::default() }
}

fn workload_dir() -> MakeDir {
    let owner = owner(true);
    MakeDir { make_parents: true, user: owner.clone(), group: owner, ..MakeDir::default() }
}

/// Runs a command, and returns its output.
fn run(run: &Run, pebble: &Client) -> Result<String, Failure> {
    let owner = owner(run.as_workload);
    let options = ExecOptions {
        service_context: run.service_context.clone(),
        environment: run.environment.clone(),
        working_dir: run.working_dir.clone(),
        timeout: Some(run.timeout),
        user: owner.clone(),
        group: owner,
        combine_stderr: true,
        keep: Some(OUTPUT),
        ..ExecOptions::new(run.command.clone())
    };
    let output = pebble.exec(&options)?;
    let said = String::from_utf8_lossy(whole_lines(&output.stdout)).into_owned();
    if output.exit_code == 0 { Ok(said) } else { Err(Failure::Exit { code: output.exit_code, output: said }) }
}

/// Removes the first line of output that was cut: a cut secret would not be redacted.
fn whole_lines(output: &[u8]) -> &[u8] {
    if output.len() < OUTPUT {
        return output;
    }
    output.iter().position(|byte| *byte == b'\n').map_or(&[], |end| &output[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_its_beginning_is_removed() {
        assert_eq!(whole_lines(b"a\nb"), b"a\nb");
        let cut = [b"ecret\nsaid\n".as_slice(), &[b'x'; OUTPUT]].concat();
        assert!(whole_lines(&cut).starts_with(b"said\nx"));
        assert_eq!(whole_lines(&[b'x'; OUTPUT]), b"");
    }

    #[test]
    fn only_changes_of_services_and_the_same_command_are_awaited() {
        let awaited = |kind: &str, summary: &str| {
            let change = Change { kind: kind.to_owned(), summary: summary.to_owned(), ..Change::default() };
            is_awaited(&change, &["/flask/app/migrate".to_owned()])
        };
        for kind in KINDS {
            assert!(awaited(kind, "Replan service \"flask\""), "{kind}");
        }
        assert!(awaited("exec", "Execute command \"/flask/app/migrate\""));
        assert!(!awaited("exec", "Execute command \"bash\"") && !awaited("perform-check", "Perform HTTP check"));
    }
}
