//! The recorded results, made anew with PyPI's ops.

#![allow(clippy::disallowed_methods, reason = "a test that runs programs")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The version of ops that made the records.
fn version() -> String {
    let first = include_str!("recorded.jsonl").lines().next().unwrap();
    let about: Value = serde_json::from_str(first).unwrap();
    about["ops"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "installs ops: long, and in need of the network"]
fn the_golden_results_are_those_of_ops() {
    let version = version();
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ops-{version}"));
    let python = venv.join("bin/python");
    if !venv.join("bin/pip").is_file() {
        ran(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    ran(Command::new(&python).args(["-m", "pip", "install", "-q", &format!("ops[testing]=={version}")]));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ops");
    let recorded = ran(Command::new(&python).arg(folder.join("record.py")).env("PYTHONHASHSEED", "1")).stdout;
    testkit::assert_golden(folder.join("recorded.jsonl"), &String::from_utf8(recorded).unwrap());
}
