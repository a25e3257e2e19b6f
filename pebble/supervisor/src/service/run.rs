//! Process of one service: environment, user, output and exit.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::service_state::{Input, Timer};
use pebble::plan::{Service, Span, Startup};
use rustix::process::Pid;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{sleep, timeout};

use super::step::step;
use crate::clock::Time;
use crate::daemon::Daemon;
use crate::errno;
use crate::log::Log;
use crate::process::{Group, Spawn};
use crate::turn::Turn;
use crate::users::{Owner, RunAs, Users};
use pebble::plan::quote;

/// Bytes of output that are read at once.
const CHUNK: usize = 8 * 1024;

/// The service's startup for clients: unset counts as disabled.
pub(super) fn startup(service: &Service) -> Startup {
    if service.startup == Startup::Enabled { Startup::Enabled } else { Startup::Disabled }
}

/// Sets a timer of a service, replacing the running one.
pub(super) fn set_timer(daemon: &Rc<Daemon>, name: &str, timer: Timer, delay: Duration) {
    let (service, owner) = (name.to_owned(), daemon.clone());
    let waiting = spawn_local(async move {
        sleep(delay).await;
        // After a pause of the daemon, timer and exit may be due together: the exit came first.
        let process = owner.services.with(&service, |entry| entry.process).flatten();
        if timer == Timer::Okay && process.is_some_and(|process| owner.reaper.has_ended(process)) {
            return;
        }
        step(&owner, &service, Input::Elapsed(timer), None);
    });
    let old = daemon.services.with(name, |entry| entry.timers.insert(timer, waiting.abort_handle())).flatten();
    old.inspect(tokio::task::AbortHandle::abort);
}

/// Starts a service's process, and the tasks that read its output and wait for its exit.
pub(super) fn spawn(daemon: &Rc<Daemon>, name: &str) -> Result<(), String> {
    let known = daemon.services.with(name, |entry| (entry.machine.config().clone(), entry.log.clone()));
    let (config, log) = known.ok_or("cannot start service: it is not known")?;
    let command = config.parse_command().map_err(|error| error.to_string())?.args();
    let (owner, environment) = context(daemon, &config)?;
    let failed = |error: String| format!("cannot start service: {error}");
    let (output, input) = output_pipe().map_err(|error| failed(errno::text(&error)))?;
    daemon.journal.note(&format!("Service {} starting: {}", quote(name), config.command));
    let process = Spawn {
        command: &command,
        environment: &environment,
        directory: Some(config.working_dir.as_str()).filter(|directory| !directory.is_empty()),
        owner,
        group: Group::Own,
        marks: &daemon.reaper.marks,
        stdin: None,
        stderr: input.try_clone().map_err(|error| failed(errno::text(&error)))?,
        stdout: input,
    };
    let process = process.start().map_err(|error| failed(error.to_string()))?;
    daemon.journal.debug(|| format!("Service {} started with PID {}", quote(name), process.as_raw_nonzero()));
    daemon.services.with(name, |entry| {
        entry.process = Some(process);
        entry.starts += 1;
    });
    let exit = daemon.reaper.exit_of(process);
    let reading = spawn_local(read(daemon.clone(), log, output));
    spawn_local(wait(daemon.clone(), name.to_owned(), process, exit, reading, patience(&config)));
    Ok(())
}

fn output_pipe() -> io::Result<(pipe::Receiver, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((pipe::Receiver::from_owned_fd(reader.into())?, writer.into()))
}

async fn read(daemon: Rc<Daemon>, log: Log, mut output: pipe::Receiver) {
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut turn = Turn::begin();
    while let Ok(1..) = output.read_buf(&mut chunk).await {
        daemon.verbose.borrow().print(log.write(&chunk, Time::now()));
        chunk.clear();
        // A service may print without pause.
        turn.pass().await;
    }
}

/// Time for the output of a service whose process has ended: nine tenths of the kill delay. `None` is without limit, which
/// a kill delay of zero means to Pebble.
fn patience(service: &Service) -> Option<Duration> {
    let delay = service.kill_delay.map_or(5_000_000_000, Span::as_nanos);
    let patience = i128::from(delay) * 9 / 10;
    (patience != 0).then(|| Duration::from_nanos(u64::try_from(patience).unwrap_or_default()))
}

/// Waits for the process, then for the rest of its output, which a child may hold open, within `patience`.
async fn wait(
    daemon: Rc<Daemon>,
    name: String,
    process: Pid,
    exit: oneshot::Receiver<i32>,
    mut reading: JoinHandle<()>,
    patience: Option<Duration>,
) {
    let code = exit.await.unwrap_or(-1);
    daemon.journal.debug(|| format!("Service {} exited with code {code}.", quote(&name)));
    match patience {
        Some(patience) if timeout(patience, &mut reading).await.is_err() => reading.abort(),
        Some(_) => {}
        // Its error is none of ours.
        None => drop(reading.await),
    }
    let ours = daemon.services.with(&name, |entry| entry.process.take_if(|current| *current == process).is_some());
    if ours == Some(true) {
        step(&daemon, &name, Input::Exited(code), None);
    }
}

/// User and environment of a service. Variables in rising precedence: the daemon's, the workload's, the service's; HOME
/// and USER are filled in.
fn context(daemon: &Daemon, config: &Service) -> Result<(Option<Owner>, BTreeMap<String, String>), String> {
    let plan = daemon.plan.borrow();
    let workload = plan.plan().workloads.get(&config.workload);
    let mut own: BTreeMap<String, String> =
        workload.map(|workload| (*workload.environment).clone()).unwrap_or_default();
    own.extend(config.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut run_as = workload.map_or_else(RunAs::default, |workload| RunAs {
        user_id: workload.user_id.map(i64::from),
        user: &workload.user,
        group_id: workload.group_id.map(i64::from),
        group: &workload.group,
    });
    run_as.user_id = config.user_id.map(i64::from).or(run_as.user_id);
    run_as.group_id = config.group_id.map(i64::from).or(run_as.group_id);
    run_as.user = if config.user.is_empty() { run_as.user } else { &config.user };
    run_as.group = if config.group.is_empty() { run_as.group } else { &config.group };
    let users = Users::read();
    let owner = users.resolve(run_as).map_err(|error| error.to_string())?;
    if let Some(owner) = owner {
        fill_in_user(daemon, &users, owner.uid, &mut own);
    }
    let mut environment = daemon.environment();
    environment.extend(own);
    Ok((owner, environment))
}

/// Sets HOME and USER of the user, where they are missing or empty.
pub(crate) fn fill_in_user(daemon: &Daemon, users: &Users, uid: u32, environment: &mut BTreeMap<String, String>) {
    let missing =
        |environment: &BTreeMap<String, String>, name: &str| environment.get(name).is_none_or(String::is_empty);
    if !missing(environment, "HOME") && !missing(environment, "USER") {
        return;
    }
    let Some(user) = users.by_id(uid) else {
        daemon.journal.note(&format!("Cannot look up user {uid}: user: unknown userid {uid}"));
        return;
    };
    for (name, value) in [("HOME", &user.home), ("USER", &user.name)] {
        if missing(environment, name) {
            environment.insert(name.to_owned(), value.clone());
        }
    }
}
