//! The measured programs: the release's files, in a folder made by `scripts/dist`, and a real Pebble if there is one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::progress::say;

/// Variable with the folder of a finished release.
const DIST: &str = "WEBCHARM_DIST";

/// Variable with the path of a real Pebble.
const PEBBLE: &str = "PEBBLE_BINARY";

/// Paths of the measured programs.
pub(crate) struct Programs {
    /// The release's folder.
    pub(crate) dist: PathBuf,
    /// The charm's binary.
    pub(crate) charm: Vec<u8>,
    /// The packed charm.
    pub(crate) packed: PathBuf,
    /// The supervisor.
    pub(crate) pebble: PathBuf,
    /// The program behind the hook tools, which acts by the name it is called by.
    pub(crate) tools: PathBuf,
    /// The real Pebble.
    pub(crate) real: Option<PathBuf>,
}

impl Programs {
    /// Finds them in [`DIST`], or builds them.
    pub(crate) fn find() -> Result<Self> {
        let dist = match std::env::var_os(DIST) {
            Some(dist) => PathBuf::from(dist).canonicalize().map_err(|error| format!("cannot read {DIST}: {error}"))?,
            None => build()?,
        };
        let packed = dist.join("flask.charm");
        let real = std::env::var_os(PEBBLE).map(|path| PathBuf::from(path).canonicalize()).transpose();
        Ok(Self {
            charm: pack::entry(&packed, "dispatch")?,
            packed,
            pebble: dist.join("pebble"),
            tools: dist.join("webcharm"),
            dist,
            real: real.map_err(|error| format!("cannot read {PEBBLE}: {error}"))?,
        })
    }
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that is kept for the next run.
pub(crate) fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn build() -> Result<PathBuf> {
    let dist = kept("dist");
    say(&format!("building the release into {} (minutes, the first time)", dist.display()));
    // The script's output is progress; only the table goes to standard output.
    let stderr = std::io::stderr();
    let output = std::os::fd::AsFd::as_fd(&stderr).try_clone_to_owned()?;
    let script = repository().join("scripts/dist");
    // Only this machine's architecture is measured.
    let status = Command::new(&script).arg(&dist).env("DIST_OTHER", "no").stdin(Stdio::null()).stdout(output).status();
    match status {
        Ok(status) if status.success() => Ok(dist),
        Ok(status) => Err(format!("cannot build the release: {} {status}", script.display()).into()),
        Err(error) => Err(format!("cannot run {}: {error}", script.display()).into()),
    }
}

/// Description of this machine and its load.
pub(crate) fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = read("/proc/cpuinfo");
    let processor =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, name)| name);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    format!(
        "{cores} cores ({processor}), Linux {}, load {} when it began",
        kernel.trim(),
        load.split(' ').next().unwrap_or_default()
    )
}
