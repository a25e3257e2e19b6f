//! Steps of a service's state machine: inputs, outputs, and answers to waiting tasks.

use std::rc::Rc;

use pebble::plan::service_state::{Input, Output, Signal, StartError};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::run;
use crate::clock::Time;
use crate::daemon::Daemon;
use crate::errno;
use crate::process;
use crate::task::{Id, Level};

/// A task that asks for a start or stop.
pub(super) struct Asker {
    pub(super) task: Id,
    pub(super) reply: Reply,
}

/// Channel for the answer to a task.
pub(super) enum Reply {
    Start(oneshot::Sender<Result<(), StartError>>),
    Stop(oneshot::Sender<Result<(), String>>),
}

impl Reply {
    fn start(self) -> Option<oneshot::Sender<Result<(), StartError>>> {
        if let Reply::Start(sender) = self { Some(sender) } else { None }
    }

    fn stop(self) -> Option<oneshot::Sender<Result<(), String>>> {
        if let Reply::Stop(sender) = self { Some(sender) } else { None }
    }
}

/// Feeds an input to a service's machine and carries out its outputs. An immediate answer goes to `asker`; a later one
/// to the last task that still waits.
pub(super) fn step(daemon: &Rc<Daemon>, name: &str, input: Input, asker: Option<Asker>) {
    let chance = daemon.chance();
    let Some(outputs) = daemon.services.with(name, |entry| entry.take_in(input, chance)) else { return };
    let mut asker = asker;
    for output in outputs {
        carry_out(daemon, name, output, &mut asker);
    }
    if let Some(asker) = asker {
        daemon.services.with(name, |entry| match asker.reply {
            Reply::Start(sender) => entry.starting = Some(sender),
            Reply::Stop(sender) => entry.stopping = Some(sender),
        });
    }
}

fn carry_out(daemon: &Rc<Daemon>, name: &str, output: Output, asker: &mut Option<Asker>) {
    match output {
        Output::Spawn => {
            let input = run::spawn(daemon, name).map_or_else(Input::SpawnFailed, |()| Input::Spawned);
            let outputs = daemon.services.with(name, |entry| entry.take_in(input, daemon.chance()));
            outputs.into_iter().flatten().for_each(|output| carry_out(daemon, name, output, asker));
        }
        Output::Signal(signal) => send(daemon, name, signal),
        Output::SetTimer(timer, delay) => run::set_timer(daemon, name, timer, delay),
        Output::ClearTimer(timer) => {
            let running = daemon.services.with(name, |entry| entry.timers.remove(&timer)).flatten();
            running.inspect(AbortHandle::abort);
        }
        Output::Started(outcome) => {
            let asked = asker.take_if(|asker| matches!(asker.reply, Reply::Start(_)));
            let waiting = || daemon.services.with(name, |entry| entry.starting.take()).flatten();
            let sender = asked.map_or_else(waiting, |asker| asker.reply.start());
            // An aborted task has dropped its receiver.
            sender.map(|sender| sender.send(outcome));
        }
        Output::Stopped(outcome) => {
            let asked = asker.take_if(|asker| matches!(asker.reply, Reply::Stop(_)));
            let waiting = || daemon.services.with(name, |entry| entry.stopping.take()).flatten();
            let sender = asked.map_or_else(waiting, |asker| asker.reply.stop());
            sender.map(|sender| sender.send(outcome));
        }
        Output::TaskLog(text) => {
            if let Some(asker) = asker {
                daemon.store.write(|state| state.log(asker.task, Level::Info, &text, Time::now()));
            }
        }
        Output::Log(text) => daemon.journal.note(&text),
        Output::Shutdown(kind) => daemon.shutdown(kind.into()),
    }
}

fn send(daemon: &Daemon, name: &str, signal: Signal) {
    let Some(Some(process)) = daemon.services.with(name, |entry| entry.process) else { return };
    let (signal, word) = match signal {
        Signal::Term => (rustix::process::Signal::TERM, "SIGTERM"),
        Signal::Kill => (rustix::process::Signal::KILL, "SIGKILL"),
    };
    if let Err(error) = process::signal_group(process, signal) {
        daemon.journal.note(&format!("Cannot send {word} to process: {}", errno::text(&error.into())));
    }
}
