//! The same command lines to our program and to a real Pebble as clients of one daemon of ours.

use std::ffi::OsStr;
use std::process::Command;

use super::normal::plain;
use crate::daemon::Daemon;

const LAYER: &str = "
services:
  a: {override: replace, command: sleep 1000, startup: enabled}
  b: {override: replace, command: sh -c 'exit 3', on-failure: ignore}
checks:
  off: {override: replace, level: alive, startup: disabled, exec: {command: 'false'}}
";

/// Command lines, in this order. `$DIR` is the daemon's folder.
const LINES: &[&str] = &[
    "services",
    "services a",
    "services nope",
    "services --format json",
    "services --format=yaml",
    "services --format=nope",
    "services --nope",
    "services -x",
    "checks",
    "checks nope",
    "checks --level=ready",
    "checks --level=nope",
    "check off",
    "check nope",
    "check",
    "health",
    "health off",
    "start a",
    "start a",
    "start b",
    "start nope",
    "start",
    "start --no-wait a",
    "stop a",
    "stop",
    "restart a",
    "replan",
    "replan x",
    "autostart",
    "signal HUP",
    "signal hup a",
    "signal NOPE a",
    "signal CONT a",
    "changes",
    "changes a",
    "changes nope",
    "changes 1",
    "changes --abs-time a",
    "tasks 1",
    "tasks 2",
    "tasks 999",
    "tasks",
    "tasks --last=start",
    "tasks --last=nope",
    "tasks --last=nope?",
    "tasks --last=start 1",
    "start-checks off",
    "start-checks off",
    "start-checks nope",
    "stop-checks off",
    "stop-checks off",
    "plan",
    "plan x",
    "add",
    "add label",
    "add label /no/such/file",
    "add label $DIR/layer.yaml",
    "add label $DIR/layer.yaml",
    "add --combine label $DIR/layer.yaml",
    "add broken $DIR/broken.yaml",
    "ls $DIR/tree",
    "ls -l $DIR/tree",
    "ls -d $DIR/tree",
    "ls $DIR/tree/*",
    "ls $DIR/*/x",
    "ls nope",
    "ls /no/such",
    "ls",
    "mkdir $DIR/made",
    "mkdir $DIR/made",
    "mkdir -p $DIR/made/a/b",
    "mkdir -m 7x $DIR/other",
    "mkdir --uid x $DIR/other",
    "push $DIR/layer.yaml $DIR/pushed",
    "push /no/such $DIR/pushed",
    "push $DIR/layer.yaml relative",
    "pull $DIR/layer.yaml $DIR/pulled",
    "pull /no/such $DIR/pulled",
    "rm $DIR/pushed",
    "rm $DIR/pushed",
    "rm -r $DIR/made",
    "notify",
    "notify example.com/a",
    "notify example.com/a b=c",
    "notify example.com/a bc",
    "notify nope",
    "notify --repeat-after=x example.com/a",
    "notices --type custom",
    "notices --type nope",
    "notices --key example.com/a --format=yaml",
    "notice custom example.com/a",
    "notice custom example.com/none",
    "notice 999",
    "notice",
    "okay",
    "okay --warnings",
    "warnings",
    "identities",
    "identity nope",
    "add-identities",
    "add-identities --from /no/such",
    "add-identities --from $DIR/identities.yaml",
    "add-identities --from $DIR/identities.yaml",
    "identities",
    "identity bob",
    "update-identities --from $DIR/identities.yaml",
    "update-identities --replace --from $DIR/identities.yaml",
    "remove-identities --from $DIR/identities.yaml",
    "logs",
    "logs -n x",
    "logs -n all a",
    "logs --format=nope",
    "exec -- true",
    "exec -- sh -c exit",
    "exec false",
    "exec nope",
    "exec -t -T true",
    "exec -i -I true",
    "exec -w /nope true",
    "exec --user nope true",
    "exec --timeout=x true",
    "exec --context nope true",
    "exec",
    "version",
    "version --client",
    "version x",
    "nope",
];

#[test]
fn command_lines() {
    let Some(real) = testkit::needs_named("PEBBLE_BINARY").filter(|_| testkit::needs_root()) else { return };
    // A daemon for each client, since most lines change something.
    let [ours, theirs] = [0, 1].map(|_| daemon());
    let mut differences = String::new();
    for line in LINES {
        let answers = [(&ours, OsStr::new(env!("CARGO_BIN_EXE_pebble"))), (&theirs, real.as_os_str())].map(
            |(daemon, program)| {
                let directory = daemon.folder.path().to_str().unwrap();
                let words = line.split(' ').map(|word| word.replace("$DIR", directory));
                let mut command = Command::new(program);
                let output = command.args(words).env("PEBBLE", directory).env("HOME", directory).output().unwrap();
                let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes).replace(directory, "$DIR"));
                (output.status.code(), text(&output.stdout), text(&output.stderr))
            },
        );
        // Pebble breaks long messages of the daemon into lines.
        let is_wrapped = answers[1].2.split_whitespace().eq(answers[0].2.split_whitespace());
        if answers[0] != answers[1] && !is_wrapped {
            differences += &format!("\npebble {line}\n  ours {:?}\n  real {:?}\n", answers[0], answers[1]);
        }
    }
    let count = differences.matches("\n  real ").count();
    let summary = format!("{} command lines, {count} unexplained", LINES.len());
    eprintln!("{summary}");
    assert!(differences.is_empty(), "{summary}{differences}");
}

/// Lines of help without what describes: the usage, and the names of the options.
fn form(program: &OsStr, verb: &str) -> Vec<String> {
    let output = Command::new(program).args(["help", verb]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let plain = line.trim_start();
        let is_option = line.starts_with("      ") && plain.starts_with('-') && line.len() - plain.len() < 12;
        match is_option {
            true => {
                let names: Vec<_> = plain.split(' ').take_while(|word| word.starts_with('-')).collect();
                Some(names.join(" "))
            }
            false => Some(line.to_owned()).filter(|line| line.starts_with("  pebble ")),
        }
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn help_has_the_same_form() {
    let Some(real) = testkit::needs_named("PEBBLE_BINARY") else { return };
    for verb in crate::command_line::VERBS {
        assert_eq!(form(OsStr::new(env!("CARGO_BIN_EXE_pebble")), verb), form(real.as_os_str(), verb), "{verb}");
    }
}

#[test]
fn commands_of_the_real_client_are_not_killed() {
    let Some(real) = testkit::needs_named("PEBBLE_BINARY") else { return };
    let daemon = Daemon::start("", &[]);
    for (script, code, rounds) in
        [("id -g", 0, 200), ("exec >/dev/null 2>&1; exit 5", 5, 50), ("exec >&-; exec 2>&-; sleep 0.02; exit 6", 6, 20)]
    {
        for round in 0..rounds {
            let mut client = Command::new(&real);
            client.args(["exec", "--", "sh", "-c", script]).env("PEBBLE", daemon.folder.path());
            let output = client.env_remove("PEBBLE_SOCKET").env("HOME", daemon.folder.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{script} in round {round}: {output:?}");
        }
    }
}

fn daemon() -> Daemon {
    let daemon = Daemon::start(LAYER, &["--hold"]);
    let path = |name: &str| daemon.folder.path().join(name);
    std::fs::create_dir(path("tree")).unwrap();
    std::fs::write(path("tree/a"), "text").unwrap();
    std::fs::write(path("tree/b"), "x".repeat(12_345)).unwrap();
    std::fs::write(path("layer.yaml"), "services:\n  c: {override: replace, command: sleep 1}\n").unwrap();
    std::fs::write(path("broken.yaml"), "services: [").unwrap();
    std::fs::write(path("identities.yaml"), "identities:\n  bob: {access: read, local: {user-id: 42}}\n").unwrap();
    daemon
}
