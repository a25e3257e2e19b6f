//! Processes that services and commands leave behind.

use std::fs;

use pebble::types::ExecOptions;

use crate::case::case;
use crate::daemon::until;

/// State (`S`, `Z`, …) and parent of a process; `None` after its end.
fn process(id: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// True if a process exists and is not a zombie.
pub(crate) fn lives(id: u32) -> bool {
    process(id).is_some_and(|(state, _)| state != 'Z')
}

/// Waits for a number that a test's script writes.
fn number(path: &str) -> u32 {
    until(&format!("{path} is written"), || fs::read_to_string(path).ok()?.trim().parse().ok())
}

#[test]
fn a_stopped_service_takes_its_children_along() {
    case("processes-children", |case| {
        let script = format!("sleep 1000 & echo $! > {}; wait", case.path("child"));
        case.layer("a", &format!("services: {{a: {{override: replace, command: \"sh -c '{script}'\"}}}}"));
        case.services("start", &["a"]);
        let child = number(&case.path("child"));
        assert!(lives(child));
        case.services("stop", &["a"]);
        until("the child has gone too", || (!lives(child)).then_some(()));
    });
}

#[test]
fn a_child_that_keeps_the_output_open_does_not_hold_up_a_stop() {
    case("processes-output", |case| {
        let script = format!("setsid sleep 20 & echo $! > {}; wait", case.path("child"));
        case.layer("a", &format!("services: {{a: {{override: replace, command: \"sh -c '{script}'\"}}}}"));
        case.services("start", &["a"]);
        number(&case.path("child"));
        case.services("stop", &["a"]);
        case.get("/v1/services");
    });
}

#[test]
fn orphans_are_adopted_and_buried() {
    case("processes-orphans", |case| {
        let script = format!("(sleep 0.3 & echo $! > {})", case.path("orphan"));
        let output =
            case.client().exec(&ExecOptions::new(["sh", "-c", &format!("({script}) >/dev/null 2>&1")])).unwrap();
        assert_eq!(output.exit_code, 0);
        let orphan = number(&case.path("orphan"));
        until("the orphan is gone without a trace", || process(orphan).is_none().then_some(()));
        let script = format!("(sleep 1000 & echo $! > {})", case.path("adopted"));
        case.client().exec(&ExecOptions::new(["sh", "-c", &format!("({script}) >/dev/null 2>&1")])).unwrap();
        let adopted = number(&case.path("adopted"));
        let parent = process(adopted).map(|(_, parent)| parent);
        case.note("the daemon has adopted it", parent == Some(case.id()));
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(adopted.cast_signed()).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        until("it is buried", || process(adopted).is_none().then_some(()));
    });
}

#[test]
fn a_daemon_that_ends_takes_its_services_along() {
    case("processes-ending", |case| {
        let script = format!("trap \\\"\\\" TERM; echo $$ > {}; while :; do sleep 0.05; done", case.path("deaf"));
        case.layer("a", &format!(
            "services: {{deaf: {{override: replace, command: \"sh -c '{}'\", kill-delay: 100ms}}, polite: {{override: replace, command: sleep 1000}}}}",
            script.replace('\\', "\\\\").replace('"', "\\\"")
        ));
        case.services("start", &["deaf", "polite"]);
        let deaf = number(&case.path("deaf"));
        let ended = case.stop();
        case.note("exit code", ended.code());
        until("the deaf one has gone too", || (!lives(deaf)).then_some(()));
    });
}
