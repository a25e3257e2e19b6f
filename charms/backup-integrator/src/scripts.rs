//! Scripts of this unit on its machine.
//!
//! A script is written beside its place and renamed into it, so the agent finds the old text or the new one, never half of
//! it, also when the disk is full.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use interfaces::backup::{AbsolutePath, Moment};

use crate::place::{Place, PlaceError};

/// Permissions of a script: the agent runs it, perhaps as another user.
const MODE: u32 = 0o755;

/// Scripts of an application on this machine: `PLACE/APPLICATION/scripts/OPTION`. The path depends on neither the unit
/// nor its leadership, for all units share a databag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    folder: AbsolutePath,
}

/// Change of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The script has a new text, or the permissions that it has to have.
    Written {
        /// Its path.
        path: AbsolutePath,
        /// True if it begins with `#!`.
        has_interpreter: bool,
    },
    /// The script is gone.
    Deleted {
        /// Its path.
        path: AbsolutePath,
    },
}

/// Script that can't be written or deleted, for instance on a full disk.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It can't be written.
    #[error("cannot write {path}")]
    Write {
        /// Its path.
        path: AbsolutePath,
        /// The system's reason.
        source: io::Error,
    },
    /// It can't be deleted.
    #[error("cannot delete {path}")]
    Delete {
        /// Its path, or that of the folder.
        path: AbsolutePath,
        /// The system's reason.
        source: io::Error,
    },
}

impl Scripts {
    /// The scripts of an application.
    ///
    /// # Errors
    /// The path can't be part of a request.
    pub fn new(place: &Place, app: &str) -> Result<Self, PlaceError> {
        Ok(Self { folder: place.join(&format!("{app}/scripts"))? })
    }

    /// Path of a script, on every machine of the application.
    ///
    /// # Panics
    /// Never: a folder's path that can be part of a request stays so with an option's name.
    #[must_use]
    pub fn path(&self, moment: Moment) -> AbsolutePath {
        AbsolutePath::new(&format!("{}/{}", self.folder, moment.key())).expect("an absolute path and a name")
    }

    /// Makes the files those of `wanted`. Obsolete ones go first, for the room they take; a file that is right is not
    /// touched.
    ///
    /// # Errors
    /// The first script that can't be written or deleted. Its old text, if any, is still there.
    pub fn settle(&self, wanted: &BTreeMap<Moment, String>) -> Result<Vec<Change>, ScriptError> {
        let mut changes = Vec::new();
        for moment in Moment::ALL.into_iter().filter(|moment| !wanted.contains_key(moment)) {
            let path = self.path(moment);
            match gone(fs::remove_file(path.as_str())) {
                Ok(true) => changes.push(Change::Deleted { path }),
                Ok(false) => {}
                Err(source) => return Err(ScriptError::Delete { path, source }),
            }
        }
        for (moment, text) in wanted {
            let path = self.path(*moment);
            if !is_settled(Path::new(path.as_str()), text) {
                self.write(&path, *moment, text).map_err(|source| ScriptError::Write { path: path.clone(), source })?;
                changes.push(Change::Written { path, has_interpreter: text.starts_with("#!") });
            }
        }
        Ok(changes)
    }

    /// Deletes all scripts of the application on this machine, and the folders that are empty then.
    ///
    /// # Errors
    /// The folder can't be deleted.
    pub fn delete(&self) -> Result<(), ScriptError> {
        let folder = Path::new(self.folder.as_str());
        gone(fs::remove_dir_all(folder)).map_err(|source| ScriptError::Delete { path: self.folder.clone(), source })?;
        // Folders of other applications stay.
        for parent in folder.ancestors().skip(1).take(2) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, path: &AbsolutePath, moment: Moment, text: &str) -> io::Result<()> {
        let folder = PathBuf::from(self.folder.as_str());
        let draft = folder.join(format!(".{}.new", moment.key()));
        fs::create_dir_all(&folder)?;
        gone(fs::remove_file(&draft))?;
        let written = fill(&draft, text).and_then(|()| fs::rename(&draft, path.as_str()));
        written.inspect_err(|_| _ = fs::remove_file(&draft))
    }
}

/// True if the regular file has this text and the right permissions.
fn is_settled(path: &Path, text: &str) -> bool {
    let is_script = |file: &fs::Metadata| {
        let is_same_size = usize::try_from(file.len()) == Ok(text.len());
        file.is_file() && file.permissions().mode() & 0o7777 == MODE && is_same_size
    };
    fs::symlink_metadata(path).is_ok_and(|file| is_script(&file))
        && fs::read(path).is_ok_and(|old| old == text.as_bytes())
}

/// Makes a new file. The permissions are set apart, since the process's mask may take some away.
fn fill(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(MODE))
}

/// True if a file was deleted, false if it was not there.
fn gone(deleted: io::Result<()>) -> io::Result<bool> {
    match deleted {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
