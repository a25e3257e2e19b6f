//! Hook tools that fail, print garbage or too much, or are missing: the hook fails with 1, and one line names the tool.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use juju::Event;

use super::start::with_database;
use crate::support::World;

/// Tools that a settled unit calls when its configuration changes.
const TOOLS: [&str; 10] = [
    "config-get",
    "is-leader",
    "network-get",
    "opened-ports",
    "relation-get",
    "relation-ids",
    "relation-list",
    "secret-get",
    "state-get",
    "status-set",
];

/// Scripts in a tool's place, and words of the line beside the tool's name.
const FAULTS: [(&str, &str); 5] = [
    ("echo 'ERROR no agent' >&2; exit 1", "no agent"),
    ("exit 2", "exit code 2"),
    ("kill -9 $$", "signal"),
    ("echo '{\"'", ""),
    ("exec head -c 50000000 /dev/zero", "longer than 33554432 bytes"),
];

/// Makes a folder with every hook tool but this one.
fn without(world: &World, tool: &str) -> PathBuf {
    let folder = world.dir.path().join(format!("without-{tool}"));
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(world.dir.path().join("tools")).unwrap().map(Result::unwrap) {
        if entry.file_name() != tool {
            symlink(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    folder
}

/// Runs a hook that fails, and returns the one line that it logs or prints.
fn failure(world: &World, fault: &str) -> String {
    let before = world.log().len();
    let done = world.dispatch(&Event::ConfigChanged);
    let mut lines = world.log().split_off(before);
    lines.extend(done.stderr.lines().map(str::to_owned));
    assert_eq!(done.exit, Some(1), "{fault}: {lines:?}");
    assert_eq!(lines.len(), 1, "{fault}: {lines:?}");
    lines.remove(0)
}

#[test]
fn a_hook_tool_that_fails_is_named_in_one_line() {
    let mut world = with_database();
    world.integrate("ingress", "lb");
    world.settle();
    for tool in TOOLS {
        world.options.tools_dir = without(&world, tool);
        let missing = failure(&world, tool);
        assert!(missing.contains(tool) && missing.contains("No such file"), "{tool} is missing: {missing}");
        let path = world.options.tools_dir.join(tool);
        for (script, words) in FAULTS {
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            if tool == "status-set" && words.is_empty() {
                continue;
            }
            let line = failure(&world, &format!("{tool}: {script}"));
            assert!(line.contains(tool) && line.contains(words), "{tool}: {script}: {line}");
            assert!(!line.contains("panicked") && !line.contains("pass-word-1") && line.len() < 1000, "{line}");
        }
    }
    world.options.tools_dir = world.dir.path().join("tools");
    world.fire(Event::ConfigChanged);
}
