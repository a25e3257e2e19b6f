//! The time of `webcharm lint` and `webcharm pack` for a project, the command's start included.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::programs::{Programs, repository};
use crate::table::{Budget, Quantity, Row, Unit, median};

/// The samples, of which the slowest counts.
const SAMPLES: [&str; 6] = ["flask", "django", "fastapi", "go", "expressjs", "spring-boot"];

/// The commands' rows of the table.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    let binary = dir.path().join("dispatch");
    std::fs::write(&binary, &programs.charm)?;
    let pack = ["--binary".as_ref(), binary.as_path(), "--output".as_ref(), dir.path()];
    let row = |what: &str, verb: &str, args: &[&Path], most| -> Result<Row> {
        let times = SAMPLES.iter().map(|sample| taken(programs, verb, sample, args)).collect::<Result<Vec<_>>>()?;
        let slowest = times.into_iter().fold(0.0, f64::max);
        let measured = Quantity { value: slowest, unit: Unit::Seconds };
        Ok(Row { what: what.to_owned(), measured, against: None, budget: Budget::AtMost(most) })
    };
    Ok(vec![
        row("webcharm lint, the slowest of six samples", "lint", &[], 0.1)?,
        row("webcharm pack of a built binary, the slowest of six", "pack", &pack, 0.3)?,
    ])
}

/// Median of five runs on a sample's project, in seconds.
fn taken(programs: &Programs, verb: &str, sample: &str, args: &[&Path]) -> Result<f64> {
    let once = || {
        let mut command = Command::new(&programs.tools);
        command.arg(verb).arg(repository().join("rock").join(sample).join("charm")).args(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status()?;
        if status.success() {
            Ok(started.elapsed().as_secs_f64())
        } else {
            Err(format!("webcharm {verb} fails for the sample {sample}: {status}").into())
        }
    };
    Ok(median((0..5).map(|_| once()).collect::<Result<Vec<_>>>()?))
}
