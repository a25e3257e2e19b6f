//! Failures of the playground itself are reported with their cause, and never as success.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::integration::{has_postgresql, with_database};
use crate::support::{Desk, Ran, wait_until, write_program};

/// True if this user may mount something over folders of the machine, in a mount namespace of the test's own.
#[track_caller]
fn may_mount() -> bool {
    testkit::needs_root()
}

/// Command that runs the shell script `script` in a mount namespace of its own, with the program as `$0`.
fn apart(desk: &Desk, script: &str) -> Command {
    let program = desk.command(&[]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(program.get_program()).current_dir(desk.path());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Paths of all PostgreSQL's `initdb` on this machine, as words of a shell.
fn initdb() -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
    let mut found: Vec<_> = versions.map(|entry| entry.unwrap().path().join("bin/initdb")).collect();
    found.sort();
    found.into_iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_integration_that_fails_on_the_way_up_is_no_success() {
    if !has_postgresql() || !may_mount() {
        return;
    }
    let desk = Desk::new();
    let project = with_database(&desk);
    let failing = desk.path().join("failing");
    write_program(&failing, "#!/bin/sh\necho 'no cluster today' >&2\nexit 3\n");
    let cover = format!("for f in {}; do mount --bind {} $f; done", initdb(), failing.display());
    let up = format!("{cover}; exec \"$0\" up {} --detach --integrate postgresql", project.display());
    let up = Ran::from(apart(&desk, &up).output().unwrap());
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(!up.out.contains("is up at"), "{up:?}");
    for words in [
        "error: cannot integrate postgresql: PostgreSQL's initdb ended (exit status: 3)",
        "no cluster today",
        "The model stays up",
    ] {
        assert!(up.out.contains(words), "{words:?} in {up:?}");
    }
    let status = desk.ok(&["status"]);
    assert!(status.contains("Note: cannot integrate postgresql: PostgreSQL's initdb ended"), "{status}");
    desk.ok(&["config", "flask-k8s", "webserver-threads=2"]);
    // The verb fails like the start: in the model's mount namespace the failing program still covers the real one.
    let again = desk.run(&["integrate", "postgresql"]);
    assert!(again.code == Some(1) && again.err.contains("no cluster today"), "{again:?}");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn an_endpoint_that_the_charm_lacks_is_told_before_anything_is_built() {
    let desk = Desk::new().with_fresh_cache();
    let up = desk.run(&["up", desk.sample().to_str().unwrap(), "--integrate", "ingress"]);
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(up.err.contains("requires: ingress: {interface: ingress}") && !up.err.contains("building"), "{up:?}");
    desk.assert_nothing_left(&desk.processes());
}

/// A small disk for the model's folder, which the test fills.
#[test]
fn a_unit_for_which_the_disk_is_full_is_an_error_and_a_status() {
    if !may_mount() {
        return;
    }
    let desk = Desk::new().with_charm("status-set blocked 'nothing is served here'");
    let sample = desk.sample().display().to_string();
    let full = desk.runtime().join("webcharm/local/full");
    let mounts = format!("mount -t tmpfs -o size=8m,mode=700 none {}", desk.runtime().display());
    // The charm fills the disk, because the small disk is in the model's mount namespace.
    let script = format!(
        "{mounts}; mkdir -p {0}; trap '' HUP; \"$0\" up {sample} --detach || true; \
         head -c 64m /dev/zero > {1} || true; \"$0\" status; \"$0\" add-unit flask-k8s && echo 'all went well'; \
         echo \"code $?\"; \"$0\" status; \"$0\" logs flask-k8s/1; rm {1}; \
         \"$0\" remove-unit flask-k8s/1; \"$0\" add-unit flask-k8s; echo \"code $?\"; \"$0\" down",
        desk.runtime().display(),
        full.display()
    );
    let ran = Ran::from(apart(&desk, &script).output().unwrap());
    assert!(!ran.out.contains("all went well") && ran.out.contains("code 1\n"), "{ran:?}");
    assert!(!ran.out.contains("added: flask-k8s/1"), "{ran:?}");
    assert!(
        ran.err.contains("error: flask-k8s/1 has no pod: ") && ran.err.contains("No space left on device"),
        "{ran:?}"
    );
    let row = ran.out.lines().find(|line| line.starts_with("flask-k8s/1 ")).unwrap_or_default();
    assert!(row.contains("error") && row.contains("has no pod"), "{row:?} in {ran:?}");
    assert!(ran.out.contains("added: flask-k8s/2") && ran.out.contains("code 0\n"), "{ran:?}");
    wait_until("nothing is left", || desk.processes().is_empty());
}

#[test]
fn what_a_charm_says_is_escaped_and_stays_in_its_place() {
    let desk = Desk::new().with_charm(
        "status-set blocked \"$(printf 'red \\033[31m\\nflask-k8s/9*  active')\"; \
         application-version-set \"$(printf '1\\0332')\"; juju-log \"$(printf 'bell \\007\\nunit-x: INFO forged')\"; \
         case $JUJU_DISPATCH_PATH in actions/*) action-set x=\"$(printf 'a\\033b')\"; action-fail \"$(printf 'why \\033]0;t')\";; esac",
    );
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "\nactions:\n  greet:\n    description: x\n").unwrap();
    let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    let outputs = [
        up,
        desk.run(&["status"]),
        desk.run(&["status", "--format", "json"]),
        desk.run(&["debug-log"]),
        desk.run(&["config", "flask-k8s", "greeting=\u{9b}2J\u{1b}"]),
        desk.run(&["config", "flask-k8s"]),
        desk.run(&["config", "flask-k8s", "--format", "json"]),
        desk.run(&["remove-unit", "\u{1b}[1m/0"]),
        desk.run(&["integrate", "\u{1b}[1m"]),
    ];
    for ran in &outputs {
        let is_bad = |text: &str| text.contains(|c: char| c.is_control() && !['\n', '\t'].contains(&c));
        assert!(!is_bad(&ran.out) && !is_bad(&ran.err), "{ran:?}");
        let rows = |text: &str| text.lines().filter(|line| line.starts_with("flask-k8s/9")).count();
        assert_eq!(rows(&ran.out), 0, "{ran:?}");
    }
    assert!(outputs[1].out.contains("red \\u{1b}[31m"), "{:?}", outputs[1]);
    assert!(outputs[3].out.contains("INFO bell \\u{7}\nflask-k8s/0: INFO unit-x: INFO forged"), "{:?}", outputs[3]);
    let acted = desk.run(&["run", "flask-k8s/0", "greet"]);
    assert!(acted.err.contains("why \\u{1b}]0;t"), "{acted:?}");
    assert_eq!(acted.out, "x: a\u{1b}b\n", "a pipe gets what the charm said");
    // Output of the user's command, and output to a pipe, is unchanged.
    assert_eq!(desk.ok(&["exec", "--", "printf", "\\033[31m"]), "\u{1b}[31m");
    assert_eq!(desk.ok(&["config", "flask-k8s", "greeting"]), "\u{9b}2J\u{1b}\n");
    desk.ok(&["down"]);
}

#[test]
fn a_prune_shows_what_it_would_remove_and_keeps_what_a_model_uses() {
    let desk = Desk::new().with_fresh_cache();
    let dependencies = desk.cache().join("webcharm/dependencies");
    let old = dependencies.join("0".repeat(64));
    fs::create_dir_all(&old).unwrap();
    fs::write(old.join("big"), vec![1; 3 << 20]).unwrap();
    desk.ok(&["up", desk.sample().to_str().unwrap(), "--detach"]);
    let used = crate::support::names(&dependencies);
    let shown = desk.ok(&["prune", "--dry-run"]);
    assert!(shown.contains(&format!("3 MiB  unused for 0 min  {}", old.display())), "{shown}");
    assert!(shown.ends_with("would free 3 MiB\n") && Path::new(&old).exists(), "{shown}");
    assert!(desk.ok(&["prune", "--keep", "10G"]).ends_with("freed 0 B\n"));
    let freed = desk.ok(&["prune"]);
    assert!(freed.contains("3 MiB  dependencies\n") && freed.ends_with("freed 3 MiB\n"), "{freed}");
    let left: Vec<_> = used.into_iter().filter(|name| !name.starts_with("000")).collect();
    assert_eq!(crate::support::names(&dependencies), left, "what the model uses stays");
    desk.ok(&["down"]);
    assert!(!desk.ok(&["prune"]).contains("freed 0 B"), "without a model it goes, too");
    assert_eq!(desk.run(&["prune", "--keep", "5GB"]).code, Some(2));
}
