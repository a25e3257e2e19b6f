//! The lock of a cache, which a build or a prune holds. The kernel releases it when its holder ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use pack::text::shown;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::process::Work;

/// Time between two attempts.
const PERIOD: Duration = Duration::from_millis(50);

/// Longest text of a process's id, in bytes.
const ID: usize = 10;

/// A lock that this process holds. The file has the holder's process id, for the message to those who wait.
#[derive(Debug)]
#[must_use]
pub(super) struct Lock(#[expect(dead_code, reason = "its lock ends when it is closed")] File);

impl Lock {
    /// Locks the cache in `dir`. If another process holds the lock, tells `work` so and waits until its switch is thrown.
    ///
    /// # Errors
    /// When the lock's file can't be opened, or the wait is ended ([`io::ErrorKind::Interrupted`]).
    pub(super) fn wait(dir: &Path, work: &dyn Work) -> io::Result<Self> {
        let file = File::options().create(true).truncate(false).read(true).write(true).open(dir.join(NAME))?;
        let mut is_told = false;
        while !locks(&file)? {
            if work.cancel().is_thrown() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if !is_told {
                work.say(&waiting(dir, holder(&file)));
                is_told = true;
            }
            thread::sleep(PERIOD);
        }
        file.set_len(0)?;
        file.write_all_at(std::process::id().to_string().as_bytes(), 0)?;
        Ok(Self(file))
    }

    /// Locks the cache in `dir` if no process holds the lock. A cache that has never been locked isn't.
    pub(super) fn try_now(dir: &Path) -> Option<Self> {
        let file = File::open(dir.join(NAME)).ok()?;
        locks(&file).is_ok_and(|is_locked| is_locked).then_some(Self(file))
    }
}

const NAME: &str = ".lock";

fn locks(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Process id of the lock's holder. `None`: it has not written it yet.
fn holder(file: &File) -> Option<u32> {
    let mut text = [0; ID];
    let read = file.read_at(&mut text, 0).ok()?;
    str::from_utf8(&text[..read]).ok()?.parse().ok()
}

fn waiting(dir: &Path, holder: Option<u32>) -> String {
    let holder = holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    format!("waiting: {holder} builds or prunes in {}; Ctrl-C ends the wait", shown(&dir.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Cancel;
    use crate::process::tests::Quiet;

    /// Ends the wait as soon as it hears of it.
    struct Impatient(Quiet);

    impl Work for Impatient {
        fn say(&self, line: &str) {
            self.0.say(line);
            self.cancel().throw();
        }
        fn cancel(&self) -> &Cancel {
            self.0.cancel()
        }
    }

    #[test]
    fn a_wait_names_the_holder_and_ends_with_the_switch() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::wait(dir.path(), &Quiet::default()).unwrap();
        let work = Impatient(Quiet::default());
        assert_eq!(Lock::wait(dir.path(), &work).unwrap_err().kind(), io::ErrorKind::Interrupted);
        let line = format!("waiting: process {} builds or prunes in {}", std::process::id(), dir.path().display());
        assert_eq!(*work.0.lines.lock().unwrap(), [line + "; Ctrl-C ends the wait"]);
        assert!(Lock::try_now(dir.path()).is_none());
        drop(held);
        assert!(Lock::try_now(dir.path()).is_some());
        let quiet = Quiet::default();
        drop(Lock::wait(dir.path(), &quiet).unwrap());
        assert_eq!(*quiet.lines.lock().unwrap(), [""; 0]);
    }

    #[test]
    fn a_lock_without_an_id_has_an_unnamed_holder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(NAME), "root:x:0:0:root:/root").unwrap();
        let file = File::open(dir.path().join(NAME)).unwrap();
        assert_eq!(holder(&file), None);
        assert!(waiting(dir.path(), None).starts_with("waiting: another process builds or prunes in "));
    }
}
