//! Folder of all scripts on a machine.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use interfaces::backup::{AbsolutePath, PathError};
use serde::Deserialize;

/// The folder, unless the charm says otherwise.
const DEFAULT: &str = "/opt/backup-integrator-charm";

/// The charm's file for switches of its own, which Juju does not read.
const FILE: &str = "webcharm.yaml";

/// Folder of all scripts on a machine: `/opt/backup-integrator-charm`, or the `scripts-folder` of the charm's
/// `webcharm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(AbsolutePath);

/// The charm's `webcharm.yaml` can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The file can't be read.
    #[error("cannot read {FILE}")]
    Read(#[source] io::Error),
    /// The file is not YAML, or has an unknown key.
    #[error("cannot read {FILE}")]
    Parse(#[source] yaml::Error),
    /// The folder can't be part of a request.
    #[error("cannot use the scripts-folder in {FILE}: it {0}")]
    Folder(PathError),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Switches {
    scripts_folder: Option<String>,
}

impl Place {
    /// Reads the file of the charm in this folder, if there is one.
    ///
    /// # Errors
    /// The file can't be used, which is a fault of the charm's packager.
    pub fn of_charm(charm_dir: &Path) -> Result<Self, PlaceError> {
        let text = match File::open(charm_dir.join(FILE)) {
            Ok(file) => read(file).map_err(PlaceError::Read)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::new(DEFAULT),
            Err(error) => return Err(PlaceError::Read(error)),
        };
        let switches: Option<Switches> = yaml::from_str(&text).map_err(PlaceError::Parse)?;
        Self::new(switches.unwrap_or_default().scripts_folder.as_deref().unwrap_or(DEFAULT))
    }

    fn new(folder: &str) -> Result<Self, PlaceError> {
        AbsolutePath::new(folder).map(Self).map_err(PlaceError::Folder)
    }

    /// Path below the folder.
    ///
    /// # Errors
    /// The path can't be part of a request.
    pub(crate) fn join(&self, below: &str) -> Result<AbsolutePath, PlaceError> {
        AbsolutePath::new(&format!("{}/{below}", self.0)).map_err(PlaceError::Folder)
    }
}

/// Reads one byte more than a text may have, for the reader to refuse.
fn read(file: File) -> io::Result<String> {
    let mut text = String::new();
    file.take(yaml::MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn place(text: &str) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), text).unwrap();
        Place::of_charm(dir.path()).map(|place| place.0.to_string()).map_err(|error| juju::chain(&error))
    }

    #[test]
    fn the_folder_is_in_opt_unless_the_charm_says_otherwise() {
        let default = Place::of_charm(Path::new("/nonexistent")).unwrap();
        assert_eq!(default.0.as_str(), DEFAULT);
        assert_eq!(place("").as_deref(), Ok(DEFAULT));
        assert_eq!(place("scripts-folder: /srv//scripts/").as_deref(), Ok("/srv/scripts"));
        let relative = "cannot use the scripts-folder in webcharm.yaml: it is not an absolute path";
        assert_eq!(place("scripts-folder: scripts"), Err(relative.to_owned()));
        for bad in ["scripts: /srv", "scripts-folder: [", "[]"] {
            assert!(place(bad).unwrap_err().starts_with("cannot read webcharm.yaml: "), "{bad}");
        }
    }
}
