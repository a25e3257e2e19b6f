//! The order of the stages.

use std::time::SystemTime;

use juju::Juju;
use pebble::blocking::Client;

use crate::charm_spec::CharmSpec;
use crate::random::Random;
use crate::work::Work;
use crate::{conclude, decide, observe, perform, publish};

/// Runs the stages for one event, which began at `now`. Events may come in any order: each reconciles the state as far as
/// its work asks. A second identical event makes no write.
///
/// # Errors
///
/// A hook tool failed. Every other failure becomes a status.
pub fn run(
    work: &Work,
    juju: &Juju<'_>,
    pebble: &Client,
    spec: &CharmSpec,
    now: SystemTime,
    random: Random<'_>,
) -> Result<(), juju::Error> {
    let seen = observe::all(work, juju, pebble, spec, now)?;
    let steps = decide::steps(work, &seen, spec, random);
    publish::progress(juju, &steps)?;
    let done = perform::all(&steps, pebble);
    let report = conclude::report(&seen, &steps, &done);
    publish::to(juju, &report)
}
