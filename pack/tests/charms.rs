//! The charms and examples of this repository: each is linted, and has the part that builds its program.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};

use pack::{Charm, Finding, RustPart};

/// The folders with a `charmcraft.yaml` in a folder of the repository.
fn projects(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("charmcraft.yaml").is_file()).collect()
}

#[test]
fn each_charm_of_the_repository_can_be_linted_built_and_packed() {
    let all: Vec<PathBuf> = ["charms", "examples"].into_iter().flat_map(projects).collect();
    assert!(all.len() >= 10, "{all:?}");
    for folder in all {
        let refused: Vec<Finding> = pack::lint(&folder).unwrap().into_iter().filter(Finding::is_refusal).collect();
        assert_eq!(refused, [], "{}", folder.display());
        let part = RustPart::of(&folder).unwrap().unwrap_or_else(|| panic!("{} has no such part", folder.display()));
        assert!(part.folder.join("Cargo.toml").is_file(), "{part:?}");
        Charm::with_dispatch(&folder, Vec::new()).unwrap();
    }
}
