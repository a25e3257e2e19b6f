//! The records of published Python libraries, made anew with PyPI's, and with Charmhub's where `CHARM_LIBS` names them.
//!
//! `charmcraft fetch-libs` puts Charmhub's libraries into a folder `lib`. Charmhub is no package registry that each machine reaches, so their records are
//! left out where the variable is not set.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs programs")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The libraries that the records don't name: ops runs the others, and one of them checks addresses of mail.
const OTHERS: [&str; 2] = ["ops[testing]==3.9.0", "pydantic[email]"];

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The files of a folder that end with `.json`.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The name and version of the library that wrote a record.
fn library(record: &Path) -> String {
    let text = fs::read_to_string(record).unwrap();
    document(&text)["by"].as_str().unwrap().to_owned()
}

/// If a library is one that a charm publishes on Charmhub.
fn is_charm_library(library: &str) -> bool {
    library.starts_with("charms.")
}

/// The text of a new record with the salt of the recorded one, which is random.
fn salted(text: &str, recorded: &str) -> String {
    let salt = |text: &str| document(text)["remote"]["app"]["salt"].as_str().map(str::to_owned);
    match (salt(text), salt(recorded)) {
        (Some(fresh), Some(known)) => text.replace(&fresh, &known),
        _ => text.to_owned(),
    }
}

#[test]
#[ignore = "installs the libraries: long, and in need of the network"]
fn the_golden_records_are_what_the_libraries_write() {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("published");
    let python = venv.join("bin/python");
    if !venv.join("bin/pip").is_file() {
        ran(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    let charm_libraries = std::env::var_os("CHARM_LIBS").is_some();
    let golden = documents(&fixtures().join("published"));
    let (charms, pypi): (Vec<_>, Vec<_>) = golden.into_iter().partition(|record| is_charm_library(&library(record)));
    // As pip names them with their versions.
    let libraries: BTreeSet<String> = pypi.iter().map(|record| library(record).replace(' ', "==")).collect();
    ran(Command::new(&python).args(["-m", "pip", "install", "-q"]).args(OTHERS).args(libraries));

    // The program writes beside itself.
    let dir = tempfile::tempdir().unwrap();
    let published = dir.path().join("published");
    fs::create_dir(&published).unwrap();
    for example in documents(&fixtures()) {
        fs::copy(&example, dir.path().join(example.file_name().unwrap())).unwrap();
    }
    fs::copy(fixtures().join("published/record.py"), published.join("record.py")).unwrap();
    ran(Command::new(&python).arg(published.join("record.py")));

    let golden: Vec<PathBuf> = pypi.into_iter().chain(charms.into_iter().filter(|_| charm_libraries)).collect();
    assert_eq!(documents(&published).len(), golden.len(), "a record for each");
    for golden in golden {
        let made = fs::read_to_string(published.join(golden.file_name().unwrap())).unwrap();
        let recorded = fs::read_to_string(&golden).unwrap();
        testkit::assert_golden(&golden, &salted(&made, &recorded));
    }
}
