//! A stand-in for Prometheus's `statsd_exporter`, which rocks of Flask and Django build from its repository.
//!
//! Building the real one takes a Go tool chain and minutes; the stand-in runs under the rock's Python.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Built, Error, failed};
use crate::cache::{Cache, Key};
use crate::process::Work;
use crate::project::Part;

/// The stand-in's program.
pub(crate) const PROGRAM: &str = include_str!("../extension/statsd_exporter.py");

/// Note to the user about the stand-in.
pub(crate) const NOTE: &str = "a small stand-in for the rock's statsd-exporter serves gunicorn's metrics";

/// Path of the program in the image, the same as the real exporter's.
const PLACE: &str = "bin/statsd_exporter";

/// True if the part builds the exporter from its repository.
pub(super) fn is_meant(part: &Part) -> bool {
    let source = part.source.as_deref().unwrap_or_default();
    source.trim_end_matches('/').trim_end_matches(".git").ends_with("github.com/prometheus/statsd_exporter")
}

pub(super) fn build(cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    work.say(NOTE);
    let made = cache.entry(&Key::new().with("statsd exporter 1").with(PROGRAM), work, |into| {
        let program = into.join(PLACE);
        let write = || {
            fs::create_dir_all(into.join("bin"))?;
            fs::write(&program, PROGRAM)?;
            fs::set_permissions(&program, Permissions::from_mode(0o755))
        };
        write().map_err(failed(&program))
    })?;
    Ok(Built::files(made))
}
