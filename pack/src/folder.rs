//! A folder whose files are read and written without ever leaving it.
//!
//! A project is untrusted: a name in it may be `../../x`, a folder may be a link to `/etc`, a file a FIFO. Every path
//! is walked from the open folder, one name after the other, and no link is followed. The kernel's `openat2` does the
//! same with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS`; the walk is written out because old kernels and the system call
//! filters of containers lack that call.

mod error;
mod kind;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{self as sys, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

pub use error::Error;
pub use kind::Kind;

/// Largest text file of a project, in bytes: YAML, JSON, requirements, Python.
pub const TEXT: u64 = 1 << 20;

/// Largest number of names on a path.
const DEPTH: usize = 128;

/// Largest number of entries of a folder.
const NAMES: usize = 100_000;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

/// Flags that open a folder on a path: links are not followed, and the folder need not be readable.
const STEP: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Flags that open a file for reading: opening a FIFO doesn't block, a terminal doesn't become the controlling one.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Opens the regular file `path`. The user names it, so links on it are followed.
///
/// # Errors
/// When it is of another kind, or can't be read.
pub fn open(path: &Path) -> Result<File, Error> {
    let name = path.display().to_string();
    let failed = |errno: Errno| Error::Read { path: name.clone(), source: errno.into() };
    regular(Kind::of(FileType::from_raw_mode(sys::stat(path).map_err(failed)?.st_mode)), &name)?;
    checked(sys::open(path, READ, Mode::empty()).map_err(failed)?, &name)
}

/// Content of the file `path`, opened as [`open`] does, of at most `limit` bytes.
///
/// # Errors
/// When it is of another kind or larger, or can't be read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    bounded(&open(path)?, &path.display().to_string(), limit)
}

fn regular(kind: Kind, path: &str) -> Result<(), Error> {
    match kind {
        Kind::File => Ok(()),
        Kind::Link => Err(Error::Link(path.to_owned())),
        other => Err(Error::Kind { path: path.to_owned(), is: other.name(), needed: "a file" }),
    }
}

/// Checks the kind again: the file may have been replaced between the look and the open.
fn checked(handle: OwnedFd, path: &str) -> Result<File, Error> {
    let found = sys::fstat(&handle).map_err(|errno| Error::Read { path: path.to_owned(), source: errno.into() })?;
    regular(Kind::of(FileType::from_raw_mode(found.st_mode)), path)?;
    Ok(File::from(handle))
}

fn bounded(file: &File, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let large = || Error::Large { path: path.to_owned(), limit };
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if file.metadata().map_err(failed)?.len() > limit {
        return Err(large());
    }
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > limit { Err(large()) } else { Ok(content) }
}

/// Text of the content of the file `path`.
///
/// # Errors
/// When a byte isn't UTF-8.
pub fn utf8(content: Vec<u8>, path: &str) -> Result<String, Error> {
    String::from_utf8(content).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::NoText { path: path.to_owned(), line }
    })
}

impl Folder {
    /// Opens the folder `path`. The user names it, so links on it are followed.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = sys::open(path, flags, Mode::empty())
            .map_err(|errno| Error::Read { path: path.display().to_string(), source: errno.into() })?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Its path, as it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The full path of `path` in it, for messages and for programs' arguments.
    pub fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.join(path)
    }

    /// The folder at `path` in it, which may be `.`.
    ///
    /// # Errors
    /// When the path leads out of the folder or through a link, or there is no such folder.
    pub fn folder(&self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut handle = self.step(&self.handle, OsStr::new("."), path)?;
        for name in self.names_of(path)? {
            handle = self.step(&handle, name, path)?;
        }
        Ok(Self { handle, path: self.path.join(path) })
    }

    /// The kind of the entry at `path` in it. `None`: there is no entry.
    ///
    /// # Errors
    /// When the path leads out of the folder or through a link.
    pub fn kind(&self, path: impl AsRef<Path>) -> Result<Option<Kind>, Error> {
        let path = path.as_ref();
        let Some((parent, name)) = self.parent(path)? else { return Ok(None) };
        match sys::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(Kind::of(FileType::from_raw_mode(found.st_mode)))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.unread(path, errno)),
        }
    }

    /// True if `path` in it is a regular file, false if it is a folder or missing.
    ///
    /// # Errors
    /// When `path` is of another kind, or leads out of the folder or through a link.
    pub fn has_file(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        let path = path.as_ref();
        match self.kind(path)? {
            None | Some(Kind::Folder) => Ok(false),
            Some(kind) => regular(kind, &self.display(path)).map(|()| true),
        }
    }

    /// The open file at `path` in it. `None`: it is missing.
    ///
    /// # Errors
    /// When `path` is no regular file, leads out of the folder or through a link, or can't be read.
    pub fn file(&self, path: impl AsRef<Path>) -> Result<Option<File>, Error> {
        let path = path.as_ref();
        let Some(kind) = self.kind(path)? else { return Ok(None) };
        regular(kind, &self.display(path))?;
        let Some((parent, name)) = self.parent(path)? else { return Ok(None) };
        let handle = sys::openat(&parent, name, READ | OFlags::NOFOLLOW, Mode::empty());
        checked(handle.map_err(|errno| self.unread(path, errno))?, &self.display(path)).map(Some)
    }

    /// Content of the file at `path` in it, of at most `limit` bytes. `None`: it is missing.
    ///
    /// # Errors
    /// As [`Folder::file`], and when it is larger.
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = path.as_ref();
        let Some(file) = self.file(path)? else { return Ok(None) };
        bounded(&file, &self.display(path), limit).map(Some)
    }

    /// The first bytes of the file at `path` in it, at most `most`. Empty if the file is missing.
    ///
    /// # Errors
    /// As [`Folder::file`].
    pub fn head(&self, path: impl AsRef<Path>, most: u64) -> Result<Vec<u8>, Error> {
        let path = path.as_ref();
        let mut head = Vec::new();
        let Some(file) = self.file(path)? else { return Ok(head) };
        let failed = |source| Error::Read { path: self.display(path), source };
        file.take(most).read_to_end(&mut head).map_err(failed)?;
        Ok(head)
    }

    /// Text of the file at `path` in it, of at most [`TEXT`] bytes; bytes that aren't UTF-8 are replaced. `None`: it is
    /// missing.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn text(&self, path: impl AsRef<Path>) -> Result<Option<String>, Error> {
        let text = self.read(path, TEXT)?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    /// As [`Folder::text`], for a file that is refused if it isn't UTF-8, such as YAML.
    ///
    /// # Errors
    /// As [`Folder::read`], and a byte that isn't UTF-8.
    pub fn utf8(&self, path: impl AsRef<Path>) -> Result<Option<String>, Error> {
        let path = path.as_ref();
        let Some(text) = self.read(path, TEXT)? else { return Ok(None) };
        // Without `.` on the way.
        let place: PathBuf = self.place(path).components().collect();
        utf8(text, &place.display().to_string()).map(Some)
    }

    /// Entries of the folder at `path` in it, sorted by name. A missing folder has no entries.
    ///
    /// # Errors
    /// When the path leads out of the folder or through a link, or the folder can't be read or has too many entries.
    pub fn entries(&self, path: impl AsRef<Path>) -> Result<Vec<(OsString, Kind)>, Error> {
        use std::os::unix::ffi::OsStringExt;
        let path = path.as_ref();
        if path.components().next().is_some_and(|first| first != Component::CurDir) && self.kind(path)?.is_none() {
            return Ok(Vec::new());
        }
        let folder = self.folder(path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = sys::openat(&folder.handle, ".", flags, Mode::empty());
        let unread = |errno| self.unread(path, errno);
        let mut entries = Vec::new();
        for entry in sys::Dir::read_from(handle.map_err(unread)?).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let name = OsString::from_vec(entry.file_name().to_bytes().to_vec());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() >= NAMES {
                return Err(Error::Many(self.display(path)));
            }
            entries.extend(folder.kind(&name)?.map(|kind| (name, kind)));
        }
        entries.sort();
        Ok(entries)
    }

    /// Creates the folder at `path` in it, and those above it, unless they exist.
    ///
    /// # Errors
    /// When `path` is of another kind, or leads out of the folder or through a link.
    pub fn make(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        self.made(path, &self.names_of(path)?).map(drop)
    }

    /// Creates an empty file at `path` in it, with the folders above it. Its mode is 0o644, less the process's umask.
    ///
    /// # Errors
    /// When `path` exists, or leads out of the folder or through a link.
    pub fn create(&self, path: impl AsRef<Path>) -> Result<File, Error> {
        self.opened(path.as_ref(), OFlags::EXCL)
    }

    /// Creates an empty file at `path` in it, with the folders above it, or empties the one that exists.
    ///
    /// # Errors
    /// When `path` is of another kind than a regular file, or leads out of the folder or through a link.
    pub fn replace(&self, path: impl AsRef<Path>) -> Result<File, Error> {
        let path = path.as_ref();
        if let Some(kind) = self.kind(path)? {
            regular(kind, &self.display(path))?;
        }
        self.opened(path, OFlags::TRUNC)
    }

    /// Writes `content` into the file at `path` in it, created or emptied as [`Folder::replace`] does.
    ///
    /// # Errors
    /// As [`Folder::replace`], and when it can't be written.
    pub fn write(&self, path: impl AsRef<Path>, content: &[u8]) -> Result<(), Error> {
        use std::io::Write;
        let path = path.as_ref();
        let mut file = self.replace(path)?;
        file.write_all(content).map_err(|source| Error::Write { path: self.display(path), source })
    }

    /// Creates a symbolic link at `path` in it, with the folders above it. The target is not checked: no method follows
    /// it.
    ///
    /// # Errors
    /// When `path` exists, or leads out of the folder or through a link.
    pub fn link(&self, path: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let (parent, name) = self.made_parent(path)?;
        sys::symlinkat(target.as_ref(), &parent, name).map_err(|errno| self.unwritten(path, errno))
    }

    /// The target of the symbolic link at `path` in it.
    ///
    /// # Errors
    /// When `path` is no link, or leads out of the folder or through another link.
    pub fn target(&self, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
        use std::os::unix::ffi::OsStringExt;
        let path = path.as_ref();
        let found = match self.parent(path)? {
            Some((parent, name)) => sys::readlinkat(&parent, name, Vec::new()),
            None => Err(Errno::NOENT),
        };
        let target = found.map_err(|errno| self.unread(path, errno))?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }

    /// True if the owner of the file at `path` in it may run it.
    ///
    /// # Errors
    /// As [`Folder::file`].
    pub fn is_executable(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        use std::os::unix::fs::PermissionsExt;
        let path = path.as_ref();
        let Some(file) = self.file(path)? else { return Ok(false) };
        let failed = |source| Error::Read { path: self.display(path), source };
        Ok(file.metadata().map_err(failed)?.permissions().mode() & 0o100 != 0)
    }

    /// Sets the mode of the file or folder at `path` in it; a link is left as it is.
    ///
    /// # Errors
    /// When `path` is missing, or leads out of the folder or through a link.
    pub fn set_mode(&self, path: impl AsRef<Path>, mode: u32) -> Result<(), Error> {
        let path = path.as_ref();
        if self.kind(path)? == Some(Kind::Link) {
            return Ok(());
        }
        let changed = match self.parent(path)? {
            Some((parent, name)) => sys::chmodat(&parent, name, Mode::from_raw_mode(mode), AtFlags::empty()),
            None => Err(Errno::NOENT),
        };
        changed.map_err(|errno| self.unwritten(path, errno))
    }

    fn opened(&self, path: &Path, how: OFlags) -> Result<File, Error> {
        let (parent, name) = self.made_parent(path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | how;
        let handle = sys::openat(&parent, name, flags, Mode::from_raw_mode(0o644));
        checked(handle.map_err(|errno| self.unwritten(path, errno))?, &self.display(path))
    }

    /// The names on `path`; an absolute path and `..` are errors.
    fn names_of<'a>(&self, path: &'a Path) -> Result<Vec<&'a OsStr>, Error> {
        let outside = || Error::Outside { path: path.display().to_string(), folder: self.path.display().to_string() };
        let mut names = Vec::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
            if names.len() > DEPTH {
                return Err(Error::Deep(path.display().to_string()));
            }
        }
        Ok(names)
    }

    /// The open folder that contains `path`, and the last name. `None`: that folder is missing.
    fn parent<'a>(&self, path: &'a Path) -> Result<Option<(OwnedFd, &'a OsStr)>, Error> {
        let mut names = self.names_of(path)?;
        let name = names.pop().unwrap_or(OsStr::new("."));
        let mut handle = self.step(&self.handle, OsStr::new("."), path)?;
        for name in names {
            match self.step(&handle, name, path) {
                Err(Error::Read { source, .. })
                    if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&source.kind()) =>
                {
                    return Ok(None);
                }
                next => handle = next?,
            }
        }
        Ok(Some((handle, name)))
    }

    fn made_parent<'a>(&self, path: &'a Path) -> Result<(OwnedFd, &'a OsStr), Error> {
        let mut names = self.names_of(path)?;
        let outside = || Error::Outside { path: path.display().to_string(), folder: self.path.display().to_string() };
        let name = names.pop().ok_or_else(outside)?;
        Ok((self.made(path, &names)?, name))
    }

    fn made(&self, path: &Path, names: &[&OsStr]) -> Result<OwnedFd, Error> {
        let mut handle = self.step(&self.handle, OsStr::new("."), path)?;
        for name in names {
            match sys::mkdirat(&handle, *name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => handle = self.step(&handle, name, path)?,
                Err(errno) => return Err(self.unwritten(path, errno)),
            }
        }
        Ok(handle)
    }

    /// Opens the folder `name` in `at`. A link is an error of its own.
    fn step(&self, at: &OwnedFd, name: &OsStr, path: &Path) -> Result<OwnedFd, Error> {
        sys::openat(at, name, STEP, Mode::empty()).map_err(|errno| {
            let is_link = |found: sys::Stat| FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
            let found = sys::statat(at, name, AtFlags::SYMLINK_NOFOLLOW);
            if found.is_ok_and(is_link) {
                let at = path.ancestors().find(|above| above.file_name() == Some(name)).unwrap_or(path);
                return Error::Link(self.display(at));
            }
            self.unread(path, errno)
        })
    }

    fn display(&self, path: &Path) -> String {
        self.path.join(path).display().to_string()
    }

    fn unread(&self, path: &Path, errno: Errno) -> Error {
        Error::Read { path: self.display(path), source: errno.into() }
    }

    fn unwritten(&self, path: &Path, errno: Errno) -> Error {
        Error::Write { path: self.display(path), source: errno.into() }
    }
}

#[cfg(test)]
mod tests;
