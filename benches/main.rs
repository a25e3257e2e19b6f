//! `cargo bench -p webcharm`: measures the charm and the supervisor, and prints a table with the budgets.
//!
//! It builds the release (`scripts/dist`), or takes it from the folder `WEBCHARM_DIST`. With `PEBBLE_BINARY` a real
//! Pebble is measured in the same run; without it, the supervisor is compared with earlier figures, which the table
//! marks. `cargo bench -p webcharm -- charm` prints one section: `charm`, `charms`, `supervisor`, `size` or `projects`. A figure over its
//! budget is printed as `over`; it doesn't fail the run.
//!
//! This program also serves as processes of its own measurements: those of a pod, and the meter around the charm.
#![allow(clippy::disallowed_methods, reason = "a tool for the desk: it reads its environment and starts processes")]

mod charm;
mod charms;
mod daemon;
mod meter;
mod programs;
mod progress;
mod projects;
mod reference;
mod size;
mod supervisor;
mod table;
mod unit;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use playground::pod;

use programs::Programs;
use table::Row;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A section: name, heading and measurement.
type Section = (&'static str, &'static str, fn(&Programs) -> Result<Vec<Row>>);

const SECTIONS: [Section; 5] = [
    ("charm", "The charm of the Flask sample", charm::rows),
    ("charms", "The other charms", charms::rows),
    ("supervisor", "The supervisor", supervisor::rows),
    ("size", "Sizes", size::rows),
    ("projects", "Projects", projects::rows),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(order) = meter::Order::given() {
        return exit_code(meter::run(&order));
    }
    match (args.get(1).map(String::as_str), args.get(2)) {
        (Some(pod::KEEPER), Some(file)) => {
            exit_code(pod::keep(Path::new(file)).map(ExitCode::from).map_err(Into::into))
        }
        (Some(pod::HOLDER), None) => exit_code(pod::hold().map(ExitCode::from).map_err(Into::into)),
        (Some(pod::INIT), Some(file)) => {
            exit_code(pod::enter(Path::new(file)).map(|never| match never {}).map_err(Into::into))
        }
        _ if args.iter().any(|arg| arg == "--bench") => exit_code(measure(&args[1..])),
        // `cargo test --all-targets` runs this program without `--bench`.
        _ => exit_code(
            writeln!(io::stdout(), "run it with `cargo bench -p webcharm`")
                .map(|()| ExitCode::SUCCESS)
                .map_err(Into::into),
        ),
    }
}

/// Prints the sections named in `args`, or all. A failed section doesn't prevent the others.
fn measure(args: &[String]) -> Result<ExitCode> {
    let wanted: Vec<_> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| !SECTIONS.iter().any(|(section, ..)| section == *name)) {
        let known = SECTIONS.map(|(name, ..)| name).join(", ");
        return Err(format!("there is no section {unknown}: there are {known}").into());
    }
    let programs = Programs::find()?;
    let mut out = io::stdout();
    writeln!(out, "{}", programs::machine())?;
    let mut code = ExitCode::SUCCESS;
    for (name, title, rows) in SECTIONS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| *wanted == name) {
            continue;
        }
        match rows(&programs) {
            Ok(rows) => writeln!(out, "\n{title}\n\n{}", table::text(&rows))?,
            Err(error) => {
                code = ExitCode::FAILURE;
                writeln!(out, "\n{title}: not measured: {}", playground::chain(error.as_ref()))?;
            }
        }
    }
    writeln!(out, "\n{}", reference::LEGEND)?;
    Ok(code)
}

/// Exit code of a result; prints its error.
fn exit_code(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {}", playground::chain(error.as_ref()));
        ExitCode::FAILURE
    })
}
