//! The runtime folder: all files of a running model, removed when it ends.
//!
//! One folder for each model, below `$XDG_RUNTIME_DIR` or, without one, below a private folder in `/tmp`. The process
//! that runs the model holds a lock in it. A folder whose lock is free was left by a killed model and is removed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::reaper;

/// The kernel's limit for the path of a unix socket, with its final zero.
const SOCKET_PATH: usize = 108;

/// Longest path of a socket below a runtime folder, without the names of application and container.
const LONGEST: usize = "/containers/-999//pebble.socket".len();

/// Longest wait for the lock and the files of a killed model to be free.
const DYING: Duration = Duration::from_secs(2);

/// Longest wait for a killed process to be gone: the kernel may still write its data.
const DEATH: Duration = Duration::from_secs(20);

/// Reasons why a model's folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name has characters that a model's name can't have.
    #[error("a model's name is made of lower-case letters, digits and hyphens, not {0:?}")]
    Name(String),
    /// The model runs already.
    #[error(
        "the model {0} is up already: `webcharm status` shows it, `webcharm down` ends it, `--model NAME` makes another"
    )]
    AlreadyUp(String),
    /// The folder belongs to another user, is open to others, or is a link.
    #[error(
        "{0} belongs to another user, is open to others, or is a link: remove it, or set XDG_RUNTIME_DIR to a folder of your own"
    )]
    NotOurs(String),
    /// Another user could change what the cache holds, which builds and pods run.
    #[error(
        "the cache {0} belongs to another user, or every user may write to it: set XDG_CACHE_HOME to a folder of your own"
    )]
    Cache(String),
    /// Sockets in the folder would have too long a path.
    #[error("{0} is too long a path for sockets: set XDG_RUNTIME_DIR to a shorter one, or choose a shorter --model")]
    TooLong(String),
    /// The model's process can't be killed.
    #[error("cannot kill the model's process {pid}: `ps -o stat,wchan {pid}` shows what holds it")]
    Kill {
        /// The process.
        pid: i32,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The folder can't be made or cleaned.
    #[error("cannot use the runtime folder {path}")]
    Io {
        /// The folder.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// A model's folder. Dropping it removes the folder.
#[derive(Debug)]
pub struct Runtime {
    dir: PathBuf,
    _lock: File,
}

/// Folder of this user's models: in `$XDG_RUNTIME_DIR`, or in `/tmp` if that is unset or belongs to another user, who
/// could replace a folder in it.
#[must_use]
pub fn base() -> PathBuf {
    let is_ours =
        |dir: &PathBuf| dir.is_absolute() && fs::metadata(dir).is_ok_and(|found| found.is_dir() && found.uid() == me());
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(is_ours);
    own.map_or_else(|| PathBuf::from(format!("/tmp/webcharm-{}", me())), |dir| dir.join("webcharm"))
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes sure that `dir` is a folder that only this user may open: in `/tmp` another user may have made it first.
///
/// # Errors
/// When it belongs to another user, is a link or open to others, or can't be made.
pub fn private(dir: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| match source.kind() {
        // A file or a dangling link is in its place.
        io::ErrorKind::AlreadyExists => Error::NotOurs(dir.display().to_string()),
        _ => error(dir, source),
    })?;
    is_there(dir)?;
    Ok(())
}

/// True if the folder `dir` exists. Only this user may open it.
///
/// # Errors
/// When it belongs to another user, is a link or open to others.
pub fn is_there(dir: &Path) -> Result<bool, Error> {
    is_owned(dir, 0o077, || Error::NotOurs(dir.display().to_string()))
}

/// True if the cache's folder `dir` exists.
///
/// # Errors
/// When another user owns it or the folder above it, every user may write to it, or it is a link.
pub fn is_cache_there(dir: &Path) -> Result<bool, Error> {
    let refused = || Error::Cache(dir.display().to_string());
    let above = dir.parent().and_then(|above| above.metadata().ok());
    if above.is_some_and(|above| above.uid() != me() && above.uid() != 0) {
        return Err(refused());
    }
    // Its group may write: with the umask 002 that allows this, the group has one user.
    is_owned(dir, 0o002, refused)
}

/// True if the folder `dir` exists. It must belong to this user and be no link, and its mode must not have the bits
/// `closed`.
fn is_owned(dir: &Path, closed: u32, not_ours: impl Fn() -> Error) -> Result<bool, Error> {
    // The checks are made on the opened folder: between two uses of a path, another folder could take its place.
    let opened = match open(dir, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(opened) => File::from(opened),
        Err(Errno::NOENT) => return Ok(false),
        Err(Errno::NOTDIR | Errno::LOOP) => return Err(not_ours()),
        Err(source) => return Err(error(dir, source.into())),
    };
    let found = opened.metadata().map_err(|source| error(dir, source))?;
    if found.uid() == me() && found.mode() & closed == 0 { Ok(true) } else { Err(not_ours()) }
}

/// The folder of a model. It need not exist.
///
/// # Errors
/// When the name has characters that a model's name can't have.
pub fn folder(model: &str) -> Result<PathBuf, Error> {
    folder_in(&base(), model)
}

fn folder_in(base: &Path, model: &str) -> Result<PathBuf, Error> {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if model.is_empty() || model.starts_with('-') || !model.bytes().all(is_good) {
        return Err(Error::Name(model.to_owned()));
    }
    Ok(base.join(model))
}

/// Socket on which the model's process listens for verbs.
#[must_use]
pub fn control_socket(folder: &Path) -> PathBuf {
    folder.join("control.socket")
}

impl Runtime {
    /// Makes the folder of `model`, whose application and container are `names`.
    ///
    /// # Errors
    /// When the model is up, or the folder can't be made.
    pub fn claim(model: &str, names: [&str; 2]) -> Result<Self, Error> {
        Self::claim_in(&base(), model, names)
    }

    fn claim_in(base: &Path, model: &str, names: [&str; 2]) -> Result<Self, Error> {
        let dir = folder_in(base, model)?;
        check_length(&dir, names)?;
        private(base)?;
        let started = Instant::now();
        loop {
            match make_private_new(&dir) {
                Ok(()) => return Self::lock_new(dir),
                Err(problem) if problem.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(error(&dir, source)),
            }
            if lock(&dir, false).is_ok() || started.elapsed() > DYING {
                // The lock is free, or its maker was killed before it took the lock.
                remove(&dir)?;
            } else if dir.join("lock").exists() {
                return Err(Error::AlreadyUp(model.to_owned()));
            } else {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn lock_new(dir: PathBuf) -> Result<Self, Error> {
        let locked = || {
            let mut file = lock_patiently(&dir)?;
            write!(file, "{}", std::process::id())?;
            io::Result::Ok(file)
        };
        let lock = locked().map_err(|source| error(&dir, source))?;
        Ok(Self { dir, _lock: lock })
    }

    /// Path of the folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of a folder in it, which is made if it is missing.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn subfolder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.dir.join(name);
        fs::create_dir_all(&path).map_err(|source| error(&path, source))?;
        Ok(path)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // An error can't be reported any more; the next `up` tries again.
        let _ = fs::remove_dir_all(&self.dir);
        let _ = self.dir.parent().map(fs::remove_dir);
    }
}

/// Checks that the sockets of an application and container called `names` have a path in the model's folder `dir`.
///
/// # Errors
/// When it would be too long for a socket.
pub fn check_length(dir: &Path, names: [&str; 2]) -> Result<(), Error> {
    let is_short = dir.as_os_str().len() + LONGEST + names.concat().len() < SOCKET_PATH;
    if is_short { Ok(()) } else { Err(Error::TooLong(dir.display().to_string())) }
}

/// The process that runs the model in `dir`: its id is in the lock file that it holds.
#[must_use]
pub fn process(dir: &Path) -> Option<Pid> {
    let is_held = lock(dir, false).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    let number = fs::read_to_string(dir.join("lock")).ok().filter(|_| is_held)?;
    Pid::from_raw(number.parse().ok()?)
}

/// Names of this user's models that are up, sorted.
#[must_use]
pub fn up() -> Vec<String> {
    up_in(&base())
}

fn up_in(base: &Path) -> Vec<String> {
    let folders = fs::read_dir(base).into_iter().flatten().flatten();
    let held = folders.filter(|folder| process(&folder.path()).is_some());
    let mut names: Vec<String> = held.filter_map(|folder| folder.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Kills the process that runs `model`, even if it is stopped, and waits until it is gone. The processes it has started
/// end with it; [`clear`] removes its folder. Returns false if the model isn't up.
///
/// # Errors
/// When it can't be killed.
pub fn kill(model: &str) -> Result<bool, Error> {
    let dir = folder(model)?;
    // In another user's folder the id could be that of any process.
    if !is_there(&base())? || !is_there(&dir)? {
        return Ok(false);
    }
    let Some(pid) = process(&dir) else { return Ok(false) };
    let failed = |source: Errno| Error::Kill { pid: pid.as_raw_nonzero().get(), source: source.into() };
    let handle = pidfd_open(pid, PidfdFlags::empty()).map_err(failed)?;
    // The process still holds the lock, so the handle is not that of a new process with the same id.
    if process(&dir) == Some(pid) {
        pidfd_send_signal(&handle, Signal::KILL).map_err(failed)?;
    }
    let started = Instant::now();
    while process(&dir) == Some(pid) {
        if started.elapsed() > DEATH {
            return Err(failed(Errno::TIMEDOUT));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(true)
}

/// Removes the folder and the processes of a killed model. Returns false if there is no folder.
///
/// # Errors
/// When the model is up, or its folder can't be removed.
pub fn clear(model: &str) -> Result<bool, Error> {
    let started = Instant::now();
    loop {
        match clear_in(&base(), model) {
            // Its process may be dying: the kernel gives up its lock last.
            Err(Error::AlreadyUp(_)) if started.elapsed() < DYING => std::thread::sleep(Duration::from_millis(10)),
            other => return other,
        }
    }
}

fn clear_in(base: &Path, model: &str) -> Result<bool, Error> {
    let dir = folder_in(base, model)?;
    if !is_there(base)? || !is_there(&dir)? {
        return Ok(false);
    }
    if dir.join("lock").exists() && lock(&dir, false).is_err() {
        return Err(Error::AlreadyUp(model.to_owned()));
    }
    remove(&dir)?;
    let _ = fs::remove_dir(base);
    Ok(true)
}

/// Removes a killed model's folder. Its pods and servers are ending, and may still write there; processes that don't
/// end are killed.
fn remove(dir: &Path) -> Result<(), Error> {
    reaper::reap(dir);
    let started = Instant::now();
    loop {
        match fs::remove_dir_all(dir) {
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) if started.elapsed() > DYING => return Err(error(dir, source)),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
            Ok(()) => return Ok(()),
        }
    }
}

fn error(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.display().to_string(), source }
}

fn make_private_new(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(dir)
}

/// Takes a new folder's lock. It may have to wait: a verb that looks for the holder takes the lock for a moment.
fn lock_patiently(dir: &Path) -> io::Result<File> {
    let started = Instant::now();
    loop {
        match lock(dir, true) {
            Err(problem) if problem.kind() == io::ErrorKind::WouldBlock && started.elapsed() < DYING => {
                std::thread::sleep(Duration::from_millis(2));
            }
            other => return other,
        }
    }
}

fn lock(dir: &Path, create: bool) -> io::Result<File> {
    let file = File::options().write(true).create(create).truncate(false).mode(0o600).open(dir.join("lock"))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_file_names_are_refused() {
        for name in ["", "a/b", "..", "-x", "A", "a b"] {
            assert!(matches!(folder(name), Err(Error::Name(_))), "{name}");
        }
        assert!(folder("local-2").unwrap().ends_with("local-2"));
    }

    #[test]
    fn a_folder_is_one_process_s_and_a_dead_one_s_is_taken_over() {
        let own = tempfile::tempdir().unwrap();
        let base = own.path().join("base");
        let claim = || Runtime::claim_in(&base, "local", ["app", "c"]);
        let first = claim().unwrap();
        assert!(matches!(claim(), Err(Error::AlreadyUp(_))));
        let dir = first.dir().to_owned();
        drop(first);
        assert!(!base.exists(), "the last one takes the base with it");
        private(&base).unwrap();
        fs::create_dir_all(dir.join("leftover")).unwrap();
        fs::write(dir.join("lock"), "").unwrap();
        let second = claim().unwrap();
        assert!(!second.dir().join("leftover").exists());
        assert!(matches!(clear_in(&base, "local"), Err(Error::AlreadyUp(_))));
    }

    #[test]
    fn the_process_that_holds_a_folder_is_known_and_a_dead_one_is_not() {
        let own = tempfile::tempdir().unwrap();
        let base = own.path().join("base");
        let claimed = Runtime::claim_in(&base, "local", ["app", "c"]).unwrap();
        assert_eq!(process(claimed.dir()), Some(rustix::process::getpid()));
        let dir = own.path().join("dead");
        assert_eq!(process(&dir), None);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("lock"), "1").unwrap();
        assert_eq!(process(&dir), None, "the lock is free, so the id is of a dead process");
    }

    #[test]
    fn the_models_that_are_up_are_known_and_a_dead_one_is_not() {
        let own = tempfile::tempdir().unwrap();
        let base = own.path().join("base");
        assert!(up_in(&base).is_empty());
        let _two = Runtime::claim_in(&base, "two", ["app", "c"]).unwrap();
        let _one = Runtime::claim_in(&base, "one", ["app", "c"]).unwrap();
        fs::create_dir(base.join("dead")).unwrap();
        fs::write(base.join("dead/lock"), "1").unwrap();
        assert_eq!(up_in(&base), ["one", "two"]);
    }

    #[test]
    fn what_a_killed_model_left_can_be_cleared() {
        let own = tempfile::tempdir().unwrap();
        let base = own.path().join("base");
        assert!(!clear_in(&base, "local").unwrap());
        for with_lock in [false, true] {
            private(&base).unwrap();
            private(&base.join("local")).unwrap();
            fs::create_dir_all(base.join("local/leftover")).unwrap();
            if with_lock {
                fs::write(base.join("local/lock"), "").unwrap();
            }
            assert!(clear_in(&base, "local").unwrap());
            assert!(!base.exists());
        }
    }

    #[test]
    fn a_folder_open_to_others_is_refused_and_so_is_a_link_or_a_file() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        private(&path("new")).unwrap();
        assert!(is_there(&path("new")).unwrap());
        assert!(!is_there(&path("none")).unwrap());
        for mode in [0o750, 0o701, 0o777] {
            fs::create_dir(path("open")).unwrap();
            fs::set_permissions(path("open"), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(private(&path("open")), Err(Error::NotOurs(_))), "{mode:o}");
            fs::remove_dir(path("open")).unwrap();
        }
        symlink(path("new"), path("link")).unwrap();
        symlink(path("none"), path("dangling")).unwrap();
        fs::write(path("file"), "").unwrap();
        for name in ["link", "dangling", "file"] {
            assert!(matches!(private(&path(name)), Err(Error::NotOurs(_))), "{name}");
            assert!(matches!(is_there(&path(name)), Err(Error::NotOurs(_))), "{name}");
            assert!(matches!(clear_in(&path(name), "local"), Err(Error::NotOurs(_))), "{name}");
        }
        assert!(!path("none").exists(), "nothing is made where a link leads");
    }

    #[test]
    fn what_a_link_in_a_model_s_place_leads_to_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("base");
        private(&base).unwrap();
        private(&dir.path().join("other")).unwrap();
        fs::write(dir.path().join("other/kept"), "").unwrap();
        std::os::unix::fs::symlink(dir.path().join("other"), base.join("local")).unwrap();
        assert!(matches!(clear_in(&base, "local"), Err(Error::NotOurs(_))));
        assert!(dir.path().join("other/kept").exists());
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused_at_once() {
        let own = tempfile::tempdir().unwrap();
        let claim = Runtime::claim_in(own.path(), &"x".repeat(100), ["app", "c"]);
        assert!(matches!(claim, Err(Error::TooLong(_))));
    }
}
