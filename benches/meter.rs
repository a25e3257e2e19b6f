//! The meter: this program in the place of the charm's `dispatch`, which runs the real one and writes down what it took.
//!
//! A process of its own, because the system tells what children took only for all of them together, and this one has no
//! other. What the charm's hook tools took is in it, as the charm waits for them. The peak of memory is the charm's alone:
//! `ru_maxrss` would be the largest of the charm's, its hook tools' and, before it became the charm, the meter's.

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use crate::Result;

/// The charm's binary, beside the meter.
pub(crate) const CHARM: &str = "charm";

/// Where the report goes. It makes this program the meter.
pub(crate) const REPORT: &str = "WEBCHARM_BENCH_REPORT";

/// Whether memory is watched. That takes the processor's time, so it is told apart from the runs that are timed.
pub(crate) const WATCH: &str = "WEBCHARM_BENCH_WATCH";

/// What the meter is to do.
pub(crate) struct Order {
    report: PathBuf,
    watches: bool,
}

impl Order {
    /// The order in this process's environment.
    pub(crate) fn given() -> Option<Self> {
        let report = std::env::var_os(REPORT)?;
        Some(Self { report: report.into(), watches: std::env::var_os(WATCH).is_some() })
    }
}

/// What a run of the charm took.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processors, the charm's and its hook tools'.
    pub(crate) cpu: f64,
    /// The most bytes of memory the charm itself had at once, if it was watched.
    pub(crate) peak: f64,
}

/// Runs the charm.
pub(crate) fn run(order: &Order) -> Result<ExitCode> {
    let start = Instant::now();
    let mut child = Command::new(std::env::current_dir()?.join(CHARM)).env_remove(REPORT).env_remove(WATCH).spawn()?;
    let peak = if order.watches { watch(&child) } else { 0 };
    let status = child.wait()?;
    let wall = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6;
    std::fs::write(&order.report, serde_json::to_vec(&Report { wall, cpu, peak: peak as f64 })?)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Looks again and again until the process has ended. The high-water mark only rises, but the kernel keeps it loosely (some
/// hundred KiB); the sum over the mappings is exact, of that moment. The higher of the two is as near as one comes.
fn watch(child: &Child) -> u64 {
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let read = |file, name| field(&std::fs::read_to_string(folder.join(file)).ok()?, name);
    let mut peak = 0;
    while let Some(mark) = read("status", "VmHWM:") {
        peak = peak.max(mark).max(read("smaps_rollup", "Rss:").unwrap_or(0));
    }
    peak
}

/// A line of a process's `status` or `smaps_rollup` that tells an amount of memory, in bytes. One that has ended has none.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
