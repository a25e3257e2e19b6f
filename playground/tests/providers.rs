//! The list of servers, and a server whose program is missing.

use std::fs;
use std::path::Path;
use std::process::Command;

use playground::provider::ALL;
use serde_json::Value;

use crate::support::{Desk, Ran, write_program};

#[test]
fn every_server_has_a_line_and_an_entry() {
    let desk = Desk::new();
    let text = desk.ok(&["providers"]);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("Name ") && lines[0].ends_with(" Here"), "{text}");
    let entries: Vec<Value> = serde_json::from_str(&desk.ok(&["providers", "--format", "json"])).unwrap();
    assert_eq!(entries.len(), ALL.len());
    for ((provider, entry), line) in ALL.iter().zip(&entries).zip(&lines[1..]) {
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words[..2], [provider.name, provider.interface], "{line}");
        let (_, here) = line.split_once(&provider.origin()).unwrap_or_else(|| panic!("no origin in {line}"));
        let state = match here.trim() {
            "yes" => "here",
            here if here.starts_with("on first use: ") => "on-first-use",
            here if here.starts_with("no: ") => "missing",
            here => panic!("{here:?}"),
        };
        let expected = [provider.name, provider.interface, &provider.origin(), state];
        assert_eq!(["name", "interface", "server", "state"].map(|key| entry[key].as_str().unwrap()), expected);
    }
    assert!(text.contains("\n  webcharm integrate NAME\n"), "{text}");
}

/// Runs the program for the desk's user, who is not root, on a machine without `hidden`: in a namespace of its own, in which
/// that file is no program.
fn run_without(desk: &Desk, hidden: &str, args: &[&str]) -> Ran {
    let own = desk.command(args);
    let id = |flag: &str| {
        let mut command = Command::new("id");
        desk.become_user(command.arg(flag));
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let script = format!(
        "mount --bind /dev/null {hidden} && exec unshare --user --map-user={} --map-group={} \"$@\"",
        id("-u"),
        id("-g")
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    command.arg(own.get_program()).args(own.get_args()).current_dir(desk.path());
    command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    desk.become_user(&mut command);
    Ran::from(command.output().unwrap())
}

#[test]
fn a_server_that_is_missing_is_named_by_its_package_to_a_user_who_can_t_install_it() {
    const SQUID: &str = "/usr/sbin/squid";
    if !testkit::needs(Path::new(SQUID).is_file(), "Squid (Debian's package squid)") {
        return;
    }
    let desk = Desk::of_ordinary_user();
    let charmcraft = "name: caller\ntype: charm\nsummary: Calls\ndescription: Calls.\nbase: ubuntu@24.04\n\
                      platforms: {amd64: }\nparts: {files: {plugin: dump, source: files}}\n\
                      requires: {proxy: {interface: http_proxy, optional: true}}\n";
    let folder = desk.path().join("caller");
    fs::create_dir_all(folder.join("files")).unwrap();
    fs::write(folder.join("charmcraft.yaml"), charmcraft).unwrap();
    write_program(&folder.join("dispatch"), "#!/bin/sh\nstatus-set active\n");

    let listed = run_without(&desk, SQUID, &["providers"]);
    let line = listed.out.lines().find(|line| line.starts_with("http-proxy ")).unwrap_or_else(|| panic!("{listed:?}"));
    assert!(line.ends_with("no: install the package squid"), "{line}");

    let up = run_without(&desk, SQUID, &["up", folder.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    let refused = desk.run(&["integrate", "http-proxy"]);
    let told = "there is no squid: install the package squid, or run this as root, which installs it";
    assert!(refused.code == Some(1) && refused.err.contains(told), "{refused:?}");
    let status = desk.ok(&["status", "--relations"]);
    assert!(status.contains("caller/0*") && !status.contains("http_proxy"), "there is no relation: {status}");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
