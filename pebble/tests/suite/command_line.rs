//! The command line: words and exit codes of each verb, as a client of its own daemon.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::case::{Case, case, case_with, held};
use crate::daemon::Start;

const LAYER: &str = "
services:
  a: {override: replace, command: sleep 1000, startup: enabled}
  b: {override: replace, command: sh -c 'exit 3', on-failure: ignore}
checks:
  off: {override: replace, level: alive, startup: disabled, exec: {command: 'false'}}
";

/// Files that verbs use.
fn files() -> Vec<(&'static str, String)> {
    let text = |name, text: &str| (name, text.to_owned());
    vec![
        text("layers/001-first.yaml", LAYER),
        text("tree/a", "text"),
        text("tree/b", &"x".repeat(12_345)),
        text("layer.yaml", "services:\n  c: {override: replace, command: sleep 1}\n"),
        text("broken.yaml", "services: ["),
        text("identities.yaml", "identities:\n  bob: {access: read, local: {user-id: 42}}\n"),
    ]
}

/// Runs the program with a line's words, in which `$DIR` stands for the daemon's folder.
fn output(case: &Case, line: &str) -> Output {
    let mut command = Command::new(testkit::pebble());
    command.args(
        line.split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| word.replace("$DIR", case.path("").trim_end_matches('/'))),
    );
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin").env("HOME", case.path(""));
    command.env("PEBBLE", case.path("")).env("PEBBLE_SOCKET", case.socket()).stdin(Stdio::null());
    command.output().unwrap()
}

/// Runs a line, and records exit code and output.
fn run(case: &mut Case, line: &str) {
    let shown = shown(case, line);
    case.note(line, shown);
}

/// Runs a line; returns exit code and output.
fn shown(case: &Case, line: &str) -> Value {
    let output = output(case, line);
    let own = rustix::process::geteuid().as_raw();
    let text = |bytes: &[u8]| {
        let text = plain(&String::from_utf8_lossy(bytes));
        let text = text.replace(&format!(" {own} custom "), " <own> custom ");
        text.replace(&format!("user-id: {own}\n"), "user-id: <own>\n")
    };
    let stdout = text(&output.stdout);
    // Pebble shows a task's log if it looks while the task runs.
    let stdout = stdout.split('\n').filter(|line| !line.contains(" INFO Service ")).collect::<Vec<_>>().join("\n");
    // Pebble breaks long messages into lines.
    let stderr = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    json!({"code": output.status.code(), "stdout": stdout, "stderr": stderr})
}

/// Text without times of the day, and with single blanks, as columns depend on the width of times and sizes.
fn plain(text: &str) -> String {
    let is_clock = |word: &str| {
        word.len() == 5 && word.as_bytes()[2] == b':' && word.bytes().filter(u8::is_ascii_digit).count() == 4
    };
    let line = |line: &str| {
        let words = line.split(' ').filter(|word| !word.is_empty());
        words.map(|word| if is_clock(word) { "<clock>" } else { word }).collect::<Vec<_>>().join(" ")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn lines(name: &str, lines: &[&str]) {
    case_with(name, Start { files: files(), ..held() }, |case| {
        for line in lines {
            run(case, line);
        }
    });
}

#[test]
fn services_and_changes() {
    lines(
        "cli-services",
        &[
            "services",
            "services a",
            "services nope",
            "services --format json",
            "services --format=yaml",
            "services --format=nope",
            "services --nope",
            "services -x",
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
            "logs",
            "logs -n x",
            "logs -n all a",
            "logs --format=nope",
        ],
    );
}

#[test]
fn checks_and_plans() {
    lines(
        "cli-plan",
        &[
            "checks",
            "checks nope",
            "checks --level=ready",
            "checks --level=nope",
            "check off",
            "check nope",
            "check",
            "check --refresh off",
            "health",
            "health off",
            "health --level=alive",
            "health --level=nope",
            "start-checks off",
            "start-checks off",
            "start-checks nope",
            "start-checks",
            "stop-checks off",
            "stop-checks off",
            "stop-checks nope",
            "plan",
            "plan x",
            "add",
            "add label",
            "add label /no/such/file",
            "add label $DIR/layer.yaml",
            "add label $DIR/layer.yaml",
            "add --combine label $DIR/layer.yaml",
            "add broken $DIR/broken.yaml",
        ],
    );
}

#[test]
fn files_of_all_kinds() {
    lines(
        "cli-files",
        &[
            "ls $DIR/tree",
            "ls -d $DIR/tree/a",
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
            "push -p $DIR/layer.yaml $DIR/deep/er/pushed",
            "push /no/such $DIR/pushed",
            "push $DIR/layer.yaml relative",
            "pull $DIR/layer.yaml $DIR/pulled",
            "pull /no/such $DIR/pulled",
            "rm $DIR/pushed",
            "rm $DIR/pushed",
            "rm -r $DIR/made",
        ],
    );
}

#[test]
fn long_lists_of_files() {
    case_with("cli-long", Start { files: files(), ..held() }, |case| {
        let listed = output(case, "ls -l $DIR/tree");
        let listed = plain(&String::from_utf8(listed.stdout).unwrap());
        // Mode, size and name; not owners and times.
        let columns = |line: &str| {
            let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            (words[0].clone(), words[3].clone(), words.last().cloned())
        };
        case.note("ls -l", listed.lines().map(columns).collect::<Vec<_>>());
    });
}

#[test]
fn notices_and_identities() {
    lines(
        "cli-notices",
        &[
            "notify",
            "notify example.com/a",
            "notify example.com/a b=c",
            "notify example.com/a bc",
            "notify nope",
            "notify --repeat-after=x example.com/a",
            "notify --repeat-after=-2s example.com/b",
            "notices --type custom",
            "notices --type nope",
            "notices --key example.com/a --format=yaml",
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
        ],
    );
}

#[test]
fn commands_and_odd_lines() {
    lines(
        "cli-exec",
        &[
            "exec -- true",
            "exec -- sh -c exit",
            "exec false",
            "exec -- ls /no/such",
            "exec nope",
            "exec -t -T true",
            "exec -i -I true",
            "exec -w /nope true",
            "exec --user nope true",
            "exec --timeout=x true",
            "exec --timeout=-1s touch $DIR/ran",
            "ls $DIR/ran",
            "exec --context nope true",
            "exec --env A=b -- printenv A",
            "exec",
            "version --client --nope",
            "version x",
            "nope",
            "help nope",
            "help exec nope",
            "help --all exec",
            "help --nope",
            "--nope",
        ],
    );
}

/// Verbs of Pebble.
const VERBS: &[&str] = &[
    "add",
    "add-identities",
    "autostart",
    "changes",
    "check",
    "checks",
    "debug",
    "enter",
    "exec",
    "health",
    "help",
    "identities",
    "identity",
    "logs",
    "ls",
    "mkdir",
    "notice",
    "notices",
    "notify",
    "okay",
    "plan",
    "pull",
    "push",
    "remove-identities",
    "replan",
    "restart",
    "rm",
    "run",
    "services",
    "signal",
    "start",
    "start-checks",
    "stop",
    "stop-checks",
    "tasks",
    "update-identities",
    "version",
    "warnings",
];

/// The usage and the names of the options: what an option is for, our help says in its own words.
fn form(help: &str) -> Vec<String> {
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
    help.lines().filter_map(line).collect()
}

/// Output of words that need no daemon.
fn help(words: &[&str]) -> String {
    let output = Command::new(testkit::pebble()).args(words).env_clear().env("PEBBLE", "/nowhere").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_of_each_verb() {
    case("cli-help", |case| {
        for verb in VERBS {
            let text = help(&["help", verb]);
            case.note(verb, form(&text));
            // Help of a group of verbs is that of the program.
            if *verb != "debug" {
                assert!(help(&[verb, "--help"]) == text && help(&[verb, "-h"]) == text, "{verb}");
            }
        }
        for words in [&[][..], &["help"], &["--help"]] {
            assert!(help(words).contains("\nUsage: pebble <command> [<options>...]\n"), "{words:?}");
        }
        assert!(help(&["help", "--all"]).contains("\n    start-checks       "));
    });
}

#[test]
fn enter_has_a_daemon_of_its_own() {
    case("cli-enter", |case| {
        fs::create_dir(case.path("other")).unwrap();
        for (name, text) in files() {
            let path = std::path::PathBuf::from(case.path("other")).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for line in [
            "exec sh -c exit",
            "exec false",
            "exec nope",
            "plan",
            "services",
            "start nope",
            "--run services",
            "--run --nope",
            "logs",
            "enter",
            "nope",
        ] {
            let mut command = Command::new(testkit::pebble());
            command.arg("enter").args(line.split(' ')).env_clear().env("PATH", "/usr/bin:/bin");
            let folder = case.path("other");
            command.env("HOME", &folder).env("PEBBLE", &folder).stdin(Stdio::null());
            let output = command.output().unwrap();
            let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
            let stderr = text(&output.stderr);
            // Without the log, whose lines are of two threads.
            let stderr: Vec<_> = stderr.lines().filter(|line| !line.contains(" [pebble] ")).collect();
            let is_logged = text(&output.stderr).contains(" [pebble] Started daemon.");
            case.note(line, json!({"code": output.status.code(), "stdout": text(&output.stdout), "stderr": stderr, "logs": is_logged}));
        }
    });
}

#[test]
fn a_daemon_that_does_not_run_is_named() {
    case("cli-nobody", |case| {
        // Pebble's client tries again for five seconds.
        let run_all = |case: &mut Case, lines: &[&str]| {
            let shown: Vec<Value> = std::thread::scope(|scope| {
                let case = &*case;
                let begun: Vec<_> = lines.iter().map(|line| scope.spawn(move || shown(case, line))).collect();
                begun.into_iter().map(|line| line.join().unwrap()).collect()
            });
            lines.iter().zip(shown).for_each(|(line, shown)| case.note(line, shown));
        };
        case.kill();
        run_all(case, &["services", "checks", "checks up", "replan", "pull /x $DIR/pulled", "exec true", "health"]);
        fs::remove_file(case.socket()).unwrap();
        run_all(case, &["services", "checks", "replan"]);
    });
}
