//! The folder a root file system is written into. Nothing that an entry says leads out of it.
//!
//! A path's folders are followed as inside a root: a link among them starts again at this folder, `..` stops at it. The
//! last part is never followed: what stands there is replaced. So what is written is always below this folder, in folders
//! that are no links. Nobody else writes there meanwhile: it's a private temporary folder.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::Limits;

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
    /// What the layer now at hand has brought, with the folders above it.
    brought: BTreeSet<PathBuf>,
    gives_away: bool,
}

/// `path` as one below the root. None: the root itself.
pub(super) fn relative(path: &Path) -> Result<Option<PathBuf>, &'static str> {
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
    resolved(dir, path).is_ok_and(|found| found.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
}

/// Where `path` leads inside `dir`, all of its links followed there.
fn resolved(dir: &Path, path: &Path) -> Result<PathBuf, Error> {
    let mut found = dir.to_owned();
    let mut parts: Vec<PathBuf> = path.components().rev().map(|part| PathBuf::from(part.as_os_str())).collect();
    let mut links = 0;
    while let Some(part) = parts.pop() {
        match part.components().next() {
            Some(Component::RootDir) => found = dir.to_owned(),
            Some(Component::ParentDir) if found != dir => drop(found.pop()),
            Some(Component::Normal(name)) => {
                let next = found.join(name);
                let Ok(target) = fs::read_link(&next) else {
                    found = next;
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

impl Root {
    /// Into the empty folder `dir`.
    pub(super) fn new(dir: &Path, limits: Limits) -> Self {
        let gives_away = rustix::process::geteuid().is_root();
        Self { dir: dir.to_owned(), left: limits, brought: BTreeSet::new(), gives_away }
    }

    pub(super) fn begin_layer(&mut self) {
        self.brought.clear();
    }

    /// A folder, or other attributes for one that is there.
    pub(super) fn folder(&mut self, path: &Path, attributes: &Attributes) -> Result<(), Error> {
        let place = self.place(path)?;
        if !metadata(&place)?.is_some_and(|found| found.is_dir()) {
            remove(&place)?;
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
        remove(&place)?;
        self.count()?;
        Ok(fs::hard_link(&source, &place)?)
    }

    /// Takes away what lower layers have at `path`.
    pub(super) fn hide(&mut self, path: &Path) -> Result<(), Error> {
        let place = self.inside(path)?;
        if self.brought.contains(&place) { self.clear(&place) } else { Ok(remove(&place)?) }
    }

    /// Takes away what lower layers have in the folder that the marker `path` is in.
    pub(super) fn empty(&mut self, path: &Path) -> Result<(), Error> {
        let folder = resolved(&self.dir, path.parent().unwrap_or(Path::new("")))?;
        self.clear(&folder)
    }

    /// Keeps of a folder what this layer has brought.
    fn clear(&self, folder: &Path) -> Result<(), Error> {
        if !metadata(folder)?.is_some_and(|found| found.is_dir()) {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !self.brought.contains(&path) {
                remove(&path)?;
            } else {
                self.clear(&path)?;
            }
        }
        Ok(())
    }

    /// Makes it a root that a pod can mount on and write in: the folders of [`OWN`] are there and are no links.
    pub(super) fn prepare(&self) -> io::Result<()> {
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
            if metadata(&place)?.is_some_and(|found| !found.is_file()) {
                remove(&place)?;
            }
        }
        Ok(())
    }

    /// The place of a new entry, with nothing on it.
    fn cleared(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let place = self.place(path)?;
        remove(&place)?;
        self.count()?;
        Ok(place)
    }

    /// The place of an entry, the folders above it made.
    fn place(&mut self, path: &Path) -> Result<PathBuf, Error> {
        let parent = resolved(&self.dir, path.parent().unwrap_or(Path::new("")))?;
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
        let inside = place.ancestors().take_while(|above| *above != self.dir).map(Path::to_owned);
        self.brought.extend(inside);
        Ok(place)
    }

    /// The place of an entry, whether it's there or not.
    fn inside(&self, path: &Path) -> Result<PathBuf, Error> {
        let parent = resolved(&self.dir, path.parent().unwrap_or(Path::new("")))?;
        Ok(parent.join(path.file_name().unwrap_or_default()))
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
