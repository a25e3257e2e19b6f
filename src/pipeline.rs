//! The way of one event: the order of the stages and nothing else.

use juju::Juju;
use pebble::blocking::Client;

use crate::asked::Asked;
use crate::decide::Random;
use crate::shape::Shape;
use crate::{conclude, decide, observe, perform, publish};

/// Takes an event from left to right. Any event may reconcile everything, in any order; a second identical event
/// writes nothing.
///
/// # Errors
///
/// A hook tool that fails: everything else is a status.
pub fn run(
    asked: &Asked,
    juju: &Juju<'_>,
    pebble: &Client,
    shape: &Shape,
    random: Random<'_>,
) -> Result<(), juju::Error> {
    let seen = observe::all(asked, juju, pebble, shape)?;
    let steps = decide::steps(asked, &seen, shape, random);
    publish::progress(juju, &steps)?;
    let done = perform::all(&steps, pebble);
    let report = conclude::report(&seen, &steps, &done);
    publish::to(juju, &report)
}
