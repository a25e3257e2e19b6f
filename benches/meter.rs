//! The meter: this program in place of the charm's `dispatch`, which runs the real one and writes a report of its cost.
//!
//! The meter is a process of its own, because the kernel sums the processor time of all children, and the charm is its
//! only child. The charm waits for its hook tools, so their time is included. The peak of memory is the charm's alone:
//! `ru_maxrss` would be the largest of the charm's, its hook tools' and, before `exec`, the meter's.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use crate::Result;

/// The charm's binary, beside the meter.
pub(crate) const CHARM: &str = "charm";

/// Variable with the report's path. If it is set, this program runs as the meter.
pub(crate) const REPORT: &str = "WEBCHARM_BENCH_REPORT";

/// Variable that turns sampling of memory on. Sampling takes processor time, so it is not done in timed runs.
pub(crate) const WATCH: &str = "WEBCHARM_BENCH_WATCH";

/// Settings of the meter.
pub(crate) struct Order {
    report: PathBuf,
    watches: bool,
}

impl Order {
    /// The settings in this process's environment.
    pub(crate) fn given() -> Option<Self> {
        let report = std::env::var_os(REPORT)?;
        Some(Self { report: report.into(), watches: std::env::var_os(WATCH).is_some() })
    }
}

/// Cost of one run of the charm.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Time from start to end, in seconds.
    pub(crate) wall: f64,
    /// Processor time of the charm and its hook tools, in seconds.
    pub(crate) cpu: f64,
    /// Peak memory of the charm itself, in bytes; 0 if it was not sampled.
    pub(crate) peak: f64,
}

/// Puts the meter in front of the charm in this folder.
pub(crate) fn install(charm: &Path) -> Result<()> {
    std::fs::rename(charm.join("dispatch"), charm.join(CHARM))?;
    Ok(std::os::unix::fs::symlink(std::env::current_exe()?, charm.join("dispatch"))?)
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

/// Samples a process's memory until it has ended, and returns the peak in bytes. The kernel's high-water mark only
/// rises, but lags by some hundred KiB; the sum over the mappings is exact for its moment. The peak is the larger of
/// the two.
fn watch(child: &Child) -> u64 {
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let read = |file, name| field(&std::fs::read_to_string(folder.join(file)).ok()?, name);
    let mut peak = 0;
    while let Some(mark) = read("status", "VmHWM:") {
        peak = peak.max(mark).max(read("smaps_rollup", "Rss:").unwrap_or(0));
    }
    peak
}

/// An amount of memory in a process's `status` or `smaps_rollup`, in bytes. `None` for a process that has ended.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
