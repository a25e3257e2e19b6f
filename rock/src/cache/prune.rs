//! Pruning of a cache to a size: the least recently used folders go first, those in use stay.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::{Cache, DOWNLOADS, Error, TEMPORARY, error};
use crate::process::Work;

/// Largest size of a cache after a build, in bytes, besides the folders in use.
pub const LIMIT: u64 = 20 << 30;

/// A folder of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its path.
    pub path: PathBuf,
    /// Its size on disk, in bytes.
    pub bytes: u64,
    /// Time of its last use.
    pub used: SystemTime,
}

impl Cache {
    /// Removes finished folders and downloads, the least recently used first, until the rest has at most `limit` bytes.
    /// Returns the number of bytes freed. Folders that a process holds ([`Cache::hold`]) stay, even above the limit.
    /// Waits for a running build, as [`Cache::entry`] does. A missing cache counts as empty.
    ///
    /// # Errors
    /// When the cache can't be read, a folder can't be removed, or the wait is ended.
    pub fn prune(&self, limit: u64, work: &dyn Work) -> Result<u64, Error> {
        if !self.dir.is_dir() {
            return Ok(0);
        }
        let _lock = self.lock(work)?;
        self.remove_leftovers();
        self.prune_locked(limit)
    }

    /// The folders that [`Cache::prune`] would remove now.
    ///
    /// # Errors
    /// When the cache can't be read.
    pub fn expendable(&self, limit: u64) -> Result<Vec<Item>, Error> {
        if !self.dir.is_dir() {
            return Ok(Vec::new());
        }
        Ok(expendable(self.items()?, limit, &mut |path| claimed(path).is_some()))
    }

    pub(super) fn prune_locked(&self, limit: u64) -> Result<u64, Error> {
        let (mut freed, mut locks) = (0, Vec::new());
        let mut is_free = |path: &Path| {
            let lock = claimed(path);
            let is_free = lock.is_some();
            locks.extend(lock);
            is_free
        };
        for item in expendable(self.items()?, limit, &mut is_free) {
            self.remove(&item.path).map_err(|source| error(&item.path, source))?;
            freed += item.bytes;
        }
        Ok(freed)
    }

    /// Every finished folder and each folder of downloads.
    fn items(&self) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        for folder in [self.dir.clone(), self.dir.join(DOWNLOADS)].iter().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(folder).map_err(|source| error(folder, source))? {
                let path = entry.map_err(|source| error(folder, source))?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if !name.starts_with('.') && name != DOWNLOADS && path.is_dir() && !path.is_symlink() {
                    items.push(Item::of(&path).map_err(|source| error(&path, source))?);
                }
            }
        }
        Ok(items)
    }

    /// Removes an entry after renaming it: a killed prune leaves a temporary folder, not half an entry.
    fn remove(&self, path: &Path) -> io::Result<()> {
        let temporary = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&self.dir)?;
        fs::rename(path, temporary.path().join("gone"))?;
        temporary.close()
    }
}

impl Item {
    fn of(path: &Path) -> io::Result<Self> {
        let used = path.metadata()?.accessed()?;
        Ok(Self { path: path.to_owned(), bytes: size(path)?, used })
    }
}

/// The items to remove so that the rest has at most `limit` bytes. Items in use are kept.
fn expendable(mut items: Vec<Item>, limit: u64, is_free: &mut dyn FnMut(&Path) -> bool) -> Vec<Item> {
    let mut total: u64 = items.iter().map(|item| item.bytes).sum();
    items.sort_by(|one, other| (one.used, &one.path).cmp(&(other.used, &other.path)));
    items.retain(|item| {
        let goes = total > limit && is_free(&item.path);
        total -= if goes { item.bytes } else { 0 };
        goes
    });
    items
}

/// The folder, open and locked exclusively, so that no process starts to use it. `None` if a process holds it.
fn claimed(path: &Path) -> Option<File> {
    let folder = File::open(path).ok()?;
    flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok().then_some(folder)
}

/// Size on disk of the files below `path`, in bytes. Links are not followed.
fn size(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        bytes += folder.symlink_metadata()?.blocks() * 512;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            match entry.metadata()? {
                found if found.is_dir() => folders.push(entry.path()),
                found => bytes += found.blocks() * 512,
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cache::{Key, held};
    use crate::process::tests::Quiet;

    fn item(path: &str, bytes: u64, used: u64) -> Item {
        Item { path: path.into(), bytes, used: SystemTime::UNIX_EPOCH + Duration::from_secs(used) }
    }

    #[test]
    fn the_least_recently_used_goes_first_and_held_folders_stay() {
        let items = || vec![item("new", 10, 3), item("old", 10, 1), item("held", 10, 0), item("middle", 10, 2)];
        let gone = |limit| -> Vec<PathBuf> {
            expendable(items(), limit, &mut |path| path != Path::new("held"))
                .into_iter()
                .map(|item| item.path)
                .collect()
        };
        assert_eq!(gone(40), [] as [PathBuf; 0]);
        assert_eq!(gone(39), [PathBuf::from("old")]);
        assert_eq!(gone(20), ["old", "middle"].map(PathBuf::from));
        assert_eq!(gone(0), ["old", "middle", "new"].map(PathBuf::from));
    }

    #[test]
    fn a_pruned_cache_keeps_what_a_process_holds() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let entry = |name: &str| {
            let fill = |into: &Path| fs::write(into.join("f"), vec![1; 100_000]).map_err(|source| error(into, source));
            cache.entry::<Error>(&Key::new().with(name), &Quiet::default(), fill).unwrap()
        };
        let (first, second) = (entry("a"), entry("b"));
        let npm = dir.path().join("downloads/npm");
        fs::create_dir_all(&npm).unwrap();
        fs::write(npm.join("x"), vec![1; 100_000]).unwrap();
        held::release(&first);
        let freed = cache.prune(0, &Quiet::default()).unwrap();
        assert!(freed >= 200_000, "{freed}");
        assert_eq!((first.exists(), second.exists(), npm.exists()), (false, true, false));
        held::release(&second);
        assert!(cache.prune(1 << 30, &Quiet::default()).unwrap() == 0 && second.exists());
        let _held = Cache::hold(&second).unwrap();
        assert_eq!(cache.prune(0, &Quiet::default()).unwrap(), 0);
        assert_eq!(Cache::new(dir.path().join("none")).prune(0, &Quiet::default()).unwrap(), 0);
    }
}
