//! A cache of folders by the content they were made of. An entry is complete or absent.
//!
//! A folder is filled under a temporary name and renamed when it is complete. A killed build leaves at most a temporary
//! folder, which the next build removes. One build runs at a time, under a file lock that the kernel releases when its
//! holder ends. After a build, unused folders are removed until the cache is within [`LIMIT`].

mod held;
mod lock;
mod prune;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};

use crate::process::Work;
use lock::Lock;
pub use prune::{Item, LIMIT};

const TEMPORARY: &str = ".building-";

/// The folder of the tools' downloads.
const DOWNLOADS: &str = "downloads";

/// The cache can't be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the cache {} (XDG_CACHE_HOME names another folder)", pack::text::shown(.path))]
pub struct Error {
    /// The file or folder at fault.
    pub path: String,
    /// The cause.
    #[source]
    pub source: io::Error,
}

/// A folder whose subfolders are finished entries.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// A cache in `dir`, which is created on first use.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// A folder for a tool's downloads, which outlives builds. It need not exist; if it does, it is not pruned while
    /// this process runs.
    pub fn shared(&self, name: &str) -> PathBuf {
        let folder = self.dir.join(DOWNLOADS).join(name);
        // A missing folder, or one that is being pruned, is created later, under the cache's lock.
        let _ = held::keep(&folder, FlockOperation::NonBlockingLockShared);
        folder
    }

    /// True if there is a folder for `key`.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.dir.join(key.text()).is_dir()
    }

    /// The folder for `key`, which `build` fills if it is missing. It is not pruned while this process runs. If another
    /// process builds or prunes, `work` is told so and its switch ends the wait.
    ///
    /// # Errors
    /// When `build` fails, the cache can't be written, or the wait is ended ([`io::ErrorKind::Interrupted`]).
    pub fn entry<E: From<Error>>(
        &self,
        key: &Key,
        work: &dyn Work,
        build: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        let entry = self.dir.join(key.text());
        // An entry that is being pruned is built anew.
        if held::keep(&entry, FlockOperation::NonBlockingLockShared).is_ok() {
            return Ok(entry);
        }
        fs::create_dir_all(&self.dir).map_err(|source| error(&self.dir, source))?;
        let _lock = self.lock(work)?;
        // Nothing is pruned under the lock: a dry run looks at an entry for a moment.
        let keep = || held::keep(&entry, FlockOperation::LockShared).map_err(|source| error(&entry, source));
        if entry.is_dir() {
            keep()?;
            return Ok(entry);
        }
        self.remove_leftovers();
        let temporary = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempdir_in(&self.dir)
            .map_err(|source| error(&self.dir, source))?;
        build(temporary.path())?;
        readable(temporary.path())
            .and_then(|()| fs::rename(temporary.path(), &entry))
            .map_err(|source| error(&entry, source))?;
        keep()?;
        self.prune_locked(LIMIT)?;
        Ok(entry)
    }

    /// Keeps `folder`, an entry of some cache, from being pruned until the returned value is dropped. For a process
    /// that uses an entry which another process built.
    ///
    /// # Errors
    /// When the folder is missing.
    pub fn hold(folder: &Path) -> Result<Held, Error> {
        held::locked(folder, FlockOperation::LockShared).map(Held).map_err(|source| error(folder, source))
    }

    fn lock(&self, work: &dyn Work) -> Result<Lock, Error> {
        Lock::wait(&self.dir, work).map_err(|source| error(&self.dir, source))
    }

    /// Removes the temporary folders of killed builds, unless a build is running.
    pub fn sweep(&self) {
        if Lock::try_now(&self.dir).is_some() {
            self.remove_leftovers();
        }
    }

    /// Removes the temporary folders of killed builds. The caller holds the lock, so no build is running.
    fn remove_leftovers(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                // A leftover that can't be removed does no harm.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Lock on a folder, which isn't pruned while this value lives.
#[derive(Debug)]
#[must_use]
pub struct Held(#[expect(dead_code, reason = "its lock ends when it is closed")] File);

fn error(path: &Path, source: io::Error) -> Error {
    Error { path: path.display().to_string(), source }
}

/// Makes a folder readable for all: temporary folders are private, and a pod's services run as another user.
fn readable(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

/// Key of an entry: a digest of the inputs it was made of.
#[derive(Default)]
pub struct Key(Sha256);

impl Key {
    /// A key without inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input. Its length is added too, so that `ab`, `c` differs from `a`, `bc`.
    #[must_use]
    pub fn with(mut self, input: impl AsRef<[u8]>) -> Self {
        self.add(input);
        self
    }

    /// As [`Key::with`], in place.
    pub fn add(&mut self, input: impl AsRef<[u8]>) {
        let input = input.as_ref();
        self.0.update((input.len() as u64).to_le_bytes());
        self.0.update(input);
    }

    /// Adds the bytes of a file; `None` counts as an empty file.
    pub(crate) fn add_file(&mut self, file: Option<File>) -> io::Result<()> {
        let Some(mut file) = file else {
            self.add([]);
            return Ok(());
        };
        self.0.update(file.metadata()?.len().to_le_bytes());
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                read => self.0.update(&buffer[..read]),
            }
        }
    }

    /// The name: 64 hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> String {
        use std::fmt::Write;
        self.0.clone().finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string can't fail");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::tests::Quiet;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_entry_is_built_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("deep/cache"));
        let key = Key::new().with("a");
        let fill = |into: &Path| fs::write(into.join("f"), "1").map_err(|source| Error { path: String::new(), source });
        let first = cache.entry(&key, &Quiet::default(), fill).unwrap();
        let second = cache.entry::<Error>(&key, &Quiet::default(), |_| panic!("built twice")).unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::read_to_string(first.join("f")).unwrap(), "1");
    }

    #[test]
    fn a_failed_build_leaves_no_entry_and_no_temporary_folder() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let failing = |into: &Path| {
            fs::write(into.join("half"), "").unwrap();
            Err(Error { path: "x".to_owned(), source: io::Error::other("stopped") })
        };
        cache.entry(&Key::new(), &Quiet::default(), failing).unwrap_err();
        assert_eq!(names(dir.path()), [".lock"]);
    }

    #[test]
    fn a_killed_builds_temporary_folder_is_removed_by_the_next_build() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".building-old/x")).unwrap();
        let (key, cache) = (Key::new(), Cache::new(dir.path()));
        cache.sweep();
        assert_eq!(names(dir.path()), [".building-old"], "nobody has ever built here: it isn't ours");
        cache.entry::<Error>(&key, &Quiet::default(), |_| Ok(())).unwrap();
        assert_eq!(names(dir.path()), [".lock".to_owned(), key.text()]);
        fs::create_dir_all(dir.path().join(".building-older/x")).unwrap();
        cache.sweep();
        assert_eq!(names(dir.path()), [".lock".to_owned(), key.text()]);
    }

    #[test]
    fn inputs_do_not_run_into_each_other() {
        assert_ne!(Key::new().with("ab").with("c").text(), Key::new().with("a").with("bc").text());
        assert_eq!(Key::new().text().len(), 64);
    }
}
