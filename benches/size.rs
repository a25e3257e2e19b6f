//! Sizes of the shipped files.

use std::path::Path;

use crate::Result;
use crate::programs::Programs;
use crate::table::{Budget, Quantity, Row, Unit};

/// The sizes' rows of the table.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    let row = |what: &str, bytes: u64, budget| Row {
        what: what.to_owned(),
        measured: Quantity { value: bytes as f64, unit: Unit::Size },
        against: None,
        budget,
    };
    Ok(vec![
        row("the charm's binary, static and stripped", programs.charm.len() as u64, Budget::AtMost(4e6)),
        row("flask.charm", bytes(&programs.packed)?, Budget::AtMost(2e6)),
        row("the supervisor", bytes(&programs.pebble)?, Budget::None),
        row("webcharm", bytes(&programs.tools)?, Budget::None),
    ])
}

fn bytes(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.len())
}
