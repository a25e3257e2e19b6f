//! Operations on the container's files: list, read, write, make directories, remove, with Pebble's errors. Their
//! transport is in `api::files`.
//!
//! One deliberate difference: `remove` refuses the root directory, by any path, so that a client's empty variable does
//! not delete the machine. Pebble removes it.

pub(crate) mod draft;
mod glob;
pub(crate) mod pieces;

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use pebble::plan::quote;
use pebble::types::{DirItem, ErrorResult, FileInfo, FileType};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::clock::Time;
use crate::errno::{self, PathError};
use crate::users::{self, Owner, RunAs, Users};

/// A failed operation on a file. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Path(PathError),
    #[error("cannot create directory: {0}")]
    Directory(Box<Error>),
    #[error("{}", errno::text(.0))]
    Chown(io::Error),
    #[error("cannot look up user and group: {0}")]
    Owner(users::Error),
    #[error("paths must be absolute, got {}", quote(.0))]
    Relative(String),
    #[error("can only read a regular file: {}", quote(.0))]
    NotRegular(String),
    #[error("permissions must be a 3-digit octal string, got {}", quote(.0))]
    Permissions(String),
    #[error("syntax error in pattern")]
    Pattern,
    #[error("no file content for path {}", quote(.0))]
    Missing(String),
    #[error("cannot remove {}: it is the root directory; name what to remove in it", quote(.0))]
    Root(String),
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Error {
        Error::Path(error)
    }
}

impl Error {
    /// The error's kind in the API, and the HTTP status for a request of one path.
    pub(crate) fn kind(&self) -> (&'static str, u16) {
        match self {
            Error::Path(error) if error.is_not_found() => ("not-found", 404),
            Error::Path(error) if error.is_permission_denied() => ("permission-denied", 403),
            Error::Chown(error) if error.kind() == io::ErrorKind::PermissionDenied => ("permission-denied", 403),
            Error::Directory(error) => error.kind(),
            _ => ("generic-file-error", 400),
        }
    }

    /// The error in the API's form.
    pub(crate) fn result(&self) -> ErrorResult {
        ErrorResult { message: self.to_string(), kind: self.kind().0.to_owned(), ..ErrorResult::default() }
    }
}

/// Fails for a relative path.
pub(crate) fn absolute(path: &str) -> Result<&Path, Error> {
    if path.starts_with('/') { Ok(Path::new(path)) } else { Err(Error::Relative(path.to_owned())) }
}

/// Opens a regular file for reading, without blocking: some of the kernel's files look regular and have no data yet,
/// and a wait would stop the whole daemon.
pub(crate) fn open(path: &str) -> Result<File, Error> {
    let absolute = absolute(path)?;
    let metadata = fs::metadata(absolute).map_err(PathError::when("stat", path))?;
    if !metadata.is_file() {
        return Err(Error::NotRegular(path.to_owned()));
    }
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(absolute);
    Ok(file.map_err(PathError::when("open", path))?)
}

/// Lists a directory's entries sorted by name, or the path itself if it is another file or `itself` is set.
pub(crate) fn list(path: &str, pattern: &str, itself: bool) -> Result<Vec<FileInfo>, Error> {
    let metadata = fs::metadata(path).map_err(PathError::when("stat", path))?;
    let users = Users::read();
    let mut infos = Vec::new();
    if metadata.is_dir() && !itself {
        for name in names_in(path)? {
            if matches(pattern, &name)? {
                let full = join(path, &name);
                let metadata = fs::symlink_metadata(&full).map_err(PathError::when("lstat", &full))?;
                infos.push(info(full, name, &metadata, &users));
            }
        }
    } else {
        let name = clean_base(path);
        if matches(pattern, &name)? {
            // Pebble takes the path before a last slash for the directory.
            let full = if path.ends_with('/') { join(path, &name) } else { clean(path) };
            infos.push(info(full, name, &metadata, &users));
        }
    }
    Ok(infos)
}

fn names_in(path: &str) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(path).map_err(PathError::when("open", path))?;
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let names: io::Result<Vec<String>> = entries.map(name).collect();
    let mut names = names.map_err(PathError::when("readdirent", path))?;
    names.sort();
    Ok(names)
}

pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, Error> {
    if pattern.is_empty() { Ok(true) } else { glob::matches(pattern, name).map_err(|_| Error::Pattern) }
}

fn info(path: String, name: String, metadata: &Metadata, users: &Users) -> FileInfo {
    let changed = Time::from_unix(metadata.mtime(), i32::try_from(metadata.mtime_nsec()).unwrap_or(0));
    FileInfo {
        path,
        name,
        type_: kind(metadata.file_type()),
        size: metadata.is_file().then_some(metadata.len()),
        permissions: metadata.mode() & 0o777,
        last_modified: changed.map(Time::seconds).unwrap_or_default().into(),
        user_id: Some(metadata.uid()),
        user: users.by_id(metadata.uid()).map(|user| user.name.clone()),
        group_id: Some(metadata.gid()),
        group: users.group_name(metadata.gid()).map(str::to_owned),
    }
}

fn kind(kind: fs::FileType) -> FileType {
    match kind {
        kind if kind.is_file() => FileType::File,
        kind if kind.is_dir() => FileType::Directory,
        kind if kind.is_symlink() => FileType::Symlink,
        kind if kind.is_socket() => FileType::Socket,
        kind if kind.is_fifo() => FileType::NamedPipe,
        kind if kind.is_block_device() || kind.is_char_device() => FileType::Device,
        _ => FileType::Unknown,
    }
}

/// Makes a directory with its mode and owner.
pub(crate) fn make_directory(item: &DirItem) -> Result<(), Error> {
    absolute(&item.path)?;
    let mode = permissions(&item.permissions, 0o755)?;
    let owner = owner(item.user_id, &item.user, item.group_id, &item.group)?;
    let path = clean(&item.path);
    if item.make_parents {
        return make_directories(&path, mode, owner);
    }
    match fs::metadata(&path) {
        Ok(found) => Err(occupied(&path, &found, Errno::EXIST).into()),
        Err(_) => make(&path, mode, owner),
    }
}

/// Makes a directory and its missing parents, all with the same mode and owner; an existing one stays as it is. It
/// works from the top down, so that a path of a million parts fails early.
fn make_directories(path: &str, mode: u32, owner: Option<Owner>) -> Result<(), Error> {
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    for path in ends.map(|end| &path[..end]) {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(found) => return Err(occupied(path, &found, Errno::NOTDIR).into()),
            Err(_) => make(path, mode, owner)?,
        }
    }
    Ok(())
}

fn occupied(path: &str, by: &Metadata, otherwise: Errno) -> PathError {
    let why = if by.is_dir() { otherwise } else { Errno::NOTDIR };
    PathError::when("mkdir", path)(errno::error(why))
}

/// Makes one directory under a temporary name, and renames it once it has its mode and owner.
fn make(path: &str, mode: u32, owner: Option<Owner>) -> Result<(), Error> {
    let draft = format!("{path}.mkdir-new");
    match fs::DirBuilder::new().mode(mode).create(&draft) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(PathError::when("mkdir", &draft)(error).into());
        }
        _ => {}
    }
    if let Some(owner) = owner {
        chown(&draft, Some(owner.uid), Some(owner.gid)).map_err(Error::Chown)?;
    }
    fs::set_permissions(&draft, fs::Permissions::from_mode(mode)).map_err(PathError::when("chmod", &draft))?;
    Ok(fs::rename(&draft, path).map_err(PathError::when("rename", &format!("{draft} {path}")))?)
}

/// Removes a file or an empty directory; with `recursive` a directory with its contents, and a missing path is no
/// error. A link is removed, not its target, unless the path ends with a slash or dot.
///
/// # Errors
/// The system's error, or a path to the root directory.
pub(crate) fn remove(path: &str, recursive: bool) -> Result<(), Error> {
    let absolute = absolute(path)?;
    if is_root(absolute) {
        return Err(Error::Root(path.to_owned()));
    }
    if recursive && (path.ends_with("/.") || path == ".") {
        return Err(PathError::when("RemoveAll", path)(errno::error(Errno::INVAL)).into());
    }
    let is_directory = fs::symlink_metadata(absolute).is_ok_and(|metadata| metadata.is_dir());
    let removed = match (recursive, is_directory) {
        (true, true) => fs::remove_dir_all(absolute),
        (false, true) => fs::remove_dir(absolute),
        (_, false) => fs::remove_file(absolute),
    };
    match removed {
        Err(error) if recursive && error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => {
            let doing = match recursive {
                true if is_directory && fs::read_dir(absolute).is_err() => "openfdat",
                true => "unlinkat",
                false => "remove",
            };
            // Go joins the root directory and a name with another slash.
            let is_below_root = doing == "unlinkat" && path.rfind('/') == Some(0);
            let shown = if is_below_root { format!("/{path}") } else { path.to_owned() };
            Ok(removed.map_err(PathError::when(doing, &shown))?)
        }
    }
}

/// True if the path leads to the root directory, also by dots, a link or a mount.
fn is_root(path: &Path) -> bool {
    let identity = |path: &Path| fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()));
    match (identity(path), identity(Path::new("/"))) {
        (Ok(path), Ok(root)) => path == root,
        (Err(_), _) => false,
        (Ok(_), Err(_)) => true,
    }
}

/// Parses permissions of three octal digits; an empty text is the default.
fn permissions(text: &str, default: u32) -> Result<u32, Error> {
    if text.is_empty() {
        return Ok(default);
    }
    let mode = u32::from_str_radix(text, 8).ok().filter(|_| text.len() == 3 && !text.starts_with('+'));
    mode.ok_or_else(|| Error::Permissions(text.to_owned()))
}

fn owner(user_id: Option<i64>, user: &str, group_id: Option<i64>, group: &str) -> Result<Option<Owner>, Error> {
    let run_as = RunAs { user_id, user, group_id, group };
    if user_id.is_none() && group_id.is_none() && user.is_empty() && group.is_empty() {
        return Ok(None);
    }
    Users::read().resolve(run_as).map_err(Error::Owner)
}

/// The absolute path without double slashes, dots and a trailing slash.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn clean_base(path: &str) -> String {
    let clean = clean(path);
    clean.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/").to_owned()
}

fn join(directory: &str, name: &str) -> String {
    clean(&format!("{directory}/{name}"))
}

/// The parent directory of a clean path.
fn parent(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => path[..at].to_owned(),
    }
}

#[cfg(test)]
mod tests;
