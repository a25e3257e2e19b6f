//! The folder a root file system is written into. Nothing that an entry says leads out of it.
//!
//! A path's folders are followed as inside a root: a link among them starts again at this folder, `..` stops at it. The
//! last part is never followed: what stands there is replaced. So what is written is always below this folder, in folders
//! that are no links. Nobody else writes there meanwhile: it's a private temporary folder.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::Limits;

/// Names on the longest path, and its bytes.
const DEPTH: usize = 128;
const PATH: usize = 4096;

const TOO_LONG: &str = "its path is longer than 4096 bytes or deeper than 128 folders";

/// Bytes of a noted path that count as a step: they are kept until the layer's end.
const NOTED: usize = 64;

/// Bytes of the largest file among those that a pod writes itself: it reads what the rock has there first.
const WRITTEN_BYTES: u64 = 1 << 20;

/// Links on one path, as the kernel counts them.
const LINKS: usize = 40;

/// The mode's bits that files here may have: no set-user-id, no set-group-id.
const MODES: u32 = 0o1777;

/// Folders that a pod mounts on or writes in: they must be the root's own.
const OWN: [&str; 11] = ["charm", "charm/bin", "dev", "etc", "proc", "run", "sys", "tmp", "var", "var/lib", "var/log"];

/// Files that a pod writes itself.
const WRITTEN: [&str; 5] = ["etc/group", "etc/hostname", "etc/hosts", "etc/passwd", "etc/resolv.conf"];

/// Why an entry isn't placed.
#[derive(Debug)]
pub(super) enum Error {
    /// It must not be.
    Refused(String),
    /// It can't be.
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

/// What an entry says of itself besides its content.
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
    /// Steps that are left.
    steps: Cell<u64>,
    /// What the layer now at hand has brought, with the folders above it: names by the folder they are in. All in a folder
    /// without an entry here is of lower layers.
    brought: HashMap<PathBuf, HashSet<OsString>>,
    /// The folders that a marker of this layer has emptied: what is in them is this layer's.
    emptied: HashSet<PathBuf>,
    /// The folder that was looked up last, as an entry names it, and where it is. Entries of one folder follow each other.
    last: Option<(PathBuf, PathBuf)>,
    gives_away: bool,
}

/// `path` as one below the root. None: the root itself.
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

/// Whether `path` inside the root `dir` is a file, at the end of whatever links.
pub(super) fn is_file(dir: &Path, path: &Path) -> bool {
    resolved(dir, path, &Cell::new(u64::MAX))
        .is_ok_and(|found| found.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
}

/// Where `path` leads inside `dir`, all of its links followed there.
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
                // A link may lead through many names, and each of those again.
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

/// Takes `count` steps of those that are left.
fn take(steps: &Cell<u64>, count: usize) -> Result<(), Error> {
    match steps.get().checked_sub(count as u64) {
        Some(left) => steps.set(left),
        None => return refused("with this the rock has longer paths than any that is unpacked here"),
    }
    Ok(())
}

impl Root {
    /// Into the empty folder `dir`.
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

    /// A folder, or other attributes for one that is there.
    pub(super) fn folder(&mut self, path: &Path, attributes: &Attributes) -> Result<(), Error> {
        let place = self.place(path)?;
        if !metadata(&place)?.is_some_and(|found| found.is_dir()) {
            self.taken_away(&place)?;
            self.count()?;
            fs::create_dir(&place)?;
        }
        // Whoever isn't root must still be able to fill it, and to remove it one day.
        let least = if self.gives_away { 0 } else { 0o700 };
        self.dress(&place, &Attributes { mode: attributes.mode | least, ..*attributes })
    }

    /// A file with what `content` has.
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

    /// A symbolic link; it may lead anywhere, for it's followed inside the root only.
    pub(super) fn symlink(&mut self, path: &Path, target: &Path, attributes: &Attributes) -> Result<(), Error> {
        let place = self.cleared(path)?;
        // It may stand where a folder was looked up.
        self.last = None;
        symlink(target, &place)?;
        self.give(&place, attributes)
    }

    /// Another name for a file that is there.
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

    /// Takes away what lower layers have at `path`.
    pub(super) fn hide(&mut self, path: &Path) -> Result<(), Error> {
        let place = self.inside(path)?;
        if self.has_brought(&place) { self.clear(&place) } else { self.taken_away(&place) }
    }

    /// Takes away what lower layers have in the folder that the marker `path` is in.
    pub(super) fn empty(&mut self, path: &Path) -> Result<(), Error> {
        let folder = self.parent(path)?;
        self.clear(&folder)
    }

    /// Keeps of a folder what this layer has brought. A folder that was emptied before has nothing else, so each is read once
    /// in a layer, however many markers it has.
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

    /// Notes that this layer has brought `place`. Folders above that are noted have theirs noted, too.
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

    /// Makes it a root that a pod can mount on and write in: the folders of [`OWN`] are there and are no links.
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

    /// Refuses a file that a pod writes itself, of `bytes` bytes, if it is too large to be read first.
    fn small(&self, place: &Path, bytes: u64) -> Result<(), Error> {
        let name = place.strip_prefix(&self.dir).unwrap_or(place).display();
        if bytes > WRITTEN_BYTES {
            return refused(format!(
                "{name} is larger than {WRITTEN_BYTES} bytes, the most that a pod reads: make it smaller"
            ));
        }
        Ok(())
    }

    /// The place of a new entry, with nothing on it.
    fn cleared(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let place = self.place(path)?;
        match metadata(&place)? {
            // The folder that was looked up last is none of these.
            None => {}
            Some(found) if found.is_file() => remove(&place)?,
            Some(_) => self.taken_away(&place)?,
        }
        self.count()?;
        Ok(place)
    }

    /// The place of an entry, the folders above it made.
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

    /// The place of an entry, whether it's there or not.
    fn inside(&mut self, path: &Path) -> Result<PathBuf, Error> {
        Ok(self.parent(path)?.join(path.file_name().unwrap_or_default()))
    }

    /// Where the folder is that `path` is in, all links followed inside the root.
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

    /// Owner first: giving a file away takes bits of its mode.
    fn dress(&self, place: &Path, attributes: &Attributes) -> Result<(), Error> {
        self.give(place, attributes)?;
        Ok(fs::set_permissions(place, Permissions::from_mode(attributes.mode & MODES))?)
    }

    /// Only root can, and in a container not to everybody.
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
    // Python recognises by it what it has compiled. A date beyond the system's is not worth a failure.
    if let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) {
        let _ = file.set_modified(time);
    }
    Ok(())
}

/// What stands at `path`, which may be a link or nothing.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes what stands at `path`, whatever it is.
fn remove(path: &Path) -> io::Result<()> {
    match metadata(path)? {
        Some(found) if found.is_dir() => fs::remove_dir_all(path),
        Some(_) => fs::remove_file(path),
        None => Ok(()),
    }
}
