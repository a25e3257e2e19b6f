//! `prune`: removes files that builds keep for later ones.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rock::cache::Item;
use rock::{Cancel, Work};

use crate::cache;
use crate::cli;
use crate::runtime;
use crate::signals::{self, Begun};
use crate::ui::{self, print};

/// Reasons why the caches can't be pruned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cache belongs to another user.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// It can't be read or removed.
    #[error(transparent)]
    Cache(#[from] rock::cache::Error),
    /// Signals can't be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
}

/// Removes entries that no model uses, the longest unused first, until the rest of each kind has at most `args.keep`
/// bytes; or shows these entries.
///
/// # Errors
/// When the cache can't be used.
pub fn prune(args: &cli::Prune) -> Result<ExitCode, Error> {
    let mut plan = Vec::new();
    for (_, cache) in cache::all()? {
        plan.extend(cache.expendable(args.keep)?);
    }
    let now = SystemTime::now();
    if args.dry_run {
        plan.iter().for_each(|item| print(&line(item, now)));
        print(&format!("would free {}\n", size(plan.iter().map(|item| item.bytes).sum())));
        return Ok(ExitCode::SUCCESS);
    }
    signals::catch(Arc::default(), Begun::default(), || {}).map_err(Error::Signals)?;
    let mut freed = 0;
    for (kind, cache) in cache::all()? {
        let bytes = cache.prune(args.keep, &Notes::default())?;
        print(&format!("{:>8}  {kind}\n", size(bytes)));
        freed += bytes;
    }
    print(&format!("freed {}\n", size(freed)));
    Ok(ExitCode::SUCCESS)
}

/// Notes on standard error. The switch is never thrown, because Ctrl-C ends the process.
#[derive(Default)]
struct Notes(Cancel);

impl Work for Notes {
    fn say(&self, line: &str) {
        ui::note(line);
    }

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

/// Size, age and place of something to remove.
fn line(item: &Item, now: SystemTime) -> String {
    let unused = now.duration_since(item.used).unwrap_or_default();
    format!("{:>8}  unused for {:>5}  {}\n", size(item.bytes), age(unused), item.path.display())
}

fn age(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86400),
    }
}

/// Bytes as people read them, in units of 1024.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{} GiB", bytes >> 30, (bytes >> 20) % 1024 * 10 / 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_told_in_units_that_fit() {
        for (bytes, expected) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (5 << 20, "5 MiB"), (3 << 29, "1.5 GiB")]
        {
            assert_eq!(size(bytes), expected);
        }
        for (seconds, expected) in [(59, "0 min"), (3599, "59 min"), (7200, "2 h"), (200_000, "2 d")] {
            assert_eq!(age(Duration::from_secs(seconds)), expected);
        }
    }
}
