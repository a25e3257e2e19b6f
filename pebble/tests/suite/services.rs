//! Services: start, stop, exit, restart.

use std::time::Duration;

use pebble::types::ServiceStatus;
use serde_json::json;

use crate::case::{Case, UNTIL_RELEASED, case, case_with, held};
use crate::daemon::{Start, until};

const MINUTE: Duration = Duration::from_secs(60);

/// Waits until a service is in that state.
fn reaches(case: &Case, name: &str, status: ServiceStatus) {
    let client = case.client();
    until(&format!("{name} is {status:?}"), || {
        client.services(&[name]).unwrap().first().is_some_and(|service| service.current == status).then_some(())
    });
}

/// A service with further fields that exits with this code once it is released.
fn released(case: &Case, code: i32, more: &str) -> String {
    let folder = case.path("");
    format!("{{override: replace, command: \"sh -c '{UNTIL_RELEASED}; exit {code}'\", working-dir: {folder}, {more}}}")
}

/// Releases the service `a`, waits until it is in backoff, and holds its next start.
fn pauses(case: &Case) {
    case.release();
    reaches(case, "a", ServiceStatus::Backoff);
    case.hold();
}

/// Number of starts of services that write a line into `starts` each time.
fn starts(case: &Case) -> usize {
    std::fs::read_to_string(case.path("starts")).unwrap_or_default().lines().count()
}

#[test]
fn a_service_is_started_and_stopped() {
    case("services", |case| {
        case.layer("a", "services: {a: {override: replace, command: sleep 1000, startup: enabled}, b: {override: replace, command: sleep 1001}}");
        case.get("/v1/services");
        case.services("start", &["a"]);
        case.get("/v1/services");
        case.get("/v1/services?names=b,a");
        case.get("/v1/services?names=a&names=none");
        case.services("start", &["a"]);
        case.services("restart", &["a"]);
        case.services("restart", &["b"]);
        case.get("/v1/services");
        case.services("stop", &["a", "b"]);
        case.services("stop", &["a"]);
        case.get("/v1/services");
    });
}

#[test]
fn the_client_waits_for_its_changes() {
    case("services-typed", |case| {
        case.layer("a", "services: {a: {override: replace, command: sleep 1000, startup: enabled}}");
        let client = case.client();
        case.typed("autostart", client.autostart(MINUTE)).unwrap();
        assert!(client.services(&["a"]).unwrap()[0].is_running());
        case.typed("restart", client.restart(&["a"], MINUTE)).unwrap();
        case.typed("stop", client.stop(&["a"], MINUTE)).unwrap();
        case.typed("start", client.start(&["a"], MINUTE)).unwrap();
        case.typed("replan", client.replan(MINUTE)).unwrap();
        case.typed("start none", client.start(&["none"], MINUTE)).unwrap_err();
        case.typed("services", client.services(&[])).unwrap();
        // Five changes of two requests each, the lists, and the refusal.
        assert_eq!(client.requests(), 13);
    });
}

#[test]
fn what_can_not_be_done_is_refused() {
    case("services-refused", |case| {
        for body in [
            json!({"action": "start", "services": []}),
            json!({"action": "start"}),
            json!({"action": "start", "services": ["none"]}),
            json!({"action": "stop", "services": ["none"]}),
            json!({"action": "restart", "services": ["none"]}),
            json!({"action": "autostart"}),
            json!({"action": "autostart", "services": ["a"]}),
            json!({"action": "replan", "services": ["a"]}),
            json!({"action": "dance", "services": ["a"]}),
            json!({}),
        ] {
            case.post("/v1/services", &body);
        }
        case.services("replan", &[]);
    });
}

#[test]
fn a_service_that_ends_at_once_fails_its_start_with_its_last_words() {
    case("services-quick-exit", |case| {
        // A long backoff, so that no service restarts during the test.
        case.layer("a", "
services:
  three: {override: replace, backoff-delay: 1h, command: sh -c 'echo out; echo err >&2; exit 3'}
  zero: {override: replace, backoff-delay: 1h, command: sh -c 'exit 0'}
  silent: {override: replace, backoff-delay: 1h, command: sh -c 'exit 4'}
  chatty: {override: replace, backoff-delay: 1h, command: sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do echo $n; done; exit 1'}
  killed: {override: replace, backoff-delay: 1h, command: sh -c 'kill -9 $$'}
  missing: {override: replace, backoff-delay: 1h, command: /no/such/program --flag}
  nowhere: {override: replace, backoff-delay: 1h, command: 'true', working-dir: /no/such/folder}
");
        for name in ["three", "zero", "silent", "chatty", "killed", "missing", "nowhere"] {
            case.services("start", &[name]);
        }
        case.get("/v1/services");
        let client = case.client();
        let error = case.typed("start", client.start(&["three"], MINUTE)).unwrap_err();
        assert!(error.logs().iter().any(|line| line.contains("err")), "{:?}", error.logs());
    });
}

#[test]
fn services_start_and_stop_in_order_of_their_needs() {
    case("services-order", |case| {
        case.layer(
            "a",
            "
services:
  web: {override: replace, command: sleep 1000, requires: [db, cache], after: [db]}
  db: {override: replace, command: sleep 1001, before: [cache]}
  cache: {override: replace, command: sleep 1002}
  alone: {override: replace, command: sleep 1003, startup: enabled}
  broken: {override: replace, command: 'false', backoff-delay: 1h, before: [needy]}
  needy: {override: replace, command: sleep 1004, requires: [broken]}
",
        );
        case.services("start", &["web"]);
        case.get("/v1/services");
        case.services("stop", &["db"]);
        case.services("autostart", &[]);
        case.services("start", &["needy"]);
        case.services("start", &["alone", "cache", "db"]);
        case.services("restart", &["cache", "db"]);
        case.get("/v1/services");
    });
}

#[test]
fn a_service_that_ends_later_is_started_again_after_a_pause() {
    case("services-backoff", |case| {
        let command = format!("sh -c 'echo x >> starts; {UNTIL_RELEASED}; rm released; exit 1'");
        case.layer(
            "a",
            &format!(
                "services: {{a: {{override: replace, command: \"{command}\", working-dir: {}, backoff-delay: 50ms}}}}",
                case.path("")
            ),
        );
        case.services("start", &["a"]);
        case.release();
        until("it is started again", || (starts(case) == 2).then_some(()));
        reaches(case, "a", ServiceStatus::Active);
        case.get("/v1/services");
    });
}

#[test]
fn a_pausing_service_can_be_stopped_and_started() {
    case("services-backoff-stop", |case| {
        case.layer("a", &format!("services: {{a: {}}}", released(case, 1, "backoff-delay: 100s")));
        case.services("start", &["a"]);
        pauses(case);
        case.get("/v1/services");
        case.services("stop", &["a"]);
        case.get("/v1/services");
        case.services("start", &["a"]);
        pauses(case);
        case.services("start", &["a"]);
        case.get("/v1/services");
        pauses(case);
        case.services("restart", &["a"]);
    });
}

#[test]
fn what_happens_at_the_end_is_the_plans_choice() {
    case("services-ignore", |case| {
        let (fails, succeeds) = (released(case, 1, "on-failure: ignore"), released(case, 0, "on-success: ignore"));
        case.layer("a", &format!("services: {{fails: {fails}, succeeds: {succeeds}}}"));
        case.services("start", &["fails", "succeeds"]);
        case.release();
        reaches(case, "fails", ServiceStatus::Error);
        let client = case.client();
        until("it has ended", || {
            (client.services(&["succeeds"]).unwrap()[0].current != ServiceStatus::Active).then_some(())
        });
        case.get("/v1/services");
        case.services("stop", &["fails"]);
        case.hold();
        case.services("start", &["succeeds"]);
        case.get("/v1/services");
    });
}

#[test]
fn a_service_that_will_not_end_is_killed() {
    case("services-kill-delay", |case| {
        case.layer("a", "
services:
  deaf: {override: replace, command: \"sh -c 'trap : TERM; echo ready; while :; do sleep 0.05; done'\", kill-delay: 200ms}
  polite: {override: replace, command: \"sh -c 'trap \\\"exit 0\\\" TERM; echo ready; while :; do sleep 0.05; done'\", kill-delay: 30s}
");
        case.services("start", &["deaf", "polite"]);
        case.hears("deaf", "ready");
        case.hears("polite", "ready");
        case.services("stop", &["deaf", "polite"]);
        case.get("/v1/services");
    });
}

#[test]
fn a_replan_touches_only_what_differs() {
    case("services-replan", |case| {
        case.layer(
            "a",
            "
services:
  same: {override: replace, command: sleep 1000, startup: enabled}
  changed: {override: replace, command: sleep 1001, startup: enabled}
  stopped: {override: replace, command: sleep 1002}
  summary: {override: replace, command: sleep 1003, startup: enabled, summary: one}
",
        );
        case.services("replan", &[]);
        let before = case.client().services(&["same"]).unwrap();
        case.services("replan", &[]);
        case.layer(
            "a",
            "
services:
  changed: {override: merge, command: sleep 2001}
  stopped: {override: merge, command: sleep 2002}
  summary: {override: merge, summary: two}
  new: {override: replace, command: sleep 1004, startup: enabled}
",
        );
        case.services("replan", &[]);
        case.get("/v1/services");
        assert_eq!(case.client().services(&["same"]).unwrap(), before);
        case.layer(
            "a",
            "services: {same: {override: merge, environment: {A: b}}, new: {override: merge, startup: disabled}}",
        );
        case.services("replan", &[]);
        case.services("stop", &["changed"]);
        case.services("replan", &[]);
        case.get("/v1/services");
    });
}

#[test]
fn a_service_runs_with_its_environment_in_its_folder() {
    case("services-environment", |case| {
        let command = "sh -c 'pwd; echo $A-$B-$HOME; echo $*; sleep 1000' one \\\"two three\\\" four";
        case.layer("a", &format!(
            "services: {{a: {{override: replace, command: \"{command}\", environment: {{A: 1, B: \"x y\"}}, working-dir: {}}}}}", case.path("")
        ));
        case.services("start", &["a"]);
        let client = case.client();
        let logs = until("it has spoken", || client.logs(&["a"], 10).ok().filter(|logs| logs.len() == 3));
        case.note("what it said", logs);
    });
}

#[test]
fn autostart_is_the_daemons_own_first_deed_unless_held() {
    let files = vec![(
        "layers/001-first.yaml",
        "services: {a: {override: replace, command: sleep 1000, startup: enabled}, b: {override: replace, command: sleep 1001}}".to_owned(),
    )];
    let how = Start { files: files.clone(), ..Start::default() };
    case_with("services-autostart", how, |case| {
        reaches(case, "a", ServiceStatus::Active);
        let client = case.client();
        until("its change is over", || {
            client.changes(pebble::types::ChangeSelect::InProgress, None).unwrap().is_empty().then_some(())
        });
        case.get("/v1/changes?select=all");
        case.get("/v1/services");
    });
    case_with("services-held", Start { files, ..held() }, |case| {
        case.get("/v1/changes?select=all");
        case.get("/v1/services");
        case.services("autostart", &[]);
    });
}

#[test]
fn a_service_runs_as_its_user() {
    if !testkit::needs_root() {
        return;
    }
    case("services-user", |case| {
        case.layer(
            "a",
            "
services:
  name: {override: replace, command: sh -c 'id -u; id -g; echo $HOME; sleep 1000', user: nobody, group: nogroup}
  number: {override: replace, command: sh -c 'id -u; id -g; sleep 1000', user-id: 65534, group-id: 65534}
  user-only: {override: replace, command: sh -c 'id -u; id -g; sleep 1000', user: nobody}
  unknown: {override: replace, command: sleep 1000, user: no-such-user, group: nogroup}
  group-only: {override: replace, command: sleep 1000, group: nogroup}
  torn: {override: replace, command: sleep 1000, user: nobody, user-id: 1, group: nogroup}
",
        );
        for name in ["name", "number", "user-only", "unknown", "group-only", "torn"] {
            let body = json!({"action": "start", "services": [name]});
            let begun = case.post("/v1/services", &body);
            if let Some(id) = begun["change"].as_str() {
                case.wait(id);
            }
        }
        let client = case.client();
        for (name, lines) in [("name", 3), ("number", 2), ("user-only", 2)] {
            let logs = until("it has spoken", || client.logs(&[name], 10).ok().filter(|logs| logs.len() >= lines));
            case.note("who it says it is", logs);
        }
    });
}
