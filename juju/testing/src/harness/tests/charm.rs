//! Charms of the tests: one that does nothing, and one that runs the script of its test.

use juju::{Charm, Event, Flow, Juju, On, Setup, Status, Whose};
use std::cell::Cell;

/// A charm that gets every event and does nothing.
#[derive(Debug)]
pub(super) struct Recorder;

impl Charm for Recorder {
    type Error = juju::Error;

    fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
        Ok(Recorder)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, _, _| Ok(()));
    }
}

/// A charm whose handler of start defers until its unit leads.
#[derive(Debug)]
pub(super) struct Patient;

impl Charm for Patient {
    type Error = juju::Error;

    fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
        Ok(Patient)
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("start", juju::event::Start, |_, _, juju| {
            juju.set_status(Whose::Unit, &Status::maintenance("at work"))?;
            Ok(if juju.is_leader()? { Flow::Done } else { Flow::Defer })
        });
    }
}

pub(super) type Script = fn(&Event, &Juju<'_>) -> Result<(), juju::Error>;

thread_local! {
    static SCRIPT: Cell<Script> = const { Cell::new(|_, _| Ok(())) };
}

/// A charm that runs the script of its test in every event.
#[derive(Debug)]
pub(super) struct Scripted;

impl Scripted {
    /// Sets the script of this thread's charms.
    pub(super) fn plays(script: Script) {
        SCRIPT.set(script);
    }
}

impl Charm for Scripted {
    type Error = juju::Error;

    fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
        Ok(Scripted)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, event, juju| SCRIPT.get()(event, juju));
    }
}
