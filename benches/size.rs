//! Sizes of the shipped files, and the time that packing takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::programs::{Programs, repository};
use crate::table::{Budget, Quantity, Row, Unit, median};

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
        Row {
            what: "webcharm pack of a built binary".to_owned(),
            measured: Quantity { value: packing(programs)?, unit: Unit::Seconds },
            against: None,
            budget: Budget::AtMost(2.0),
        },
    ])
}

/// Time to pack the sample's project with the shipped binary, in seconds, the command's start included.
fn packing(programs: &Programs) -> Result<f64> {
    let dir = tempfile::tempdir()?;
    let binary = dir.path().join("dispatch");
    std::fs::write(&binary, &programs.charm)?;
    let once = || {
        let mut command = Command::new(&programs.tools);
        command.arg("pack").arg(repository().join("rock/flask/charm")).arg("--binary").arg(&binary);
        command.arg("--output").arg(dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status()?;
        if status.success() {
            Ok(started.elapsed().as_secs_f64())
        } else {
            Err(format!("cannot pack: {status}").into())
        }
    };
    Ok(median((0..5).map(|_| once()).collect::<Result<Vec<_>>>()?))
}

fn bytes(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.len())
}
