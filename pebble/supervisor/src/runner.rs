//! Runs tasks that are due, each as a local task, and records their results.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::task::spawn_local;

use crate::clock::Time;
use crate::daemon::Daemon;
use crate::task::Id;
use crate::{check, exec, service};

/// Running tasks.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    running: RefCell<BTreeMap<Id, watch::Sender<bool>>>,
    ending: Cell<bool>,
}

/// Receiver of a running task's abort signal.
#[derive(Clone, Debug)]
pub(crate) struct Abort(watch::Receiver<bool>);

impl Abort {
    /// Waits for the abort; for ever without one.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Runner {
    /// Aborts all tasks and begins no more. Results from here on are not recorded, so that these tasks run again at the
    /// next start, except that a check's task is done.
    pub(crate) fn end(&self) {
        self.ending.set(true);
        for abort in self.running.borrow().values() {
            abort.send_replace(true);
        }
    }

    /// True if no task runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.borrow().is_empty()
    }
}

/// Starts and aborts the tasks that the state says are due. To be called after each change of the state other than
/// logs.
pub(crate) fn ensure(daemon: &Rc<Daemon>) {
    let runner = &daemon.runner;
    if runner.ending.get() {
        return;
    }
    let running = runner.running.borrow().keys().copied().collect();
    let next = daemon.store.write(|state| state.advance(&running, Time::now()));
    for id in next.stop {
        if let Some(abort) = runner.running.borrow().get(&id) {
            abort.send_replace(true);
        }
    }
    for id in next.run {
        let (ask, asked) = watch::channel(false);
        runner.running.borrow_mut().insert(id, ask);
        let daemon = daemon.clone();
        spawn_local(async move {
            let outcome = run(&daemon, id, Abort(asked)).await;
            ended(&daemon, id, &outcome);
        });
    }
}

async fn run(daemon: &Rc<Daemon>, id: Id, abort: Abort) -> Result<(), String> {
    let task =
        daemon.store.read(|state| state.task(id).map(|task| (task.kind.clone(), task.service().map(str::to_owned))));
    match task {
        Some((kind, _)) if check::is_kind(&kind) => check::run(daemon, id, &kind, abort).await,
        Some((kind, Some(service))) if kind == "start" => service::start(daemon, id, &service, abort).await,
        Some((kind, Some(service))) if kind == "stop" => service::stop(daemon, id, &service).await,
        Some((kind, _)) if kind == "exec" => exec::run(daemon, id, abort).await,
        // Unknown kinds, of a newer daemon, succeed without action, as in Pebble.
        _ => Ok(()),
    }
}

fn ended(daemon: &Rc<Daemon>, id: Id, outcome: &Result<(), String>) {
    daemon.runner.running.borrow_mut().remove(&id);
    if daemon.runner.ending.get() {
        // Wakes the wait for idleness, too.
        return daemon.store.write(|state| {
            let is_check = state.task(id).is_some_and(|task| check::is_kind(&task.kind));
            if is_check && outcome.is_ok() {
                state.finish(id, outcome, Time::now());
            }
        });
    }
    daemon.store.write(|state| state.finish(id, outcome, Time::now()));
    if let Err(why) = outcome {
        let of = daemon.store.read(|state| state.task(id).and_then(|task| Some((task.change?, task.summary.clone()))));
        if let Some((change, summary)) = of {
            daemon.journal.note(&format!("Change {change} task ({summary}) failed: {why}"));
        }
    }
    check::ended(daemon, id);
    ensure(daemon);
}
