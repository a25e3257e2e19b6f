//! The linter's verdict on each project of `tests/corpus`, beside charmcraft's.
//!
//! An archive has whole projects, as people write them, good and bad. `verdicts.txt` is charmcraft's answer to each,
//! written by `scripts/goldens charmcraft`; the long tests check that charmcraft still answers so. What is in
//! `juju.txtar` charmcraft packs and Juju refuses.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pack::{Charm, Finding};

/// The files of a project, by name.
type Files = BTreeMap<String, String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The projects of an archive, by name. `-- PROJECT/FILE --` begins a file.
fn projects(archive: &str) -> Vec<(String, Files)> {
    let text = fs::read_to_string(folder().join(format!("{archive}.txtar"))).unwrap();
    let mut projects: Vec<(String, Files)> = Vec::new();
    let mut file = String::new();
    for line in text.lines() {
        let named = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match named.and_then(|path| path.split_once('/')) {
            Some((project, name)) => {
                if projects.last().is_none_or(|(last, _)| last != project) {
                    projects.push((project.to_owned(), Files::new()));
                }
                name.clone_into(&mut file);
                projects.last_mut().unwrap().1.insert(file.clone(), String::new());
            }
            None => {
                // Above the first project the archive says what it has.
                let Some((_, files)) = projects.last_mut() else { continue };
                files.get_mut(&file).unwrap().push_str(&format!("{line}\n"));
            }
        }
    }
    projects
}

fn written(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn refusals(files: &Files) -> Vec<Finding> {
    pack::lint(written(files).path()).unwrap().into_iter().filter(Finding::is_refusal).collect()
}

/// charmcraft's verdicts, by project; true if it accepts.
fn verdicts() -> BTreeMap<String, bool> {
    let text = fs::read_to_string(folder().join("verdicts.txt")).unwrap();
    let line = |line: &str| {
        let (verdict, project) = line.split_once(' ').unwrap();
        (project.to_owned(), verdict == "accepts")
    };
    text.lines().map(line).collect()
}

const ARCHIVES: [&str; 5] = ["bases", "extensions", "keys", "parts", "platforms"];

#[test]
fn lint_refuses_what_charmcraft_refuses_and_nothing_else() {
    let (verdicts, mut seen) = (verdicts(), [0, 0]);
    let mut wrong = String::new();
    for (name, files) in ARCHIVES.into_iter().flat_map(projects) {
        let (accepted, found) = (verdicts[&name], refusals(&files));
        seen[usize::from(accepted)] += 1;
        if accepted != found.is_empty() {
            let found: String = found.iter().map(|finding| format!("\n    {finding}")).collect();
            wrong += &format!("\n  charmcraft {} {name}{found}", if accepted { "accepts" } else { "refuses" });
        }
    }
    assert_eq!(wrong, "");
    assert!(seen[0] > 150 && seen[1] > 100, "{seen:?}");
}

#[test]
fn lint_refuses_what_juju_refuses() {
    let verdicts = verdicts();
    for (name, files) in projects("juju") {
        assert!(verdicts[&name], "charmcraft packs {name}");
        assert_eq!(refusals(&files).len(), 1, "{name}: {:?}", refusals(&files));
    }
}

#[test]
fn each_refusal_has_a_remedy_in_one_line() {
    for (name, files) in ARCHIVES.into_iter().chain(["juju"]).flat_map(projects) {
        for finding in refusals(&files) {
            let text = finding.to_string();
            assert!(!finding.remedy.is_empty() && !text.contains('\n') && text.len() < 400, "{name}: {text}");
        }
    }
}

#[test]
fn no_finding_advises_to_leave_a_base_that_charmcraft_supports() {
    let verdicts = verdicts();
    for (name, files) in ARCHIVES.into_iter().flat_map(projects).filter(|(name, _)| verdicts[name]) {
        for finding in pack::lint(written(&files).path()).unwrap() {
            assert!(!finding.remedy.contains("base:"), "{name}: {finding}");
        }
    }
}

#[test]
fn the_old_form_is_packed_with_the_files_beside_charmcraft_yaml() {
    let (_, files) = projects("bases").into_iter().find(|(name, _)| name == "machine-2004").unwrap();
    let mut files = files;
    files.insert("webcharm.yaml".to_owned(), "framework: flask\n".to_owned());
    let charm = Charm::with_dispatch(written(&files).path(), b"binary".to_vec()).unwrap();
    for name in ["metadata.yaml", "config.yaml", "actions.yaml"] {
        assert_eq!(String::from_utf8(charm.files[name].content.clone()).unwrap(), files[name], "{name}");
    }
    let labels: Vec<&str> = charm.platforms.iter().map(|platform| platform.label.as_str()).collect();
    assert_eq!(labels, ["ubuntu-20.04-amd64", "ubuntu-20.04-arm64"]);
    let amd64 = charm.on(&charm.platforms[0], b"binary".to_vec());
    let manifest: serde_yaml::Value = serde_yaml::from_slice(&amd64.files["manifest.yaml"].content).unwrap();
    let expected = "[{name: ubuntu, channel: \"20.04\", architectures: [amd64]}, \
                    {name: ubuntu, channel: \"22.04\", architectures: [amd64]}]";
    assert_eq!(manifest["bases"], serde_yaml::from_str::<serde_yaml::Value>(expected).unwrap());
}
