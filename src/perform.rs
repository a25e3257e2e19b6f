//! The only writer to Pebble: carries the steps out, in order, as far as they go. It can't fail: it says how far it came
//! and why it stopped.

use std::time::Duration;

use pebble::blocking::Client;
use pebble::types::{Change, ExecOptions, MakeDir, WriteFile};

use crate::steps::{Action, Run, Step, Steps};

/// The user and group of the workload, in every rock.
const WORKLOAD_USER: &str = "_daemon_";
/// The label of the charm's layer, the Python framework's.
const LAYER: &str = "charm";
/// Longer than Pebble waits before it kills a service, which a restart may have to.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(120);

/// How far the steps came.
#[derive(Debug, Default)]
pub struct Done {
    /// How many effects succeeded.
    pub completed: usize,
    /// Why the next one didn't.
    pub failure: Option<Failure>,
}

/// Why a step failed.
#[derive(Debug)]
pub enum Failure {
    /// Pebble is away, or won't do it, or a change of it failed.
    Pebble(pebble::Error),
    /// The command ended with another code than 0.
    Exit {
        /// The code.
        code: i32,
        /// What the command said last, on both streams.
        output: String,
    },
}

impl From<pebble::Error> for Failure {
    fn from(error: pebble::Error) -> Self {
        Self::Pebble(error)
    }
}

/// Carries the steps out.
#[must_use]
pub fn all(steps: &Steps, pebble: &Client) -> Done {
    let mut done = Done::default();
    for Step { action, .. } in &steps.effects {
        tracing::info!("{}", capitalised(action));
        if let Err(failure) = one(action, pebble) {
            done.failure = Some(failure);
            break;
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

fn one(action: &Action, pebble: &Client) -> Result<(), Failure> {
    match action {
        Action::Stop { services } => change(pebble.stop(&names(services), CHANGE_TIMEOUT)),
        Action::MakeDir { path } => Ok(pebble.make_dir(path, &workload_dir())?),
        Action::Write { path, content, workload_owned } => {
            Ok(pebble.write_file(path, content.as_slice(), &file(*workload_owned))?)
        }
        Action::Run(command) => run(command, pebble),
        Action::AddLayer(layer) => Ok(pebble.add_layer(LAYER, layer, true)?),
        Action::Replan => change(pebble.replan(CHANGE_TIMEOUT)),
        Action::Restart { service } => change(pebble.restart(&[service], CHANGE_TIMEOUT)),
        Action::Reload { service } => Ok(pebble.signal("SIGHUP", &[service])?),
    }
}

fn names(services: &[String]) -> Vec<&str> {
    services.iter().map(String::as_str).collect()
}

fn change(change: Result<Change, pebble::Error>) -> Result<(), Failure> {
    change.map(drop).map_err(Failure::from)
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

fn run(run: &Run, pebble: &Client) -> Result<(), Failure> {
    let owner = owner(run.as_workload);
    let options = ExecOptions {
        environment: run.environment.clone(),
        working_dir: run.working_dir.clone(),
        timeout: Some(run.timeout),
        user: owner.clone(),
        group: owner,
        combine_stderr: true,
        ..ExecOptions::new(run.command.clone())
    };
    let output = pebble.exec(&options)?;
    if output.exit_code == 0 {
        return Ok(());
    }
    Err(Failure::Exit { code: output.exit_code, output: String::from_utf8_lossy(&output.stdout).into_owned() })
}
