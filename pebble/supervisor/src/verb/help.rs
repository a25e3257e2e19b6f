//! Texts of `pebble help`: in the form of Pebble's, with words of our own.

use super::arguments::{Flag, Rest, Spec, Value};
use super::verbs;

/// Help of the words that are no requests to a daemon: name, summary, arguments.
const OTHERS: [(&str, &str, Spec); 4] = [
    ("run", "Run the daemon", Spec { flags: DAEMON, words: &[], rest: Rest::No, is_command: false }),
    (
        "enter",
        "Run the daemon, and in it a verb: exec, help, ls, plan, services, start, stop or version.\n\
         The daemon ends with the verb, but goes on after a start or stop that succeeds",
        Spec { flags: &ENTER, words: &[], rest: Rest::Optional("subcommand", usize::MAX), is_command: true },
    ),
    (
        "help",
        "Show the verbs, or what a verb takes",
        Spec {
            flags: &[Flag("", "all", Value::No)],
            words: &[],
            rest: Rest::Optional("command", usize::MAX),
            is_command: false,
        },
    ),
    ("debug", "Verbs for developers: none", Spec { flags: &[], words: &[], rest: Rest::No, is_command: false }),
];

/// Options of `run`: those of `enter` but the last.
const DAEMON: &[Flag] = ENTER.split_at(7).0;

const ENTER: [Flag; 8] = [
    Flag("", "create-dirs", Value::No),
    Flag("", "hold", Value::No),
    Flag("", "http", Value::Text),
    Flag("", "https", Value::Text),
    Flag("v", "verbose", Value::No),
    Flag("", "args", Value::Text),
    Flag("", "identities", Value::Text),
    Flag("", "run", Value::No),
];

/// Verbs by subject: its name, its description, its verbs.
const SUBJECTS: [(&str, &str, &[&str]); 9] = [
    ("Run", "the daemon", &["run"]),
    ("Info", "about the program", &["help", "version"]),
    ("Plan", "what is to run", &["add", "plan", "replan"]),
    ("Services", "what runs", &["services", "logs", "start", "restart", "signal", "stop"]),
    ("Checks", "whether it is well", &["checks", "check", "start-checks", "stop-checks", "health"]),
    ("Files", "and commands", &["push", "pull", "ls", "mkdir", "rm", "exec"]),
    ("Changes", "and their tasks", &["changes", "tasks"]),
    ("Notices", "and warnings", &["warnings", "okay", "notices", "notice", "notify"]),
    (
        "Identities",
        "of clients",
        &["identities", "identity", "add-identities", "update-identities", "remove-identities"],
    ),
];

const HEAD: &str = "\
A service supervisor that speaks Pebble's protocol, and its client.

Usage: pebble <command> [<options>...]

Commands by subject:
";

const FOOT: &str = "
Environment:
  PEBBLE                  The daemon's directory, with layers/; default /var/lib/pebble/default
  PEBBLE_SOCKET           The socket; default $PEBBLE/.pebble.socket
  PEBBLE_PERSIST=never    Keep changes in memory only
  PEBBLE_COPY_ONCE        A directory that is copied to an empty one of the daemon
  PEBBLE_DEBUG=1          More detail in the log
  PEBBLE_VERBOSE=1        Print the services' output, as run --verbose

'pebble help <command>' shows what a command takes, 'pebble help --all' what each is for.
";

/// Help of a verb; `None` if there is none of this name.
pub(crate) fn of(name: &str) -> Option<String> {
    let other = OTHERS.iter().find(|(other, ..)| *other == name).map(|(_, summary, spec)| spec.help(name, summary));
    other.or_else(|| verbs().find(|verb| verb.name == name).map(|verb| verb.spec.help(name, verb.summary)))
}

/// All verbs by subject.
pub(crate) fn short() -> String {
    let line = |(subject, _, names): &(&str, &str, &[&str])| {
        // Their names are long.
        let names = if *subject == "Identities" { "identities --help".to_owned() } else { names.join(", ") };
        format!("{subject:>12}: {names}\n")
    };
    format!("{HEAD}\n{}{FOOT}", SUBJECTS.iter().map(line).collect::<String>())
}

/// All verbs by subject, each with a line about it.
pub(crate) fn long() -> String {
    let summary = |name: &str| {
        let other = OTHERS.iter().find(|(other, ..)| *other == name).map(|(_, summary, _)| *summary);
        other.or_else(|| verbs().find(|verb| verb.name == name).map(|verb| verb.summary)).unwrap_or_default()
    };
    let line = |name: &&str| format!("    {name:<17}  {}\n", summary(name));
    let subject = |(subject, about, names): &(&str, &str, &[&str])| {
        format!("\n  {subject} ({about}):\n{}", names.iter().map(line).collect::<String>())
    };
    format!("{HEAD}{}{FOOT}", SUBJECTS.iter().map(subject).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_help_and_each_but_three_a_subject() {
        for verb in verbs() {
            assert!(of(verb.name).unwrap().starts_with(&format!("Usage:\n  pebble {}", verb.name)));
            let is_listed = SUBJECTS.iter().any(|(_, _, names)| names.contains(&verb.name));
            assert_eq!(is_listed, verb.name != "autostart", "{}", verb.name);
        }
        for name in SUBJECTS.iter().flat_map(|(_, _, names)| names.iter()) {
            assert!(of(name).is_some(), "{name}");
            assert!(!long().contains(&format!("    {name:<17}  \n")), "{name}");
        }
        assert_eq!(of("nope"), None);
    }

    #[test]
    fn options_have_pebbles_form() {
        let help = of("exec").unwrap();
        assert!(help.starts_with("Usage:\n  pebble exec [exec-OPTIONS] <command>\n\n"), "{help}");
        assert!(help.contains("\n[exec command options]\n      -w=\n          --env=\n"), "{help}");
        let help = of("services").unwrap();
        assert!(help.contains("\n      --format=[text|json|yaml]\n      --abs-time\n"), "{help}");
        assert!(of("run").unwrap().contains("\n          --identities=\n"));
        assert!(of("run").unwrap().contains("\n      -v, --verbose\n"));
    }
}
