//! Atomic writing of a file: under a temporary name beside its target, renamed when it is complete.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use pebble::types::WriteItem;
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use super::{Error, absolute, clean, make_directories, owner, parent, permissions};
use crate::clock::Time;
use crate::errno::PathError;
use crate::users::Owner;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A file being written. Dropped before it is complete, it is removed.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    path: String,
    target: String,
    owner: Option<Owner>,
    whole: bool,
}

impl Draft {
    /// Creates the temporary file, and the target's directories if the item says so.
    ///
    /// # Errors
    /// An invalid item, or the system's error.
    pub(crate) fn create(item: &WriteItem) -> Result<Draft, Error> {
        absolute(&item.path)?;
        let owner = owner(item.user_id, &item.user, item.group_id, &item.group)?;
        if item.make_dirs {
            make_directories(&parent(&clean(&item.path)), 0o755, owner)
                .map_err(|error| Error::Directory(Box::new(error)))?;
        }
        let mode = permissions(&item.permissions, 0o644)?;
        let (file, path) = create_beside(&item.path)?;
        let draft = Draft { file, path, target: item.path.clone(), owner, whole: false };
        draft.file.set_permissions(Permissions::from_mode(mode)).map_err(PathError::when("chmod", &draft.path))?;
        Ok(draft)
    }

    /// Appends data.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.file.write_all(data).map_err(PathError::when("write", &self.path))?)
    }

    /// Syncs the file to the disk and renames it to its target.
    ///
    /// # Errors
    /// The system's error; the target is then unchanged.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        if let Some(owner) = self.owner {
            fchown(&self.file, Some(owner.uid), Some(owner.gid)).map_err(Error::Chown)?;
        }
        let sync = self.file.try_clone().map_err(PathError::when("sync", &self.path))?;
        let synced = spawn_blocking(move || sync.sync_all()).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        synced.map_err(PathError::when("sync", &self.path))?;
        let occupied = fs::symlink_metadata(&self.target).is_ok_and(|metadata| metadata.is_dir());
        let renamed = if occupied { Err(Errno::EXIST.into()) } else { fs::rename(&self.path, &self.target) };
        renamed.map_err(PathError::when("rename", &format!("{} {}", self.path, self.target)))?;
        self.whole = true;
        let directory = parent(&self.target);
        let synced = spawn_blocking(move || File::open(PathBuf::from(directory))?.sync_all()).await;
        synced
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(PathError::when("sync", &parent(&self.target)))?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.whole {
            // Best effort: a leftover is recognisable by its name.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn create_beside(target: &str) -> Result<(File, String), Error> {
    // The file of a target with a slash at its end is in that directory, as Pebble's.
    let beside = match target.trim_end_matches('/') {
        plain if plain.len() < target.len() => format!("{plain}/{}", plain.rsplit('/').next().unwrap_or_default()),
        plain => plain.to_owned(),
    };
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = format!("{beside}.{}{number}~", Time::now().subsecond());
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return Ok((file.map_err(PathError::when("open", &path))?, path)),
        }
    }
}
