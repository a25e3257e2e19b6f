//! Runs tasks when their time has come, each as a local task of its own, and records how they end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::task::spawn_local;

use crate::clock::Time;
use crate::daemon::Daemon;
use crate::task::Id;
use crate::{exec, service};

/// The tasks at work.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    running: RefCell<BTreeMap<Id, watch::Sender<bool>>>,
    ending: Cell<bool>,
}

/// Tells a task at work that it is to stop.
#[derive(Clone, Debug)]
pub(crate) struct Abort(watch::Receiver<bool>);

impl Abort {
    /// Waits until the task is to stop; for ever if it never is.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Runner {
    /// Stops all work for good: nothing is begun any more, and what ends now is not recorded but begun again at the
    /// next start.
    pub(crate) fn end(&self) {
        self.ending.set(true);
        for abort in self.running.borrow().values() {
            abort.send_replace(true);
        }
    }

    /// Whether nothing is at work.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.borrow().is_empty()
    }
}

/// Begins and stops what is due. Due after each change of the state that isn't only in a log.
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
        Some((kind, Some(service))) if kind == "start" => service::start(daemon, id, &service, abort).await,
        Some((kind, Some(service))) if kind == "stop" => service::stop(daemon, id, &service).await,
        Some((kind, _)) if kind == "exec" => exec::run(daemon, id, abort).await,
        // Kinds of a newer daemon succeed by doing nothing, as in Pebble.
        _ => Ok(()),
    }
}

fn ended(daemon: &Rc<Daemon>, id: Id, outcome: &Result<(), String>) {
    daemon.runner.running.borrow_mut().remove(&id);
    if daemon.runner.ending.get() {
        // Whoever waits for the work to end looks again.
        return daemon.store.write(|_| ());
    }
    daemon.store.write(|state| state.finish(id, outcome, Time::now()));
    if let Err(why) = outcome {
        let of = daemon.store.read(|state| state.task(id).and_then(|task| Some((task.change?, task.summary.clone()))));
        if let Some((change, summary)) = of {
            daemon.journal.note(&format!("Change {change} task ({summary}) failed: {why}"));
        }
    }
    ensure(daemon);
}
