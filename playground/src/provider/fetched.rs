//! Programs that are fetched or built the first time, and kept in a cache.

use std::io;
use std::path::Path;
use std::process::Command;

use rock::cache::{self, Cache, Key};
use rock::tool;
use rock::{Work, process};

use crate::cache as caches;
use crate::runtime;

/// A program can't be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A tool is missing.
    #[error(transparent)]
    Tool(#[from] tool::Error),
    /// A tool is too old.
    #[error("{what} needs {oldest} or newer, and {found} is installed: install a newer one from {site}")]
    Old {
        /// The program.
        what: &'static str,
        /// The tool, with its oldest version.
        oldest: String,
        /// The tool's version.
        found: String,
        /// Its site.
        site: &'static str,
    },
    /// A tool refuses.
    #[error("{what}; {}", process::said(.said))]
    Refused {
        /// The tool and its work.
        what: String,
        /// The last lines of its output.
        said: String,
    },
    /// A tool can't be started, or was interrupted.
    #[error("cannot run {tool}")]
    Run {
        /// The tool.
        tool: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file can't be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The folder of caches can't be used.
    #[error(transparent)]
    Caches(#[from] runtime::Error),
}

impl From<Error> for super::Error {
    fn from(error: Error) -> Self {
        Self::Server(error.into())
    }
}

/// The programs' cache.
pub(super) fn cache() -> Result<Cache, runtime::Error> {
    caches::of("servers")
}

/// True if it is in the cache.
pub(super) fn is_here(key: &Key) -> bool {
    cache().is_ok_and(|cache| cache.has(key))
}

/// Output of a tool that is asked for its version; empty if it fails.
pub(super) fn version(tool: &Path, argument: &str) -> String {
    let said = Command::new(tool).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().to_owned()
}

/// Runs a tool to its end. `refused` is said if it fails.
pub(super) fn run(
    tool: &'static str,
    command: &mut Command,
    work: &dyn Work,
    refused: impl FnOnce() -> String,
) -> Result<(), Error> {
    let ended = process::run(command, work).map_err(|source| Error::Run { tool, source })?;
    if ended.status.success() { Ok(()) } else { Err(Error::Refused { what: refused(), said: ended.tail }) }
}
