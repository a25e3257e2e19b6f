//! The way of one event: the order of the stages and nothing else.

use juju::Juju;
use pebble::blocking::Client;

use crate::charm_spec::CharmSpec;
use crate::decide::Random;
use crate::work::Work;
use crate::{conclude, decide, observe, perform, publish};

/// Takes an event from left to right. Any event may reconcile everything, in any order; a second identical event
/// writes nothing.
///
/// # Errors
///
/// A hook tool that fails: everything else is a status.
pub fn run(
    work: &Work,
    juju: &Juju<'_>,
    pebble: &Client,
    spec: &CharmSpec,
    random: Random<'_>,
) -> Result<(), juju::Error> {
    let seen = observe::all(work, juju, pebble, spec)?;
    let steps = decide::steps(work, &seen, spec, random);
    publish::progress(juju, &steps)?;
    let done = perform::all(&steps, pebble);
    let report = conclude::report(&seen, &steps, &done);
    publish::to(juju, &report)
}
