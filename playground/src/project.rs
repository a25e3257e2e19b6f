//! What `up` is given: a folder, and through it a rock and a charm.

use std::path::{Path, PathBuf};

/// Why a folder can't be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No rock.
    #[error(transparent)]
    Rock(#[from] rock::project::Error),
    /// No charm.
    #[error("there is no charmcraft.yaml for {folder}: it is looked for there, in charm/ and beside {rockcraft}")]
    NoCharm {
        /// The folder.
        folder: String,
        /// The file that builds it.
        rockcraft: String,
    },
    /// A charm whose workload is not one container.
    #[error("the charm must have one container to be run here; charmcraft.yaml declares {0}")]
    Containers(usize),
}

/// A rock and the folder of its charm.
#[derive(Debug)]
pub struct Project {
    /// The rock.
    pub rock: rock::Project,
    /// The folder with `charmcraft.yaml`.
    pub charm: PathBuf,
}

impl Project {
    /// The project that `folder` belongs to.
    ///
    /// # Errors
    /// When there is no rock or no charm for it.
    pub fn find(folder: &Path) -> Result<Self, Error> {
        let rock = rock::Project::find(folder)?;
        let places = [folder.to_owned(), folder.join("charm"), rock.root.clone(), rock.root.join("charm")];
        let charm = places.into_iter().find(|place| place.join("charmcraft.yaml").is_file());
        match charm {
            Some(charm) => Ok(Self { rock, charm }),
            None => Err(Error::NoCharm {
                folder: folder.display().to_string(),
                rockcraft: rock.root.join("rockcraft.yaml").display().to_string(),
            }),
        }
    }
}

/// The name of the one container in `files`.
///
/// # Errors
/// When there are more or fewer.
pub fn container(files: &juju::CharmFiles) -> Result<String, Error> {
    let mut names = files.metadata.containers.keys();
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name.clone()),
        _ => Err(Error::Containers(files.metadata.containers.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charm_is_beside_the_rock_or_in_the_folder() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rock/flask");
        let project = Project::find(&sample).unwrap();
        assert!(project.charm.join("charmcraft.yaml").is_file());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rockcraft.yaml"), "name: x").unwrap();
        let error = Project::find(dir.path()).unwrap_err();
        assert!(error.to_string().contains("there is no charmcraft.yaml"), "{error}");
        std::fs::create_dir(dir.path().join("charm")).unwrap();
        std::fs::write(dir.path().join("charm/charmcraft.yaml"), "").unwrap();
        assert!(Project::find(dir.path()).unwrap().charm.ends_with("charm"));
    }

    #[test]
    fn a_charm_has_one_container() {
        assert!(matches!(container(&juju::CharmFiles::default()), Err(Error::Containers(0))));
    }
}
