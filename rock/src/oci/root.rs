//! The folder that a root file system is written into. No entry writes outside it.
//!
//! Folders of a path are resolved as in a chroot: an absolute link among them starts again at this folder, `..` stops
//! at it. The last name is never followed: an existing entry there is replaced. So every file is written below this
//! folder, in folders that are no links. The folder is private and temporary: no other process writes there meanwhile.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::Limits;

/// Largest number of names on a path.
const DEPTH: usize = 128;
const PATH: usize = 4096;

const TOO_LONG: &str = "its path is longer than 4096 bytes or deeper than 128 folders";

/// Bytes of a recorded path that count as one step: paths are kept in memory until the layer's end.
const NOTED: usize = 64;

/// Largest size of a file in [`WRITTEN`], in bytes: a pod reads the rock's version before it writes its own.
const WRITTEN_BYTES: u64 = 1 << 20;

/// Largest number of links on a path, as in the kernel.
const LINKS: usize = 40;

/// Permitted mode bits: no set-user-id, no set-group-id.
const MODES: u32 = 0o1777;

/// Folders that a pod mounts on or writes in, which must be real folders of the root.
const OWN: [&str; 11] = ["charm", "charm/bin", "dev", "etc", "proc", "run", "sys", "tmp", "var", "var/lib", "var/log"];

/// Files that a pod writes itself.
const WRITTEN: [&str; 5] = ["etc/group", "etc/hostname", "etc/hosts", "etc/passwd", "etc/resolv.conf"];

/// An entry can't be placed.
#[derive(Debug)]
pub(super) enum Error {
    /// It is refused, for this reason.
    Refused(String),
    /// Writing it failed.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn refused<T>(why: impl Into<String>) -> Result<T, Error> {
    Err(Error::Refused(why.into()))
}

/// Attributes of an entry.
#[derive(Debug)]
pub(super) struct Attributes {
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    /// Seconds since 1970.
    pub(super) modified: u64,
}

/// A root file system that is being written.
#[derive(Debug)]
pub(super) struct Root {
    dir: PathBuf,
    left: Limits,
    /// Steps left.
    steps: Cell<u64>,
    /// Entries of the current layer and the folders above them: names by folder. A folder that is missing here has only
    /// entries of lower layers.
    brought: HashMap<PathBuf, HashSet<OsString>>,
    /// The folders that a whiteout of this layer has emptied: all their entries are this layer's.
    emptied: HashSet<PathBuf>,
    /// The folder looked up last: its path in the entry, and its resolved path. Entries of one folder follow each
    /// other.
    last: Option<(PathBuf, PathBuf)>,
    gives_away: bool,
}

/// `path` as a path below the root. `None`: the root itself.
pub(super) fn relative(path: &Path) -> Result<Option<PathBuf>, &'static str> {
    if path.as_os_str().len() > PATH || path.components().take(DEPTH + 1).count() > DEPTH {
        return Err(TOO_LONG);
    }
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return Err("a path with .. leads out of the rock"),
        }
    }
    Ok((!parts.as_os_str().is_empty()).then_some(parts))
}

/// Returns true if `path` inside the root `dir`, its links followed, is a file.
pub(super) fn is_file(dir: &Path, path: &Path) -> bool {
    resolved(dir, path, &Cell::new(u64::MAX))
        .is_ok_and(|found| found.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
}

/// The path in `dir` that `path` leads to, its links followed inside `dir`.
fn resolved(dir: &Path, path: &Path, steps: &Cell<u64>) -> Result<PathBuf, Error> {
    let mut found = dir.to_owned();
    let mut parts: Vec<PathBuf> = path.components().rev().map(|part| PathBuf::from(part.as_os_str())).collect();
    let (mut links, mut depth) = (0, 0);
    while let Some(part) = parts.pop() {
        match part.components().next() {
            Some(Component::RootDir) => (found, depth) = (dir.to_owned(), 0),
            Some(Component::ParentDir) if found != dir => {
                found.pop();
                depth -= 1;
            }
            Some(Component::Normal(name)) => {
                take(steps, 1)?;
                let next = found.join(name);
                // A link's target can have many names, each of them a link again.
                if depth >= DEPTH || next.as_os_str().len() > dir.as_os_str().len() + PATH {
                    return refused(TOO_LONG);
                }
                let Ok(target) = fs::read_link(&next) else {
                    (found, depth) = (next, depth + 1);
                    continue;
                };
                links += 1;
                if links > LINKS {
                    return refused("too many links on its path");
                }
                parts.extend(target.components().rev().map(|part| PathBuf::from(part.as_os_str())));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Uses up `count` steps; an error if fewer are left.
fn take(steps: &Cell<u64>, count: usize) -> Result<(), Error> {
    match steps.get().checked_sub(count as u64) {
        Some(left) => steps.set(left),
        None => return refused("with this the rock has longer paths than any rock that is unpacked here"),
    }
    Ok(())
}

impl Root {
    /// A root in the empty folder `dir`.
    pub(super) fn new(dir: &Path, limits: Limits) -> Self {
        let gives_away = rustix::process::geteuid().is_root();
        Self {
            dir: dir.to_owned(),
            left: limits,
            steps: Cell::new(limits.steps),
            brought: HashMap::new(),
            emptied: HashSet::new(),
            last: None,
            gives_away,
        }
    }

    pub(super) fn begin_layer(&mut self) {
        self.brought.clear();
        self.emptied.clear();
    }

    /// Creates a folder, or changes the attributes of an existing one.
    pub(super) fn folder(&mut self, path: &Path, attributes: &Attributes) -> Result<(), Error> {
        let place = self.place(path)?;
        if !metadata(&place)?.is_some_and(|found| found.is_dir()) {
            self.taken_away(&place)?;
            self.count()?;
            fs::create_dir(&place)?;
        }
        // An ordinary user must be able to fill the folder, and to remove it later.
        let least = if self.gives_away { 0 } else { 0o700 };
        self.dress(&place, &Attributes { mode: attributes.mode | least, ..*attributes })
    }

    /// Writes a file with `content`.
    pub(super) fn file(&mut self, path: &Path, attributes: &Attributes, content: &mut impl Read) -> Result<(), Error> {
        let place = self.cleared(path)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place)?;
        if WRITTEN.iter().any(|name| self.dir.join(name) == place) {
            let written = io::copy(&mut content.take(WRITTEN_BYTES + 1), &mut file)?;
            self.small(&place, written)?;
        }
        let written = io::copy(&mut content.take(self.left.bytes.saturating_add(1)), &mut file)?;
        match self.left.bytes.checked_sub(written) {
            Some(left) => self.left.bytes = left,
            None => return refused("with this the rock is larger than any that is unpacked here"),
        }
        self.dress(&place, attributes)?;
        dated(&file, attributes.modified)
    }

    /// Creates a symbolic link. Any target is allowed, since links are followed inside the root only.
    pub(super) fn symlink(&mut self, path: &Path, target: &Path, attributes: &Attributes) -> Result<(), Error> {
        let place = self.cleared(path)?;
        // The link may replace the folder that was looked up last.
        self.last = None;
        symlink(target, &place)?;
        self.give(&place, attributes)
    }

    /// Creates a hard link to an existing file.
    pub(super) fn hard_link(&mut self, path: &Path, target: &Path) -> Result<(), Error> {
        let place = self.place(path)?;
        let source = self.inside(target)?;
        if source == place {
            return refused("this link leads to itself");
        }
        match metadata(&source)? {
            None => return refused(format!("this is a link to {}, which isn't there", target.display())),
            Some(found) if found.is_dir() => return refused("this is a link to a folder"),
            Some(_) => {}
        }
        self.taken_away(&place)?;
        self.count()?;
        Ok(fs::hard_link(&source, &place)?)
    }

    /// Removes the lower layers' entry at `path`.
    pub(super) fn hide(&mut self, path: &Path) -> Result<(), Error> {
        let place = self.inside(path)?;
        if self.has_brought(&place) { self.clear(&place) } else { self.taken_away(&place) }
    }

    /// Removes the lower layers' entries from the folder of the opaque whiteout `path`.
    pub(super) fn empty(&mut self, path: &Path) -> Result<(), Error> {
        let folder = self.parent(path)?;
        self.clear(&folder)
    }

    /// Removes entries of lower layers from a folder. A folder is read once per layer, even if it has many whiteouts:
    /// once emptied, it has only this layer's entries.
    fn clear(&mut self, folder: &Path) -> Result<(), Error> {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let is_folder = metadata(&folder)?.is_some_and(|found| found.is_dir());
            if !is_folder || !self.emptied.insert(folder.clone()) {
                continue;
            }
            take(&self.steps, folder.as_os_str().len() / NOTED)?;
            for entry in fs::read_dir(&folder)? {
                take(&self.steps, 1)?;
                let path = entry?.path();
                if self.has_brought(&path) { folders.push(path) } else { self.taken_away(&path)? }
            }
        }
        Ok(())
    }

    fn has_brought(&self, place: &Path) -> bool {
        let names = place.parent().and_then(|folder| self.brought.get(folder));
        names.zip(place.file_name()).is_some_and(|(names, name)| names.contains(name))
    }

    fn taken_away(&mut self, place: &Path) -> Result<(), Error> {
        self.last = None;
        Ok(remove(place)?)
    }

    /// Records that `place` is this layer's, with the folders above it. It stops at a recorded folder, whose parents
    /// are recorded.
    fn bring(&mut self, place: &Path) -> Result<(), Error> {
        for above in place.ancestors().take_while(|above| *above != self.dir) {
            let (Some(folder), Some(name)) = (above.parent(), above.file_name()) else { break };
            if !self.brought.contains_key(folder) {
                take(&self.steps, folder.as_os_str().len() / NOTED)?;
            }
            if !self.brought.entry(folder.to_owned()).or_default().insert(name.to_owned()) {
                break;
            }
        }
        Ok(())
    }

    /// Makes the folders of [`OWN`] real folders, so that a pod can mount on them and write in them.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        for name in OWN {
            let place = self.dir.join(name);
            if !metadata(&place)?.is_some_and(|found| found.is_dir()) {
                remove(&place)?;
                fs::create_dir(&place)?;
                let mode = if name == "tmp" { 0o1777 } else { 0o755 };
                fs::set_permissions(&place, Permissions::from_mode(mode))?;
            }
        }
        for name in WRITTEN {
            let place = self.dir.join(name);
            match metadata(&place)? {
                Some(found) if !found.is_file() => remove(&place)?,
                Some(found) => self.small(&place, found.len())?,
                None => {}
            }
        }
        Ok(())
    }

    /// Refuses a file of [`WRITTEN`] that has more than [`WRITTEN_BYTES`] bytes.
    fn small(&self, place: &Path, bytes: u64) -> Result<(), Error> {
        let name = place.strip_prefix(&self.dir).unwrap_or(place).display();
        if bytes > WRITTEN_BYTES {
            return refused(format!(
                "{name} is larger than {WRITTEN_BYTES} bytes, the most that a pod reads: make it smaller"
            ));
        }
        Ok(())
    }

    /// The path of a new entry, its old entry removed.
    fn cleared(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let place = self.place(path)?;
        match metadata(&place)? {
            // Removing a file doesn't change the folder looked up last.
            None => {}
            Some(found) if found.is_file() => remove(&place)?,
            Some(_) => self.taken_away(&place)?,
        }
        self.count()?;
        Ok(place)
    }

    /// The path of an entry, with the folders above it created.
    fn place(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let parent = self.parent(path)?;
        let mut missing = parent.as_path();
        let mut made = Vec::new();
        while metadata(missing)?.is_none() {
            made.push(missing.to_owned());
            missing = missing.parent().unwrap_or(&self.dir);
        }
        for folder in made.into_iter().rev() {
            self.count()?;
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
        }
        if !metadata(&parent)?.is_some_and(|found| found.is_dir()) {
            return refused("what it's in is no folder");
        }
        let place = parent.join(path.file_name().unwrap_or_default());
        self.bring(&place)?;
        Ok(place)
    }

    /// The path of an entry, which need not exist.
    fn inside(&mut self, path: &Path) -> Result<PathBuf, Error> {
        Ok(self.parent(path)?.join(path.file_name().unwrap_or_default()))
    }

    /// The folder of `path`, its links followed inside the root.
    fn parent(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let folder = path.parent().unwrap_or(Path::new(""));
        if let Some((_, found)) = self.last.as_ref().filter(|(named, _)| named == folder) {
            return Ok(found.clone());
        }
        let found = resolved(&self.dir, folder, &self.steps)?;
        self.last = Some((folder.to_owned(), found.clone()));
        Ok(found)
    }

    fn count(&mut self) -> Result<(), Error> {
        match self.left.entries.checked_sub(1) {
            Some(left) => self.left.entries = left,
            None => return refused("with this the rock has more files than any that is unpacked here"),
        }
        Ok(())
    }

    /// Sets owner and mode. The owner comes first, since changing it clears mode bits.
    fn dress(&self, place: &Path, attributes: &Attributes) -> Result<(), Error> {
        self.give(place, attributes)?;
        Ok(fs::set_permissions(place, Permissions::from_mode(attributes.mode & MODES))?)
    }

    /// Sets the owner, if this process can: only root may, and in a container only to mapped users.
    fn give(&self, place: &Path, attributes: &Attributes) -> Result<(), Error> {
        let ids = (u32::try_from(attributes.uid), u32::try_from(attributes.gid));
        let (Ok(uid), Ok(gid)) = ids else { return refused("its owner is no user id") };
        if !self.gives_away {
            return Ok(());
        }
        match lchown(place, Some(uid), Some(gid)) {
            Err(error) if [io::ErrorKind::PermissionDenied, io::ErrorKind::InvalidInput].contains(&error.kind()) => {
                Ok(())
            }
            other => Ok(other?),
        }
    }
}

fn dated(file: &File, seconds: u64) -> Result<(), Error> {
    // Python compares this time with its compiled files. A time that the system can't represent is left out.
    if let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) {
        let _ = file.set_modified(time);
    }
    Ok(())
}

/// Metadata of `path` itself, a link not followed. `None`: it is missing.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes the file, link or folder at `path`, if it exists.
fn remove(path: &Path) -> io::Result<()> {
    match metadata(path)? {
        Some(found) if found.is_dir() => fs::remove_dir_all(path),
        Some(_) => fs::remove_file(path),
        None => Ok(()),
    }
}
