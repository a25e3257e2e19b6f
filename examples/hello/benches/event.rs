//! Processor time of one event of a charm of twenty lines. `cargo bench -p example-hello` starts the built charm as Juju does,
//! with hook tools that answer at once, and prints the time of the charm besides its tools.
//!
//! This program is the hook tools as well, under their names.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs, reason = "a bench")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Budget of an event besides its hook tools.
const BUDGET: Duration = Duration::from_millis(1);
const RUNS: u32 = 300;
const ROUNDS: u32 = 5;
const TOOLS: [&str; 3] = ["config-get", "status-set", "juju-log"];

fn main() {
    let name = std::env::args().next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(|name| name.to_str()) {
        Some("config-get") => println!(r#"{{"whom": "world"}}"#),
        Some("status-set" | "juju-log") => {}
        _ => measure(),
    }
}

fn measure() {
    let dir = tempfile::tempdir().unwrap();
    for tool in TOOLS {
        symlink(std::env::current_exe().unwrap(), dir.path().join(tool)).unwrap();
    }
    let (charm, path) = (env!("CARGO_BIN_EXE_hello"), dir.path());
    println!("{charm}: {} bytes", fs::metadata(charm).unwrap().len());
    let mut best = [Duration::MAX; 3];
    // In turns, so that a slow moment of the machine meets all.
    for _ in 0..ROUNDS {
        best[0] = best[0].min(time(|| run(charm, "start", path)));
        best[1] = best[1].min(time(|| run(charm, "config-changed", path)));
        best[2] = best[2].min(time(|| TOOLS[..2].iter().for_each(|tool| run(path.join(tool), "start", path))));
    }
    let [unobserved, event, tools] = best;
    let own = event.saturating_sub(tools);
    let verdict = if own <= BUDGET { "ok" } else { "over" };
    println!("an event that it does not observe, without a hook tool: {unobserved:?}");
    println!("config-changed with {:?}: {event:?}; these tools alone: {tools:?}", &TOOLS[..2]);
    println!("config-changed besides them: {own:?} (budget {BUDGET:?}: {verdict})");
}

fn run(program: impl AsRef<Path>, hook: &str, tools: &Path) {
    let mut command = Command::new(program.as_ref());
    command.env_clear().env("PATH", tools).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("JUJU_UNIT_NAME", "hello/0").env("JUJU_MODEL_NAME", "bench");
    command.env("JUJU_DISPATCH_PATH", format!("hooks/{hook}")).env("JUJU_CHARM_DIR", tools);
    assert!(command.status().unwrap().success());
}

/// Processor time of the children of one run, the mean of many.
fn time(run: impl Fn()) -> Duration {
    let before = children();
    (0..RUNS).for_each(|_| run());
    (children() - before) / RUNS
}

fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}
