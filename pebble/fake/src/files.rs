//! Files of the container: a folder of this machine is its `/`.
//!
//! Owners are recorded and not applied, so that tests need no root.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use pebble::plan::quote;
use pebble::types::{DirItem, ErrorResult, FileInfo, FileType, WriteItem};

use crate::clock;

/// A failed operation: the API's kind, the status of a request of one path, and the message.
#[derive(Debug)]
pub(crate) struct FileError {
    pub(crate) kind: &'static str,
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl FileError {
    fn generic(message: String) -> FileError {
        FileError { kind: "generic-file-error", status: 400, message }
    }

    fn of(doing: &str, path: &str, error: &io::Error) -> FileError {
        let (kind, status) = match error.kind() {
            ErrorKind::NotFound => ("not-found", 404),
            ErrorKind::PermissionDenied => ("permission-denied", 403),
            _ => ("generic-file-error", 400),
        };
        let text = error.to_string().to_lowercase();
        let why = text.split(" (os error").next().unwrap_or_default();
        FileError { kind, status, message: format!("{doing} {path}: {why}") }
    }

    pub(crate) fn result(self) -> ErrorResult {
        ErrorResult { message: self.message, kind: self.kind.to_owned(), ..ErrorResult::default() }
    }
}

/// User id, user name, group id and group name that were asked for.
type Owner = (Option<u32>, Option<String>, Option<u32>, Option<String>);

/// The container's files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) root: PathBuf,
    /// Mount points below the root, each with the folder or file of this machine that is seen there.
    mounts: BTreeMap<PathBuf, PathBuf>,
    owners: BTreeMap<PathBuf, Owner>,
}

impl Files {
    /// The place of an absolute path on this machine: below the innermost mount point on it, else below the root.
    fn place(&self, path: &str) -> Result<PathBuf, FileError> {
        let place = self.beneath(path)?;
        let inner = place.ancestors().find_map(|point| self.mounts.get_key_value(point));
        Ok(match inner.and_then(|(point, source)| Some((place.strip_prefix(point).ok()?, source))) {
            Some((rest, source)) if rest.as_os_str().is_empty() => source.clone(),
            Some((rest, source)) => source.join(rest),
            None => place,
        })
    }

    /// An absolute path below the root. `..` ends at the root, as in a container.
    fn beneath(&self, path: &str) -> Result<PathBuf, FileError> {
        if !path.starts_with('/') {
            return Err(FileError::generic(format!("paths must be absolute, got {}", quote(path))));
        }
        let mut place = self.root.clone();
        let mut depth = 0_usize;
        for part in Path::new(path).components() {
            match part {
                Component::Normal(name) => {
                    place.push(name);
                    depth += 1;
                }
                Component::ParentDir if depth > 0 => {
                    place.pop();
                    depth -= 1;
                }
                _ => {}
            }
        }
        Ok(place)
    }

    /// Has a folder or file of this machine be seen at an absolute path.
    ///
    /// # Errors
    /// The path is relative, or its mount point can't be made below the root.
    pub(crate) fn mount(&mut self, path: &str, source: PathBuf) -> Result<(), FileError> {
        let point = self.beneath(path)?;
        let failed = |error: io::Error| FileError::of("mount", path, &error);
        if source.is_dir() {
            fs::create_dir_all(&point).map_err(failed)?;
        } else {
            fs::create_dir_all(point.parent().unwrap_or(&self.root)).map_err(failed)?;
            fs::OpenOptions::new().create(true).append(true).open(&point).map_err(failed)?;
        }
        self.mounts.insert(point, source);
        Ok(())
    }

    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let place = self.place(path)?;
        let metadata = fs::metadata(&place).map_err(|error| FileError::of("stat", path, &error))?;
        if !metadata.is_file() {
            return Err(FileError::generic(format!("can only read a regular file: {}", quote(path))));
        }
        fs::read(&place).map_err(|error| FileError::of("open", path, &error))
    }

    /// Writes a file; it replaces an existing one.
    pub(crate) fn write(&mut self, item: &WriteItem, content: &[u8]) -> Result<(), FileError> {
        let place = self.place(&item.path)?;
        let mode = permissions(&item.permissions, 0o644)?;
        if item.make_dirs {
            let parent = place.parent().unwrap_or(&self.root);
            fs::create_dir_all(parent).map_err(|error| FileError::of("mkdir", &item.path, &error))?;
        }
        replace(&place, content, mode).map_err(|error| FileError::of("open", &item.path, &error))?;
        self.own(place, (item.user_id, &item.user, item.group_id, &item.group));
        Ok(())
    }

    pub(crate) fn make_dir(&mut self, item: &DirItem) -> Result<(), FileError> {
        let place = self.place(&item.path)?;
        let mode = permissions(&item.permissions, 0o755)?;
        let made = if item.make_parents { fs::create_dir_all(&place) } else { fs::create_dir(&place) };
        let failed = |error: io::Error| FileError::of("mkdir", &item.path, &error);
        made.map_err(failed)?;
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).map_err(failed)?;
        self.own(place, (item.user_id, &item.user, item.group_id, &item.group));
        Ok(())
    }

    fn own(&mut self, place: PathBuf, (user_id, user, group_id, group): (Option<i64>, &str, Option<i64>, &str)) {
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let id = |id: Option<i64>| id.and_then(|id| u32::try_from(id).ok());
        self.owners.insert(place, (id(user_id), name(user), id(group_id), name(group)));
    }

    pub(crate) fn remove(&mut self, path: &str, recursive: bool) -> Result<(), FileError> {
        let place = self.place(path)?;
        if place == self.root {
            return Err(FileError::generic(format!("cannot remove {}: it is the root directory", quote(path))));
        }
        let is_dir = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
        let removed = match (is_dir, recursive) {
            (true, true) => fs::remove_dir_all(&place),
            (true, false) => fs::remove_dir(&place),
            (false, _) => fs::remove_file(&place),
        };
        match removed {
            Err(error) if recursive && error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.map_err(|error| FileError::of("remove", path, &error)),
        }
    }

    /// The entries of a directory by name, or of the path itself for another file and with `itself`.
    pub(crate) fn list(&self, path: &str, pattern: &str, itself: bool) -> Result<Vec<FileInfo>, FileError> {
        let place = self.place(path)?;
        let metadata = fs::metadata(&place).map_err(|error| FileError::of("stat", path, &error))?;
        if !metadata.is_dir() || itself {
            let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            let is_wanted = matches(pattern, &name);
            let entry = self.info(path.to_owned(), name, &place, &metadata);
            return Ok(if is_wanted { vec![entry] } else { Vec::new() });
        }
        let failed = |error: io::Error| FileError::of("open", path, &error);
        let mut infos = Vec::new();
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if matches(pattern, &name) {
                let metadata = entry.metadata().map_err(failed)?;
                let full = format!("{}/{name}", path.trim_end_matches('/'));
                infos.push(self.info(full, name, &entry.path(), &metadata));
            }
        }
        infos.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(infos)
    }

    fn info(&self, path: String, name: String, place: &Path, metadata: &Metadata) -> FileInfo {
        let (user_id, user, group_id, group) = self.owners.get(place).cloned().unwrap_or_default();
        FileInfo {
            path,
            name,
            type_: kind(metadata),
            size: metadata.is_file().then_some(metadata.len()),
            permissions: metadata.permissions().mode() & 0o777,
            last_modified: clock::rfc3339(metadata.mtime().max(0).cast_unsigned(), 0).into(),
            user_id: user_id.or(Some(metadata.uid())),
            user,
            group_id: group_id.or(Some(metadata.gid())),
            group,
        }
    }
}

fn kind(metadata: &Metadata) -> FileType {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => FileType::File,
        () if kind.is_dir() => FileType::Directory,
        () if kind.is_symlink() => FileType::Symlink,
        () if kind.is_socket() => FileType::Socket,
        () if kind.is_fifo() => FileType::NamedPipe,
        () if kind.is_char_device() || kind.is_block_device() => FileType::Device,
        () => FileType::Unknown,
    }
}

/// Three octal digits as permissions.
fn permissions(text: &str, default: u32) -> Result<u32, FileError> {
    if text.is_empty() {
        return Ok(default);
    }
    let wrong = || FileError::generic(format!("permissions must be a 3-digit octal string, got {}", quote(text)));
    let mode = u32::from_str_radix(text, 8).map_err(|_| wrong())?;
    if text.len() == 3 && mode <= 0o777 { Ok(mode) } else { Err(wrong()) }
}

/// True if a name fits a pattern with `*` and `?`; the empty pattern fits each name. Classes are not supported.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.is_empty() || glob(pattern.as_bytes(), name.as_bytes())
}

fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], rest) => rest.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| glob(rest, &name[skip..])),
        ([b'?', pattern @ ..], [_, name @ ..]) => glob(pattern, name),
        ([one, pattern @ ..], [other, name @ ..]) => one == other && glob(pattern, name),
        (_, []) => false,
    }
}

/// Writes a file beside its place and then moves it there, as Pebble does: a file that its owner may only read is replaced.
fn replace(place: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut fresh = place.as_os_str().to_owned();
    fresh.push(".new~");
    let written = fs::write(&fresh, content)
        .and_then(|()| fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&fresh, place));
    if written.is_err() {
        // It may not be there.
        let _ = fs::remove_file(&fresh);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_root() {
        let files = Files { root: "/tmp/root".into(), ..Files::default() };
        let place = |path: &str| files.place(path).map(|place| place.display().to_string());
        assert_eq!(place("/etc/app.conf").unwrap(), "/tmp/root/etc/app.conf");
        assert_eq!(place("/a/../../../etc//x/./y").unwrap(), "/tmp/root/etc/x/y");
        assert_eq!(place("a").unwrap_err().message, "paths must be absolute, got \"a\"");
    }

    #[test]
    fn a_mounted_folder_is_seen_at_its_point_and_the_innermost_wins() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["root", "data", "inner"] {
            fs::create_dir(at(folder)).unwrap();
        }
        fs::write(at("one"), "text").unwrap();
        let mut files = Files { root: at("root"), ..Files::default() };
        for (point, source) in [("/srv/data", "data"), ("/srv/data/in", "inner"), ("/etc/one", "one")] {
            files.mount(point, at(source)).unwrap();
        }
        for (path, place) in [
            ("/srv/data", at("data")),
            ("/srv/data/a", at("data/a")),
            ("/srv/data/in/b", at("inner/b")),
            ("/srv/database", at("root/srv/database")),
            ("/srv/data/../x", at("root/srv/x")),
        ] {
            assert_eq!(files.place(path).unwrap(), place, "{path}");
        }
        assert_eq!(files.read("/etc/one").unwrap(), b"text");
        let names: Vec<String> = files.list("/srv", "", false).unwrap().into_iter().map(|info| info.name).collect();
        assert_eq!(names, ["data"]);
        assert_eq!(files.mount("x", at("data")).unwrap_err().message, "paths must be absolute, got \"x\"");
    }

    #[test]
    fn the_root_directory_is_never_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("etc")).unwrap();
        let mut files = Files { root: root.clone(), ..Files::default() };
        for path in ["/", "//", "/.", "/..", "/../..", "/etc/..", "/etc/../", "/etc/../."] {
            for recursive in [false, true] {
                let error = files.remove(path, recursive).unwrap_err();
                assert_eq!(error.message, format!("cannot remove \"{path}\": it is the root directory"));
                assert!(root.join("etc").exists(), "{path}");
            }
        }
        files.remove("/etc", true).unwrap();
        assert!(root.exists() && !root.join("etc").exists());
    }

    #[test]
    fn a_file_is_replaced_whatever_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let mut files = Files { root: root.path().to_owned(), ..Files::default() };
        for text in ["one", "two"] {
            let item = WriteItem { path: "/a".to_owned(), permissions: "400".to_owned(), ..WriteItem::default() };
            files.write(&item, text.as_bytes()).unwrap();
            assert_eq!(files.read("/a").unwrap(), text.as_bytes());
            assert_eq!(fs::metadata(root.path().join("a")).unwrap().permissions().mode() & 0o777, 0o400);
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, name, fits) in [
            ("", "a", true),
            ("*.py", "a.py", true),
            ("*.py", "a.pyc", false),
            ("?.py", "ab.py", false),
            ("a*b*", "ab", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
