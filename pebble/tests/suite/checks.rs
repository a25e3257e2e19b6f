//! Checks: what they see, their changes, and what happens when one goes down.
//!
//! Where counts matter, a check's period is an hour and each run is asked for.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use pebble::types::{ChangeSelect, CheckInfo, HealthLevel};
use serde_json::json;

use crate::case::{Case, at_once, case, case_with, held, is_real, listener};
use crate::daemon::{Start, until};
use crate::receiver::Server;

const MINUTE: Duration = Duration::from_secs(60);

/// The check's state, without recording.
fn info(case: &Case, name: &str) -> CheckInfo {
    case.client().checks(HealthLevel::Any, &[name]).unwrap().remove(0)
}

/// Waits until the tasks of all changes have begun.
fn settled(case: &Case) {
    let client = case.client();
    until("all tasks have begun", || {
        let changes = client.changes(ChangeSelect::InProgress, None).unwrap();
        changes.iter().all(|change| change.status == "Doing").then_some(())
    });
}

/// Runs a check once, and records the answer. Not for a run that takes the check down or up: Pebble answers such a
/// request before or after the check's next change begins.
fn refresh(case: &mut Case, name: &str) {
    case.post("/v1/checks/refresh", &json!({"name": name}));
}

/// Runs a check once, and waits until it has this status by that.
fn turn(case: &mut Case, name: &str, status: &str) {
    let ran = case.client().refresh_check(name).unwrap();
    case.note("error of the run", ran.error);
    until(&format!("{name} is {status}"), || (info(case, name).status == status).then_some(()));
    settled(case);
}

/// Starts or stops checks, and records the answer.
fn act(case: &mut Case, action: &str, names: &[&str]) {
    case.post("/v1/checks", &json!({"action": action, "checks": names}));
    settled(case);
}

/// Records what is known of all checks.
fn look(case: &mut Case) {
    case.get("/v1/checks");
    case.get("/v1/changes?select=all");
}

/// Records the health by level.
fn health(case: &mut Case) {
    for query in ["", "?level=alive", "?level=ready", "?names=up", "?names=off", "?names=none", "?level=alive&names=up"]
    {
        case.get(&format!("/v1/health{query}"));
    }
}

#[test]
fn a_check_goes_down_and_recovers() {
    case("checks", |case| {
        let script = "test -e ok || { echo out; echo err >&2; exit 3; }";
        let layer = format!(
            "
checks:
  up: {{override: replace, level: ready, period: 1h, threshold: 2, exec: {{command: \"sh -c '{script}'\", working-dir: {}}}}}
  off: {{override: replace, level: alive, startup: disabled, period: 1h, threshold: 1, exec: {{command: 'false'}}}}
  plain: {{override: replace, startup: disabled, period: 1h, exec: {{command: 'true'}}}}
",
            case.path("")
        );
        case.layer("a", &layer);
        settled(case);
        look(case);
        for query in ["?level=alive", "?level=ready", "?names=up,off", "?names=none", "?names=up&level=alive"] {
            case.get(&format!("/v1/checks{query}"));
        }
        refresh(case, "up");
        health(case);
        turn(case, "up", "down");
        health(case);
        look(case);
        refresh(case, "up");
        fs::write(case.path("ok"), "").unwrap();
        turn(case, "up", "up");
        health(case);
        fs::remove_file(case.path("ok")).unwrap();
        refresh(case, "up");
        fs::write(case.path("ok"), "").unwrap();
        refresh(case, "up");
        refresh(case, "up");
        look(case);
        case.get("/v1/notices?types=change-update");
        case.get("/v1/metrics");
        case.journal();
    });
}

#[test]
fn checks_are_started_stopped_and_replanned() {
    case("checks-started", |case| {
        let check = |startup: &str, command: &str| {
            format!(
                "{{override: replace, startup: {startup}, period: 1h, threshold: 1, exec: {{command: '{command}'}}}}"
            )
        };
        let layer = |off: &str| {
            format!("checks: {{off: {off}, on: {}, plain: {}}}", check("enabled", "true"), check("disabled", "true"))
        };
        case.layer("a", &layer(&check("disabled", "false")));
        settled(case);
        look(case);
        refresh(case, "off");
        act(case, "start", &["off", "on"]);
        act(case, "start", &["off"]);
        turn(case, "off", "down");
        case.get("/v1/health?level=alive");
        look(case);
        act(case, "stop", &["on", "off", "plain"]);
        act(case, "stop", &["off"]);
        case.get("/v1/health");
        until("its tasks have ended", || {
            case.client().changes(ChangeSelect::InProgress, None).unwrap().is_empty().then_some(())
        });
        look(case);
        case.services("replan", &[]);
        // Pebble begins the check's task with the next one, if the replan did not begin it.
        act(case, "start", &["plain"]);
        look(case);
        for body in [
            json!({"action": "start", "checks": ["on", "zz", "none"]}),
            json!({"action": "stop", "checks": ["none"]}),
            json!({"action": "start", "checks": []}),
            json!({"action": "start"}),
            json!({"action": "dance", "checks": ["on"]}),
            json!({"checks": ["on"]}),
            json!({}),
        ] {
            case.post("/v1/checks", &body);
        }
        for body in [json!({"name": "none"}), json!({"name": ""}), json!({}), json!({"name": 1})] {
            case.post("/v1/checks/refresh", &body);
        }
        case.get("/v1/checks/refresh");
        // A changed plan: a check that was changed begins anew, one that is disabled now runs on.
        act(case, "start", &["off"]);
        let disabled = check("disabled", "false");
        case.layer("a", &layer(&disabled).replace(&check("enabled", "true"), &check("disabled", "true")));
        settled(case);
        look(case);
        case.layer("a", &layer(&disabled.replace("threshold: 1", "threshold: 7")));
        settled(case);
        look(case);
        case.layer("a", &layer(&check("enabled", "true")));
        settled(case);
        look(case);
    });
}

#[test]
fn a_check_runs_at_each_period() {
    case("checks-period", |case| {
        case.layer("a", &format!(
            "checks: {{up: {{override: replace, period: 50ms, threshold: 3, exec: {{command: test -e ok, working-dir: {}}}}}}}", case.path("")
        ));
        until("it is down", || (info(case, "up").failures > 4).then_some(()));
        case.note("down", info(case, "up").status);
        fs::write(case.path("ok"), "").unwrap();
        // On a busy machine a run may take longer than the period, and so fail.
        until("it is up", || {
            let now = info(case, "up");
            (now.status == "up" && now.successes > 2 && now.failures == 0).then_some(())
        });
        let changes = case.client().changes(ChangeSelect::Ready, None).unwrap();
        let ended = changes.into_iter().map(|change| (change.kind, change.status, change.summary));
        case.note("ended", ended.collect::<BTreeSet<_>>());
    });
}

#[test]
fn a_servers_answer_decides_a_check() {
    case("checks-http", |case| {
        let server = Server::start(listener(), |request| {
            let answer = |status, head: &str, body: &str| Some((status, head.to_owned(), body.to_owned()));
            match request.path.as_str() {
                "/ok?a=b" => answer(200, "", "fine"),
                "/made" => answer(204, "", ""),
                "/moved" => answer(302, "Location: /ok?a=b\r\n", ""),
                "/lines" => answer(503, "", "\n1\n2\n3\n4\n5\n6\n7\n"),
                "/long" => answer(500, "", &"x".repeat(2000)),
                "/bare" => answer(404, "", ""),
                _ => None,
            }
        });
        let nobody = listener().local_addr().unwrap();
        case.hide(&server.address, "<server>");
        case.hide(&nobody, "<nobody>");
        let url = |path: &str| {
            format!("http: {{url: 'http://{}{path}', headers: {{X-Test: a b, User-Agent: me}}}}", server.address)
        };
        let tcp = |address: std::net::SocketAddr| format!("tcp: {{host: {}, port: {}}}", address.ip(), address.port());
        let checks = [
            ("ok", url("/ok?a=b")),
            ("made", url("/made")),
            ("moved", url("/moved")),
            ("lines", url("/lines")),
            ("long", url("/long")),
            ("bare", url("/bare")),
            ("never", format!("timeout: 50ms, {}", url("/never"))),
            ("plain", format!("http: {{url: 'http://{}/made'}}", server.address)),
            ("refused", format!("http: {{url: 'http://{nobody}/'}}")),
            ("scheme", "http: {url: 'nonsense://x/'}".to_owned()),
            ("open", tcp(server.address)),
            ("closed", tcp(nobody)),
        ];
        let layer: String = checks
            .iter()
            .map(|(name, of)| format!("  {name}: {{override: replace, startup: disabled, period: 1h, {of}}}\n"))
            .collect();
        case.layer("a", &format!("checks:\n{layer}"));
        for (name, _) in checks {
            refresh(case, name);
            while let Some(request) = server.arrived() {
                // Pebble also says that it can take a compressed answer.
                let fields = ["user-agent", "x-test"].map(|name| request.headers.get(name).cloned());
                case.note("request", (request.method, request.path, fields, request.body.len()));
            }
        }
        // The words of the task and of the daemon's log.
        act(case, "start", &["lines", "closed"]);
        refresh(case, "lines");
        refresh(case, "closed");
        look(case);
        case.journal();
    });
}

#[test]
fn a_commands_end_decides_a_check() {
    case("checks-exec", |case| {
        let checks = [
            ("lines", "command: sh -c 'for n in 1 2 3 4 5 6 7; do echo $n; done; exit 4'"),
            ("long", "command: sh -c 'printf %02000d 0; exit 1'"),
            ("killed", "command: sh -c 'kill -9 $$'"),
            ("missing", "command: no-such-program"),
            ("absent", "command: /no/such/program"),
            ("nowhere", "command: 'true', working-dir: /no/such/folder"),
            ("given", "command: sh -c 'echo $A-$B; pwd; false', environment: {A: x y, B: 2}, working-dir: /usr"),
            ("quiet", "command: sh -c 'echo; exit 9'"),
            ("quoted", "command: 'sh -c \"exit 0\"'"),
            // The output is awaited for a second.
            ("held", "command: sh -c 'echo mine; setsid sleep 30 & exit 2'"),
        ];
        let layer: String = checks
            .iter()
            .map(|(name, of)| {
                format!("  {name}: {{override: replace, startup: disabled, period: 1h, exec: {{{of}}}}}\n")
            })
            .collect();
        let slow =
            "  slow: {override: replace, startup: disabled, period: 1h, timeout: 50ms, exec: {command: sleep 1000}}\n";
        case.layer("a", &format!("checks:\n{layer}{slow}"));
        for (name, _) in checks {
            refresh(case, name);
        }
        refresh(case, "slow");
    });
}

const CONTEXT: &str = "
services:
  web: {override: replace, command: sleep 1000, working-dir: /usr, environment: {A: service, B: service}}
checks:
  up: {override: replace, period: 1h, exec: {command: sh -c 'echo $A-$B; pwd; false', service-context: web, environment: {B: check}}}
";

#[test]
fn a_check_runs_in_its_services_context() {
    case("checks-context", |case| {
        case.layer("a", CONTEXT);
        settled(case);
        refresh(case, "up");
        case.layer("a", "services: {web: {override: merge, working-dir: /usr/bin}}");
        settled(case);
        refresh(case, "up");
        look(case);
        // Pebble forgets the context of a check that a client starts, or runs while it is stopped. Ours is as the plan
        // says.
        act(case, "stop", &["up"]);
        let expected =
            if is_real() { "exit status 1; -check\n<dir>" } else { "exit status 1; service-check\n/usr/bin" };
        let expected = expected.replace("<dir>", case.path("").trim_end_matches('/'));
        let client = case.client();
        assert_eq!(client.refresh_check("up").unwrap().error, expected);
        client.start_checks(&["up"]).unwrap();
        assert_eq!(client.refresh_check("up").unwrap().error, expected);
    });
}

#[test]
fn a_check_runs_as_its_user_or_its_services() {
    if !testkit::needs_root() {
        return;
    }
    case("checks-user", |case| {
        case.layer("a", "
services:
  web: {override: replace, command: sleep 1000, user: nobody, group: nogroup}
checks:
  service: {override: replace, period: 1h, exec: {command: sh -c 'id -u; id -g; false', service-context: web}}
  own: {override: replace, startup: disabled, period: 1h, exec: {command: sh -c 'id -u; id -g; false', user: nobody}}
  number: {override: replace, startup: disabled, period: 1h, exec: {command: sh -c 'id -u; id -g; false', user-id: 65534, group-id: 1}}
");
        settled(case);
        for name in ["service", "own", "number"] {
            refresh(case, name);
        }
    });
}

/// Starts `web` and takes its check down.
fn goes_down(case: &mut Case, action: &str) {
    let web = format!("{{override: replace, command: sleep 1000, on-check-failure: {{up: {action}}}}}");
    let up = "{override: replace, startup: disabled, period: 1h, threshold: 1, exec: {command: 'false'}}";
    case.layer("a", &format!("services: {{web: {web}}}\nchecks: {{up: {up}}}"));
    case.services("start", &["web"]);
    act(case, "start", &["up"]);
    // A daemon that ends may not answer any more.
    case.client().refresh_check("up").ok();
}

#[test]
fn a_check_can_end_the_daemon() {
    at_once(["shutdown", "success-shutdown"], |action| {
        case(&format!("checks-{action}"), |case| {
            goes_down(case, action);
            let ended = case.ended();
            case.note("exit code", ended.code());
            // The failed change is logged at any time.
            let lines = crate::journal::log_lines(&case.printed()).into_iter();
            let lines = lines.filter(|line| !line.contains("(http") && !line.contains("Change 2 task"));
            case.note("log", lines.collect::<Vec<_>>());
        });
    });
}

#[test]
fn a_check_can_be_ignored() {
    case("checks-ignore", |case| {
        goes_down(case, "ignore");
        until("it is down", || (info(case, "up").status == "down").then_some(()));
        assert!(case.client().services(&["web"]).unwrap()[0].is_running());
        case.journal();
    });
}

#[test]
fn a_check_can_restart_a_service() {
    case("checks-restart", |case| {
        let check = "{override: replace, startup: disabled, period: 1h, threshold: 1, exec: {command: 'false'}}";
        let folder = case.path("");
        // It waits for its release after SIGTERM, so that the order of the log is known.
        let script =
            "trap 'until test -e released; do sleep 0.02; done; exit 0' TERM; echo began; while :; do sleep 0.02; done";
        let running = format!(
            "{{override: replace, command: \"sh -c \\\"{script}\\\"\", working-dir: {folder}, backoff-delay: 50ms, on-check-failure: {{running: restart}}}}"
        );
        let ends = |option: &str, check: &str| {
            format!(
                "{{override: replace, command: sh -c 'until test -e end; do sleep 0.02; done; exit 7', working-dir: {folder}, on-check-failure: {{{check}: restart}}, {option}}}"
            )
        };
        case.layer("a", &format!(
            "services:\n  running: {running}\n  pausing: {}\n  ended: {}\nchecks: {{running: {check}, pausing: {check}, ended: {check}}}\n",
            ends("backoff-delay: 1h", "pausing"), ends("on-failure: ignore, backoff-delay: 1h", "ended"),
        ));
        let client = case.client();
        let starts = || client.logs(&["running"], 9).unwrap().iter().filter(|line| line.message == "began").count();
        case.services("start", &["running"]);
        case.hears("running", "began");
        act(case, "start", &["running"]);
        // Pebble logs the one change that has no services.
        case.get("/v1/changes?select=all&for=running");
        turn(case, "running", "down");
        case.told("Change 2 task");
        case.get("/v1/services?names=running");
        case.release();
        until("it runs again", || (starts() == 2).then_some(()));
        case.get("/v1/services?names=running");
        for (name, state) in [("pausing", "Backoff"), ("ended", "Error")] {
            fs::remove_file(case.path("end")).ok();
            case.services("start", &[name]);
            fs::write(case.path("end"), "").unwrap();
            let reached = || (format!("{:?}", client.services(&[name]).unwrap()[0].current) == state).then_some(());
            until(&format!("{name} has ended"), reached);
            act(case, "start", &[name]);
            turn(case, name, "down");
            case.told(&format!("task (Perform exec check \"{name}\") failed"));
            case.get("/v1/services");
        }
        case.journal();
    });
}

#[test]
fn a_check_that_fails_while_its_service_starts_has_no_effect() {
    case("checks-early", |case| {
        case.layer(
            "a",
            "
services: {web: {override: replace, command: sleep 1000, on-check-failure: {up: shutdown}}}
checks: {up: {override: replace, startup: disabled, period: 1h, threshold: 1, exec: {command: 'false'}}}
",
        );
        // Not started at all.
        act(case, "start", &["up"]);
        turn(case, "up", "down");
        case.services("start", &["web"]);
        case.get("/v1/services");
        assert!(case.client().system_info().is_ok());
    });
}

#[test]
fn what_is_no_check_or_log_target_is_refused() {
    case("checks-refused", |case| {
        let layers = [
            "checks: {c: {override: replace}}",
            "checks: {c: }",
            "checks: {'': {override: replace, exec: {command: 'true'}}}",
            "checks: {c: {exec: {command: 'true'}}}",
            "checks: {c: {override: maybe, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, exec: {command: 'true', user: nosuch}}}",
            "checks: {c: {override: replace, exec: {command: 'true', group: nosuch}}}",
            "checks: {c: {override: replace, exec: {command: 'true', user: root, user-id: 5}}}",
            "checks: {c: {override: replace, exec: {command: 'true', service-context: none}}}",
            "checks: {c: {override: replace, exec: {command: 'unclosed \"quote'}}}",
            "checks: {c: {override: replace, exec: {}}}",
            "checks: {c: {override: replace, exec: {command: 'true'}, tcp: {port: 1}}}",
            "checks: {c: {override: replace, http: {}}}",
            "checks: {c: {override: replace, tcp: {host: a}}}",
            "checks: {c: {override: replace, tcp: {port: x}}}",
            "checks: {c: {override: replace, level: fine, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, startup: maybe, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, period: 0s, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, timeout: 0s, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, period: soon, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, threshold: x, exec: {command: 'true'}}}",
            "checks: {c: {override: replace, nonsense: 1, exec: {command: 'true'}}}",
            "services: {a: {override: replace, command: 'true', on-check-failure: {none: explode}}}",
            "log-targets: {t: }",
            "log-targets: {t: {override: replace}}",
            "log-targets: {t: {type: loki, location: x}}",
            "log-targets: {t: {override: replace, type: loki}}",
            "log-targets: {t: {override: replace, type: nonsense, location: x}}",
            "log-targets: {t: {override: replace, location: x}}",
            "log-targets: {t: {override: replace, type: loki, location: x, services: [none]}}",
            "log-targets: {t: {override: replace, type: loki, location: x, services: [-none]}}",
            "log-targets: {t: {override: replace, type: loki, location: x, labels: {pebble_x: a}}}",
            "log-targets: {t: {override: replace, type: loki, location: x, labels: [a]}}",
        ];
        for (n, layer) in layers.into_iter().enumerate() {
            let body = json!({"action": "add", "label": format!("l{n}"), "format": "yaml", "layer": layer});
            case.post("/v1/layers", &body);
        }
    });
}

#[test]
fn a_threshold_below_zero_is_reached_at_once() {
    case("checks-threshold", |case| {
        case.layer("a", "checks: {odd: {override: replace, startup: disabled, period: 1h, threshold: -1, exec: {command: 'false'}}}");
        case.get("/v1/checks");
        act(case, "start", &["odd"]);
        case.get("/v1/checks");
        turn(case, "odd", "down");
        look(case);
    });
}

#[test]
fn a_period_below_zero_ends_neither_daemon_nor_check() {
    let layer = "
checks:
  odd: {override: replace, startup: enabled, period: -1s, threshold: 1, exec: {command: 'sh -c \"echo ran; false\"'}}
  late: {override: replace, startup: enabled, period: 1h, timeout: -1s, exec: {command: 'true'}}
";
    let files = vec![("layers/001-first.yaml", layer.to_owned())];
    let how = Start { files, ..held() };
    if is_real() {
        // Go's timers panic.
        let mut daemon = crate::daemon::Daemon::begin(how);
        assert_eq!(daemon.ended().code(), Some(2));
        return assert!(daemon.printed().contains("panic: non-positive interval for NewTicker"));
    }
    let mut daemon = crate::daemon::Daemon::start(how);
    let client = daemon.client();
    assert_eq!(client.refresh_check("odd").unwrap().error, "exit status 1; ran");
    let late = client.refresh_check("late").unwrap();
    assert_eq!((late.info.failures, late.error.as_str()), (1, "check timed out after -1s"));
    until("it is down", || (client.checks(HealthLevel::Any, &["odd"]).unwrap()[0].status == "down").then_some(()));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn running_checks_end_with_the_daemon_and_begin_anew() {
    let layer = "checks: {up: {override: replace, period: 1h, threshold: 3, exec: {command: 'false'}}}";
    let files = vec![("layers/001-first.yaml", layer.to_owned())];
    case_with("checks-again", Start { files, ..held() }, |case| {
        settled(case);
        refresh(case, "up");
        case.stop();
        case.start_again();
        until("the old change has ended", || {
            let changes = case.client().changes(ChangeSelect::All, None).unwrap();
            changes.iter().any(|change| change.ready).then_some(())
        });
        settled(case);
        look(case);
        case.client().start_checks(&["up"]).unwrap();
        case.client().replan(MINUTE).unwrap();
        look(case);
    });
}
