//! A backup agent: the provider's half of the interface `backup`, on the machine of the requirer's unit.
//!
//! It shows the request in its status. Its action `backup` runs the request's commands around a backup that saves no
//! files.

use std::io;
use std::process::{Command, ExitCode};

use interfaces::Read;
use interfaces::backup::{AbsolutePath, Moment, Request, provider};
use juju::event::{Action, UpdateStatus};
use juju::key::Endpoint as _;
use juju::{Charm, Error, Juju, On, Setup, Status, Whose};

juju::metadata!("examples/agent/charmcraft.yaml");

/// The agent.
struct Agent;

impl Charm for Agent {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::BACKUP.changed(), |agent, _, juju| agent.show(juju))
            .event(meta::BACKUP.broken(), |agent, _, juju| agent.show(juju))
            .event(UpdateStatus, |agent, _, juju| agent.show(juju))
            .event(meta::BACKUP_ACTION, Self::back_up);
    }
}

impl Agent {
    fn show(&self, juju: &Juju<'_>) -> Result<(), Error> {
        let status = match request(juju)? {
            Read::Absent => Status::waiting("waiting for backup relation"),
            Read::Waiting(key) => Status::waiting(format!("waiting for {key}")),
            Read::Invalid { key, .. } => Status::blocked(format!("invalid backup relation data: {key}")),
            Read::Ready(request) => Status::active(format!("saves {}", request.fileset)),
        };
        juju.set_status(Whose::Unit, &status)
    }

    fn back_up(&mut self, action: &Action<'_, ()>, juju: &Juju<'_>) -> Result<(), Error> {
        let Read::Ready(request) = request(juju)? else { return action.fail("there is no request") };
        let before = run(request.commands.get(&Moment::BeforeBackup));
        match &before {
            Ok(output) => action.set_all([("before", output.clone()), ("saved", request.fileset.to_string())])?,
            Err(error) => action.fail(&format!("the backup is cancelled: {error}"))?,
        }
        match run(request.commands.get(&Moment::AfterBackup)) {
            Ok(output) => action.set("after", output),
            Err(error) => action.fail(&error),
        }
    }
}

/// The request of the first relation.
fn request(juju: &Juju<'_>) -> Result<Read<Request>, Error> {
    let views = juju.views(meta::BACKUP.name().as_str(), provider::NEEDS)?;
    Ok(views.first().map_or(Read::Absent, provider::read))
}

/// Runs a command and returns its output, which is empty without a command.
fn run(command: Option<&AbsolutePath>) -> Result<String, String> {
    let Some(command) = command else { return Ok(String::new()) };
    let failed = |why: String| format!("{command}: {why}");
    let output = start(command).map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        Err(failed(output.status.to_string()))
    }
}

#[allow(clippy::disallowed_methods, reason = "an agent runs the request's commands")]
fn start(command: &AbsolutePath) -> io::Result<std::process::Output> {
    Command::new(command.as_str()).output()
}

fn main() -> ExitCode {
    juju::main::<Agent>()
}
