//! Commands in the container.

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use pebble::Error;
use pebble::types::{ChangeSelect, ExecOptions, ExecOutput};
use serde_json::json;

use crate::case::{Case, case, is_real};
use crate::daemon::until;
use crate::go_client::{self, Ended};

const MINUTE: Duration = Duration::from_secs(60);

fn sh(script: &str) -> ExecOptions {
    ExecOptions { timeout: Some(MINUTE), ..ExecOptions::new(["sh", "-c", script]) }
}

thread_local! {
    /// Commands that the test's case has run, and what came of them.
    static RUNS: RefCell<Vec<(ExecOptions, Option<ExecOutput>)>> = const { RefCell::new(Vec::new()) };
}

/// Runs the commands of the case once more as Pebble's own client does: each must end alike. Last in its case, since the
/// answers are not recorded.
fn again_by_pebbles_client(case: &Case) {
    for (options, output) in RUNS.take() {
        let request = json!({
            "command": options.command, "environment": options.environment,
            "service-context": options.service_context.unwrap_or_default(),
            "working-dir": options.working_dir.unwrap_or_default(), "user-id": options.user_id,
            "user": options.user.unwrap_or_default(), "group-id": options.group_id,
            "group": options.group.unwrap_or_default(), "split-stderr": !options.combine_stderr,
            "timeout": options.timeout.map(|limit| format!("{}ms", limit.as_millis())).unwrap_or_default(),
        });
        let ended = go_client::exec(&case.socket(), &request, &options.stdin.unwrap_or_default());
        match output {
            None => assert!(ended.is_err(), "{request}: {ended:?}"),
            Some(output) => {
                let ExecOutput { exit_code, stdout, stderr, .. } = output;
                assert_eq!(ended, Ok(Ended { code: exit_code.into(), stdout, stderr }), "{request}");
            }
        }
    }
}

/// Runs a command and records its result.
fn run(case: &mut Case, what: &str, options: &ExecOptions) -> Result<(), Error> {
    let output = case.client().exec(options);
    RUNS.with_borrow_mut(|runs| runs.push((options.clone(), output.as_ref().ok().cloned())));
    let output = output.map(|output| {
        json!({
            "exit-code": output.exit_code,
            "stdout": String::from_utf8_lossy(&output.stdout),
            "stderr": String::from_utf8_lossy(&output.stderr),
        })
    });
    case.typed(what, output).map(drop)
}

#[test]
fn codes_and_outputs() {
    case("exec", |case| {
        run(case, "true", &ExecOptions::new(["true"])).unwrap();
        run(case, "code 7", &sh("exit 7")).unwrap();
        run(case, "both outputs", &sh("echo out; echo err >&2; exit 1")).unwrap();
        run(case, "combined", &ExecOptions { combine_stderr: true, ..sh("echo out; echo err >&2") }).unwrap();
        run(case, "killed", &sh("kill -9 $$")).unwrap();
        run(case, "input", &ExecOptions { stdin: Some(b"one\ntwo\n".to_vec()), ..ExecOptions::new(["cat", "-n"]) })
            .unwrap();
        run(case, "no input", &ExecOptions::new(["cat"])).unwrap();
        run(case, "input unread", &ExecOptions { stdin: Some(vec![b'x'; 300_000]), ..ExecOptions::new(["true"]) })
            .unwrap();
        case.get("/v1/changes?select=all");
        again_by_pebbles_client(case);
    });
}

#[test]
fn environment_and_folder() {
    case("exec-environment", |case| {
        case.layer("a", &format!("services: {{a: {{override: replace, command: 'true', environment: {{A: service, B: service}}, working-dir: {}}}}}", case.path("")));
        let environment =
            [("A".to_owned(), "given".to_owned()), ("C".to_owned(), "x y".to_owned())].into_iter().collect();
        let show = "echo $A-$B-$C; pwd";
        run(case, "given", &ExecOptions { environment, working_dir: Some("/usr".to_owned()), ..sh(show) }).unwrap();
        let context = ExecOptions { service_context: Some("a".to_owned()), ..sh(show) };
        run(case, "of a service", &context).unwrap();
        let environment = [("A".to_owned(), "given".to_owned())].into_iter().collect();
        run(case, "of a service, with more", &ExecOptions { environment, ..context }).unwrap();
        run(case, "of itself", &sh("echo $PATH; echo $LANG; pwd; env | cut -d= -f1 | grep -vx USER | sort")).unwrap();
        run(case, "unknown service", &ExecOptions { service_context: Some("none".to_owned()), ..sh("true") })
            .unwrap_err();
        run(case, "unknown folder", &ExecOptions { working_dir: Some("/no/such".to_owned()), ..sh("true") })
            .unwrap_err();
        again_by_pebbles_client(case);
    });
}

#[test]
fn what_can_not_start_or_takes_too_long() {
    case("exec-refused", |case| {
        let error = run(case, "unknown", &ExecOptions::new(["no-such-program"])).unwrap_err();
        assert!(matches!(error, Error::Exec { .. }), "{error:?}");
        run(case, "no program", &ExecOptions::new(["/etc/passwd"])).unwrap_err();
        run(case, "no command", &ExecOptions::default()).unwrap_err();
        let slow = ExecOptions { timeout: Some(Duration::from_secs(2)), ..ExecOptions::new(["sleep", "1000"]) };
        let error = run(case, "too slow", &slow).unwrap_err();
        assert!(matches!(error, Error::ExecTimeout { .. }), "{error:?}");
        let spoken = ExecOptions { timeout: Some(Duration::from_secs(2)), ..sh("echo early; exec sleep 1000") };
        run(case, "too slow but spoken", &spoken).unwrap_err();
        for body in [
            json!({}),
            json!({"command": ["true"], "timeout": "nonsense"}),
            json!({"command": ["true"], "user": "no-such-user"}),
            json!({"command": ["true"], "group": "no-such-group"}),
            json!({"command": "true"}),
        ] {
            case.post("/v1/exec", &body);
        }
        case.get("/v1/changes?select=all");
        again_by_pebbles_client(case);
    });
}

#[test]
fn what_the_system_does_not_start() {
    case("exec-not-started", |case| {
        for (name, text) in [("interpreter", "#!/no/such/interpreter\n"), ("format", "neither script nor program\n")] {
            let path = case.path(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            for combine_stderr in [false, true] {
                let options = ExecOptions { combine_stderr, ..ExecOptions::new([path.as_str()]) };
                let error = run(case, name, &options).unwrap_err();
                assert!(matches!(error, Error::Exec { .. }), "{error:?}");
            }
        }
        for (what, value) in [("a long variable", "x".repeat(200_000)), ("a zero in a variable", "a\0b".to_owned())] {
            let environment = [("A".to_owned(), value)].into_iter().collect();
            let options = ExecOptions { environment, ..ExecOptions::new(["true"]) };
            let error = run(case, what, &options).unwrap_err();
            assert!(matches!(error, Error::Exec { .. }), "{error:?}");
        }
        run(case, "a zero in an argument", &ExecOptions::new(["echo", "a\0b"])).unwrap_err();
        again_by_pebbles_client(case);
    });
}

#[test]
fn what_exec_answers_at_once() {
    case("exec-begun", |case| {
        let begun = case.post(
            "/v1/exec",
            &json!({"command": ["true"], "environment": {"PATH": "/bin", "LANG": "C.UTF-8", "HOME": "/", "USER": "me"}}),
        );
        let task = begun["result"]["task-id"].as_str().unwrap().to_owned();
        case.get(&format!("/v1/tasks/{task}/websocket/nonsense"));
        case.get(&format!("/v1/tasks/{task}/websocket/stderr"));
        case.get("/v1/tasks/999/websocket/stdio");
        case.layer("a", "services: {a: {override: replace, command: 'false'}}");
        case.services("start", &["a"]);
        case.get("/v1/tasks/2/websocket/stdio");
    });
}

#[test]
fn much_and_binary_input_comes_back_whole() {
    case("exec-much", |case| {
        let input: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let output =
            case.client().exec(&ExecOptions { stdin: Some(input.clone()), ..ExecOptions::new(["cat"]) }).unwrap();
        assert!(output.stdout == input, "{} bytes came back of {}", output.stdout.len(), input.len());
        let ended = go_client::exec(&case.socket(), &json!({"command": ["cat"]}), &input).unwrap();
        assert!(ended.code == 0 && ended.stdout == input, "{} bytes came back", ended.stdout.len());
        let both = sh("head -c 1000000 /dev/zero >&2; head -c 1000001 /dev/zero");
        let output = case.client().exec(&both).unwrap();
        case.note("sizes", [output.stdout.len(), output.stderr.len()]);
    });
}

#[test]
fn commands_run_side_by_side() {
    case("exec-parallel", |case| {
        let client = case.client();
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| case.client().exec(&sh("read line; exit $?")).unwrap().exit_code);
            for n in 0..10 {
                let output = client.exec(&sh(&format!("echo {n}"))).unwrap();
                assert_eq!(output.stdout, format!("{n}\n").into_bytes());
            }
            assert_eq!(slow.join().unwrap(), 1);
        });
        // Five each: exec, three websockets, wait.
        assert_eq!(client.requests(), 50);
        case.note("ran", 11);
    });
}

#[test]
fn a_command_runs_as_its_user() {
    if !testkit::needs_root() {
        return;
    }
    case("exec-user", |case| {
        let who = "id -u; id -g; echo $HOME; pwd; echo $USER";
        let name = ExecOptions { user: Some("daemon".to_owned()), group: Some("daemon".to_owned()), ..sh(who) };
        run(case, "by name", &name).unwrap();
        run(case, "by number", &ExecOptions { user_id: Some(1), group_id: Some(1), ..sh(who) }).unwrap();
        run(case, "user only", &ExecOptions { user: Some("daemon".to_owned()), ..sh(who) }).unwrap();
        run(case, "group only", &ExecOptions { group: Some("daemon".to_owned()), ..sh(who) }).unwrap_err();
        run(case, "torn", &ExecOptions { user_id: Some(2), ..name }).unwrap_err();
        again_by_pebbles_client(case);
    });
}

#[test]
fn a_user_without_a_home_has_to_run_elsewhere() {
    if !testkit::needs_root() {
        return;
    }
    if !testkit::needs(!std::fs::exists("/nonexistent").unwrap(), "a user `nobody` without a home") {
        return;
    }
    case("exec-homeless", |case| {
        let homeless =
            ExecOptions { user: Some("nobody".to_owned()), ..sh("id -u; id -g; echo $HOME; pwd; echo $USER") };
        run(case, "without a home", &homeless).unwrap_err();
        run(case, "without a home, elsewhere", &ExecOptions { working_dir: Some("/".to_owned()), ..homeless }).unwrap();
        again_by_pebbles_client(case);
    });
}

#[test]
fn commands_end_with_the_daemon() {
    case("exec-ending", |case| {
        let process = case.path("process");
        let script = format!("echo $$ > {process}.new; mv {process}.new {process}; exec sleep 1000");
        let client = case.client();
        let running = std::thread::spawn(move || client.exec(&sh(&script)));
        let process: u32 = until("the command runs", || std::fs::read_to_string(&process).ok()?.trim().parse().ok());
        let ended = case.stop();
        until("the command is gone", || (!crate::processes::lives(process)).then_some(()));
        // Pebble answers the client's open request, or gives it up and counts that as an error of its own.
        match running.join().unwrap() {
            Err(error) => assert!(error.is_unreachable() && (is_real() || ended.success()), "{error:?}, {ended}"),
            Ok(output) => assert!(is_real() && output.exit_code == 137, "{output:?}"),
        }
        case.start_again();
        until("its change is over", || {
            case.client().changes(ChangeSelect::InProgress, None).unwrap().is_empty().then_some(())
        });
        case.get("/v1/changes?select=all");
    });
}
