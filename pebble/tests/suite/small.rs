//! Small facts of the API that clients rely on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use pebble::types::ExecOptions;
use serde_json::json;

use crate::case::{Case, case, case_with, held};
use crate::daemon::{Start, until};
use crate::raw;

const SERVICE: &str = "services: {a: {override: replace, command: sleep 1000}}";

#[test]
fn json_is_read_as_by_go() {
    case("small-json", |case| {
        case.layer("a", SERVICE);
        let begun = case.post("/v1/services", &json!({"ACTION": "start", "Services": ["a"]}));
        case.wait(begun["change"].as_str().unwrap());
        let kind = "Content-Type: application/json\r\n";
        let begun = raw::request(&case.socket(), "POST /v1/exec", kind, br#"{"COMMAND":["true"]}"#);
        assert_eq!(begun.status, 202);
        for (target, body) in [
            ("exec", json!({"command": ["true"], "environment": {"A": 1}})),
            ("exec", json!({"command": "true"})),
            ("exec", json!({"command": ["true"], "user-id": "x"})),
            ("exec", json!({"command": ["true"], "user-id": 1.5})),
            ("exec", json!({"command": ["true"], "terminal": 1})),
            ("exec", json!({"command": ["true"], "timeout": 1})),
            ("exec", json!({"command": ["true"], "user-id": -5})),
            ("exec", json!({"command": ["true"], "user-id": -5, "group-id": -5})),
            ("services", json!({"action": 1})),
            ("services", json!({"action": "start", "services": "a"})),
            ("services", json!({"action": "start", "services": [1]})),
            ("services", json!({"action": null, "services": null})),
            ("layers", json!({"action": "add", "combine": "yes"})),
            ("layers", json!({"action": "add", "label": 1})),
            ("signals", json!({"signal": 9, "services": ["a"]})),
            ("checks", json!({"action": "start", "checks": "a"})),
            ("checks/refresh", json!({"name": ["a"]})),
            ("notices", json!({"action": "add", "type": "custom", "key": 1})),
            ("notices", json!({"action": "add", "type": "custom", "key": "a.b/c", "repeat-after": 1})),
            ("notices", json!({"action": "add", "type": "custom", "key": "a.b/c", "data": {"a": 1}})),
            ("identities", json!({"action": "add", "identities": []})),
            ("identities", json!({"action": "add", "identities": {"bob": {"access": 1}}})),
            ("identities", json!({"action": "add", "identities": {"bob": {"local": {"user-id": "x"}}}})),
            ("files", json!({"action": "remove", "paths": {}})),
            ("files", json!({"action": "make-dirs", "dirs": [{"path": 1}]})),
            ("changes/1", json!({"action": true})),
        ] {
            case.post(&format!("/v1/{target}"), &body);
        }
        for text in
            ["", " ", "[]", "1", "null", "\"a\"", "{} rest", "{\"action\": tru}", "{\"action\": \"start\"", "{'a': 1}"]
        {
            case.post_text("/v1/services", text);
        }
    });
}

#[test]
fn paths_may_be_escaped_and_long() {
    case("small-paths", |case| {
        case.layer("a", SERVICE);
        for path in ["/v1/%73ervices", "/v1/services?names=%61", "//v1/services", "/v1/x/../services", "/v1/services/"]
        {
            case.get(path);
        }
        let long = "x".repeat(120_000);
        let answer = raw::request(&case.socket(), &format!("GET /v1/services?names={long}"), "", b"");
        case.heard("GET /v1/services?names=x…", &answer);
    });
}

#[test]
fn the_first_of_the_unknown_services_is_named() {
    case("small-unknown", |case| {
        case.layer("a", SERVICE);
        for names in [["zz", "yy"], ["yy", "zz"], ["a", "yy"]] {
            case.post("/v1/services", &json!({"action": "start", "services": names}));
        }
    });
}

#[test]
fn second_names_of_signals_are_refused() {
    case("small-signals", |case| {
        case.layer("a", SERVICE);
        case.services("start", &["a"]);
        for name in ["SIGIOT", "SIGCLD", "SIGPOLL", "SIGRTMIN", "SIGSTKFLT2", "9", "SIGWINCH", "SIGURG"] {
            case.post("/v1/signals", &json!({"signal": name, "services": ["a"]}));
        }
    });
}

#[test]
fn a_notice_may_repeat_before_now() {
    case("small-notices", |case| {
        let body = json!({"action": "add", "type": "custom", "key": "a.b/c", "repeat-after": "-1s"});
        for _ in 0..2 {
            case.post("/v1/notices", &body);
        }
        case.get("/v1/notices?types=custom");
    });
}

#[test]
fn limits_below_zero_are_over_at_once() {
    case("small-limits", |case| {
        case.layer("a", SERVICE);
        let begun = case.post("/v1/services", &json!({"action": "start", "services": ["a"]}));
        let id = begun["change"].as_str().unwrap().to_owned();
        case.get(&format!("/v1/changes/{id}/wait?timeout=-1s"));
        case.wait(&id);
    });
}

#[test]
fn errors_of_the_system_have_gos_words() {
    case("small-errors", |case| {
        let path = |name: &str| case.path(name);
        symlink(path("loop"), path("loop")).unwrap();
        fs::write(path("file"), "").unwrap();
        fs::write(path("program"), "not a program").unwrap();
        fs::write(path("locked"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(path("program"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(path("orphan"), "#!/no/such/interpreter\n").unwrap();
        fs::set_permissions(path("orphan"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(path("full/of")).unwrap();
        let long = "x".repeat(300);
        for name in ["loop", "file/x", &long, "none", "full"] {
            let path = case.path(name);
            case.get(&format!("/v1/files?action=read&path={path}"));
            case.get(&format!("/v1/files?action=list&path={path}"));
            case.get(&format!("/v1/files?action=list&itself=true&path={path}"));
        }
        let paths = json!([{"path": case.path("full")}, {"path": case.path("file/x")}, {"path": case.path(&long)}]);
        case.post("/v1/files", &json!({"action": "remove", "paths": paths}));
        let dirs = json!([{"path": case.path("file/x")}, {"path": case.path("loop/x")}, {"path": case.path(&long)}]);
        case.post("/v1/files", &json!({"action": "make-dirs", "dirs": dirs}));
        for name in ["program", "locked", "orphan", "full"] {
            let ran = case.client().exec(&ExecOptions::new([case.path(name)]));
            case.typed(name, ran.map(|output| output.exit_code)).ok();
        }
        let folder = case.path("");
        case.layer("a", &format!(
            "services: {{program: {{override: replace, command: {folder}program}}, orphan: {{override: replace, command: {folder}orphan}}, long: {{override: replace, command: sleep 1, working-dir: {folder}loop}}}}"
        ));
        for name in ["program", "orphan", "long"] {
            case.services("start", &[name]);
        }
    });
}

#[test]
fn a_long_line_is_not_broken() {
    let mut arguments = held().arguments;
    arguments.push("--verbose".to_owned());
    case_with("small-long", Start { arguments, ..Start::default() }, |case| {
        let long = "printf %040000d 0; echo";
        case.layer("a", &format!(
            "services: {{a: {{override: replace, command: sh -c '{long}; echo end; exec sleep 1000'}}, b: {{override: replace, backoff-delay: 1h, command: sh -c '{long}; exit 3'}}}}"
        ));
        case.services("start", &["a"]);
        case.hears("a", "end");
        until("it is printed", || case.printed().contains("[a] end").then_some(()));
        let printed = case.printed();
        let line = printed.lines().find(|line| line.contains("[a] 000")).unwrap();
        case.note("printed", line.len());
        // Clients get pieces.
        let logs = |case: &Case| case.client().logs(&["a"], 99).unwrap();
        case.note("logged", logs(case).iter().map(|line| line.message.len()).collect::<Vec<_>>());
        let begun = case.post("/v1/services", &json!({"action": "start", "services": ["b"]}));
        let id = begun["change"].as_str().unwrap().into();
        let change = case.client().wait_change(&id, std::time::Duration::from_secs(60)).unwrap_err();
        case.note("a failed start's log", change.logs().iter().map(|line| line.len()).collect::<Vec<_>>());
    });
}

#[test]
fn a_kill_delay_of_zero_waits_for_the_output_without_end() {
    case("small-kill-delay", |case| {
        // A child that holds the output open until the file is there.
        let folder = case.path("");
        let child = format!("setsid sh -c 'while test -d {folder} && ! test -e {folder}released; do sleep 0.02; done'");
        case.layer("a", &format!(
            "services: {{a: {{override: replace, on-failure: ignore, kill-delay: 0s, command: \"sh -c \\\"{child} & until test -e end; do sleep 0.02; done; exit 3\\\"\", working-dir: {}}}}}",
            case.path("")
        ));
        case.services("start", &["a"]);
        fs::write(case.path("end"), "").unwrap();
        // Signals go to the process; it is gone, while the service is active still.
        let gone = json!({"signal": "SIGCONT", "services": ["a"]});
        until("its process has ended", || {
            let answer = raw::request(
                &case.socket(),
                "POST /v1/signals",
                "Content-Type: application/json\r\n",
                gone.to_string().as_bytes(),
            );
            (answer.status != 200).then_some(())
        });
        case.post("/v1/signals", &gone);
        case.get("/v1/services");
        case.release();
        until("it has ended", || (!case.client().services(&["a"]).unwrap()[0].is_running()).then_some(()));
        case.get("/v1/services");
        // Below zero it is not waited for.
        case.hold();
        fs::remove_file(case.path("end")).unwrap();
        case.layer("a", "services: {a: {override: merge, kill-delay: -1s}}");
        case.services("start", &["a"]);
        fs::write(case.path("end"), "").unwrap();
        until("it has ended", || (!case.client().services(&["a"]).unwrap()[0].is_running()).then_some(()));
        case.release();
    });
}
