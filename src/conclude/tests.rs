use super::*;
use crate::memory::ServerMemory;
use crate::migration::MigrationInputs;
use crate::perform::Failure;
use crate::steps::{Action, OnSuccess, RelationWrite, Run, Step};
use juju::{Changes, RelationId, View};
use pebble::plan::Environment;
use pebble::types::{Change, Task};
use pebble::{Error, PathErrorKind};

fn run() -> Action {
    let environment = Environment::default();
    let (working_dir, timeout) = (None, std::time::Duration::from_secs(1));
    Action::Run(Run {
        purpose: "check the webserver configuration".into(),
        command: vec![],
        working_dir,
        as_workload: true,
        environment,
        timeout,
        tells: false,
        reports: false,
        service_context: None,
    })
}

fn actions() -> Vec<Action> {
    vec![
        Action::Stop { services: vec!["flask".to_owned()] },
        Action::MakeDir { path: "/var/log/flask".to_owned() },
        Action::Write { path: "/flask/gunicorn.conf.py".to_owned(), content: vec![], workload_owned: true },
        run(),
        Action::AddLayer(Box::default()),
        Action::Replan,
        Action::Reload { service: "flask".to_owned() },
    ]
}

fn failed_change() -> Error {
    let log = "2026-01-01T00:00:00Z INFO Most recent service output:\n    Traceback\n    KeyError: 'hunter2-key'\n\
        2026-01-01T00:00:00Z ERROR service start attempt: exited quickly with code 3, will restart";
    let task = Task {
        status: "Error".to_owned(),
        summary: "Start service \"flask\"".to_owned(),
        log: log.lines().map(str::to_owned).collect(),
        ..Task::default()
    };
    let err = Some("cannot perform the following tasks:\n- Start service \"flask\"".to_owned());
    Error::Change { change: Box::new(Change { err, tasks: vec![task], ..Change::default() }) }
}

/// Memory of a web server that was checked with these inputs.
fn checked(inputs: &str) -> Memory {
    let server = ServerMemory { inputs: inputs.to_owned(), at_start: String::new(), unheard: false };
    Memory { web_server: Some(server), ..Memory::default() }
}

/// Memory of a migration with these inputs.
fn migrated(inputs: &str) -> Memory {
    Memory { migration: Some(MigrationInputs::parse(inputs)), ..Memory::default() }
}

fn storing(memory: Memory) -> OnSuccess {
    OnSuccess { memory, ..OnSuccess::default() }
}

fn status_after(action: Action, failure: Failure) -> Status {
    let refused = Hold::blocked("cannot start flask");
    let step = Step::new(action, refused);
    let steps = Steps {
        judged: true,
        effects: vec![step],
        secrets: ["hunter2-key"].into_iter().collect(),
        on_success: storing(checked("done")),
        ports: BTreeSet::from([Port::tcp(8000)]),
        ..Steps::default()
    };
    let report = report(&Seen::nothing(), &steps, &Done { completed: 0, failure: Some(failure), ..Done::default() });
    assert_eq!((report.open.len(), report.memory), (0, Memory::default()), "no success is published");
    let status = report.status.unwrap();
    assert!(!status.message.contains("hunter2"), "{}", status.message);
    assert!(report.log.iter().all(|line| !line.contains("hunter2")), "{:?}", report.log);
    status
}

#[test]
fn a_remark_is_the_status_of_a_workload_without_a_hold() {
    let steps =
        |holds| Steps { judged: true, holds, remarks: vec!["a".to_owned(), "b".to_owned()], ..Steps::default() };
    let status = |holds| report(&Seen::nothing(), &steps(holds), &Done::default()).status.unwrap();
    assert_eq!(status(vec![]), Status { kind: StatusKind::Active, message: "a; b".to_owned() });
    assert_eq!(status(vec![Hold::waiting("c")]), Status::waiting("c"));
}

#[test]
fn pebble_away_is_waited_for_at_every_step() {
    for action in actions() {
        let away = Error::Connect { socket: "/s".into(), source: std::io::ErrorKind::ConnectionRefused.into() };
        let status = status_after(action.clone(), Failure::Pebble(away));
        assert_eq!(status, Status::waiting("Waiting for pebble ready"), "{action}");
        let midway = Error::Disconnected { what: "GET /v1/plan".to_owned(), source: None };
        let status = status_after(action.clone(), Failure::Pebble(midway));
        let message = format!("cannot {action}: cannot finish GET /v1/plan: Pebble went away midway");
        assert_eq!(status, Status::waiting(message));
    }
}

#[test]
fn a_refusal_of_pebble_names_the_step_and_the_reason() {
    for action in actions() {
        let api = Error::Api { kind: "generic-file-error".into(), status: 400, message: "no such user".into() };
        let path = Error::Path { kind: PathErrorKind::Generic, path: "/x".into(), message: "read-only".into() };
        let garbage = Error::Protocol { what: "POST /v1/exec".into(), source: pebble::Garbage::TooLong { limit: 1 } };
        let late = Error::Timeout { what: "the change".into(), after: std::time::Duration::from_secs(1) };
        let cannot = Error::Exec { command: "bash".into(), message: "not found".into() };
        for (error, reason) in
            [(api, "no such user"), (path, "read-only"), (garbage, "the answer"), (late, "1s"), (cannot, "not found")]
        {
            let status = status_after(action.clone(), Failure::Pebble(error));
            assert_eq!(status.kind, StatusKind::Blocked);
            assert!(status.message.starts_with(&format!("cannot {action}: ")), "{}", status.message);
            assert!(status.message.contains(reason), "{}", status.message);
        }
    }
}

#[test]
fn a_service_that_exits_at_once_is_reported_with_its_output() {
    let status = status_after(Action::Replan, Failure::Pebble(failed_change()));
    assert_eq!(status, Status::blocked("cannot start service flask: exited quickly with code 3: KeyError: '***'"));
}

#[test]
fn a_service_that_crashes_is_reported_with_the_line_that_says_why() {
    for (printed, expected) in [
        (
            "panic: APP_DSN is not set\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:13 +0x6a",
            "panic: APP_DSN is not set",
        ),
        ("(...)\n    at a (b:1:2)\n\nError: no file\n    at a (b:1:2)\n\nNode.js v20.20.2", "Error: no file"),
        (
            "  File \"/a.py\", line 1, in <module>\nKeyError: 'a'\n[1] [ERROR] Reason: Worker failed to boot.",
            "KeyError: 'a'",
        ),
    ] {
        let printed: String = printed.lines().map(|line| format!("\n    {line}")).collect();
        let log = format!(
            "1 INFO Most recent service output:{printed}\n2 ERROR service start attempt: exited quickly with code 2, will restart"
        );
        let summary = "Start service \"go\"".to_owned();
        let task = Task { status: "Error".to_owned(), summary, log: vec![log], ..Task::default() };
        let change = Box::new(Change { tasks: vec![task], ..Change::default() });
        let status = status_after(Action::Replan, Failure::Pebble(Error::Change { change }));
        assert_eq!(status.message, format!("cannot start service go: exited quickly with code 2: {expected}"));
    }
}

#[test]
fn a_change_that_fails_without_tasks_still_says_something() {
    let change = Change { err: Some("first\nsecond\n".to_owned()), ..Change::default() };
    let status = status_after(Action::Replan, Failure::Pebble(Error::Change { change: Box::new(change) }));
    assert_eq!(status, Status::blocked("cannot start flask: second"));
    let silent = Error::Change { change: Box::default() };
    let status = status_after(Action::Replan, Failure::Pebble(silent));
    assert_eq!(status, Status::blocked("cannot start flask: no reason given"));
}

#[test]
fn a_failed_command_has_its_steps_hold() {
    let failure = Failure::Exit { code: 1, output: "bad hunter2-key".to_owned() };
    assert_eq!(status_after(run(), failure), Status::blocked("cannot start flask"));
}

#[test]
fn output_of_an_application_is_shown_in_one_short_line() {
    let failure =
        Error::Api { kind: String::new(), status: 400, message: format!("a\u{1b}[2Jb\n{}", "x".repeat(9000)) };
    let status = status_after(Action::Replan, Failure::Pebble(failure));
    assert!(status.message.chars().count() <= LONGEST_MESSAGE + 1);
    assert!(status.message.chars().all(|letter| !letter.is_control()));
}

#[test]
fn success_opens_our_port_closes_others_and_stores_only_changed_values() {
    let steps = Steps {
        judged: true,
        ports: BTreeSet::from([Port::tcp(8000)]),
        on_success: storing(migrated("2").or(checked("1"))),
        ..Steps::default()
    };
    let seen = Seen { ports: BTreeSet::from([Port::tcp(80)]), memory: checked("1"), ..Seen::nothing() };
    let report = report(&seen, &steps, &Done::default());
    assert_eq!(report.status, Some(Status::active("")));
    assert_eq!(report.open, BTreeSet::from([Port::tcp(8000)]));
    assert_eq!(report.close, BTreeSet::from([Port::tcp(80)]));
    assert_eq!(report.memory, migrated("2"));
}

#[test]
fn writes_of_a_success_replace_those_of_the_same_relation() {
    let write = |id: u32, value: &str| {
        let mut changes = Changes::default();
        changes.app.set("is_port_open", value.to_owned());
        RelationWrite { view: View::empty("ingress", RelationId(id)), changes }
    };
    let effects = vec![Step::new(run(), Hold::blocked("x"))];
    let on_success = OnSuccess { relations: vec![write(1, "true")], ..OnSuccess::default() };
    let relations = vec![write(1, "false"), write(2, "false")];
    let steps = Steps { judged: true, effects, relations: relations.clone(), on_success, ..Steps::default() };
    let failed = Done { completed: 0, failure: Some(Failure::Pebble(failed_change())), ..Done::default() };
    assert_eq!(report(&Seen::nothing(), &steps, &failed).relations, relations);
    let done = Done { completed: 1, ..Done::default() };
    assert_eq!(report(&Seen::nothing(), &steps, &done).relations, [write(2, "false"), write(1, "true")]);
}

#[test]
fn an_event_that_ignores_the_workload_keeps_the_status() {
    assert_eq!(report(&Seen::nothing(), &Steps::default(), &Done::default()), Report::default());
}

/// Steps of which the last is an action's command, with the purpose `create the superuser`.
fn with_command() -> Steps {
    let Action::Run(run) = run() else { unreachable!() };
    let own = Action::Run(Run { purpose: "create the superuser".into(), ..run });
    let mut own = Step::new(own, Hold::blocked("cannot create the superuser"));
    own.on_success.action_result =
        Some(ActionResult::Results([("password".to_owned(), "hunter2-key".to_owned())].into()));
    let replan = Step::new(Action::Replan, Hold::blocked("cannot start django"));
    let secrets = ["hunter2-key"].into_iter().collect();
    Steps { judged: true, effects: vec![replan, own], secrets, ..Steps::default() }
}

fn answered(completed: usize, failure: Option<Failure>) -> (ActionResult, Status) {
    let report = report(&Seen::nothing(), &with_command(), &Done { completed, failure, ..Done::default() });
    (report.action_result.unwrap(), report.status.unwrap())
}

#[test]
fn a_failed_command_of_an_action_fails_the_action_and_keeps_the_status() {
    let output = "no such user\nhunter2-key\n".to_owned();
    let (action_result, status) = answered(1, Some(Failure::Exit { code: 1, output }));
    assert_eq!(action_result, ActionResult::Failure("no such user\n***\n".to_owned()));
    assert_eq!((status.kind, status.message.as_str()), (StatusKind::Active, ""));
    let long = format!("{}the end", "ü".repeat(9000));
    let (action_result, _) = answered(1, Some(Failure::Exit { code: 1, output: long }));
    let ActionResult::Failure(why) = action_result else { panic!("{action_result:?}") };
    assert!(why.chars().count() == 4000 && why.ends_with("the end"));
    let missing = Error::Path { path: "/app".to_owned(), kind: PathErrorKind::NotFound, message: "gone".to_owned() };
    let (action_result, status) = answered(1, Some(Failure::Pebble(missing)));
    assert!(
        matches!(&action_result, ActionResult::Failure(why) if why.starts_with("cannot create the superuser: ")),
        "{action_result:?}"
    );
    assert_eq!(status.kind, StatusKind::Active);
}

#[test]
fn an_action_succeeds_only_after_its_command() {
    let (action_result, _) = answered(2, None);
    assert!(matches!(&action_result, ActionResult::Results(results) if results["password"] == "hunter2-key"));
    assert!(!format!("{action_result:?} {:?}", with_command()).contains("hunter2-key"));
    let (action_result, status) = answered(0, Some(Failure::Pebble(failed_change())));
    assert!(
        matches!(&action_result, ActionResult::Failure(why) if why.starts_with("cannot create the superuser: cannot start service")),
        "{action_result:?}"
    );
    assert_eq!(status.kind, StatusKind::Blocked);
}

#[test]
fn a_change_that_still_runs_is_named_in_the_status() {
    let busy = Failure::Busy { what: "Replan service \"flask\"".to_owned(), id: "7".into() };
    let status = status_after(Action::Await { commands: vec![] }, busy);
    let message = "Waiting for an earlier change of Pebble's to end: Replan service \"flask\" (change 7); if it hangs, \
        delete the pod";
    assert_eq!(status, Status::waiting(message));
}

#[test]
fn a_command_that_cannot_start_is_reported_with_advice() {
    let task = |why: &str| format!("cannot perform the following tasks:\n- Execute command \"/m\" ({why})");
    for (message, said) in [
        (
            "cannot find executable \"bash\"".to_owned(),
            "cannot find executable \"bash\": it must be in the rock, and executable",
        ),
        (
            task("fork/exec /m: no such file or directory"),
            "/m: no such file or directory: the interpreter that its first line names must be in the rock",
        ),
        (
            task("fork/exec /m: exec format error"),
            "/m: exec format error: it must be a program, or begin with a line such as #!/bin/sh",
        ),
        (task("fork/exec /m: argument list too long"), "/m: argument list too long"),
        (task("exec: environment variable contains NUL"), "exec: environment variable contains NUL"),
        (String::new(), "no reason given"),
    ] {
        let status = status_after(run(), Failure::Pebble(Error::Exec { command: "/m".into(), message }));
        assert_eq!(status, Status::blocked(format!("cannot check the webserver configuration: {said}")));
    }
}

#[test]
fn a_rotation_fails_if_the_application_does_not_use_the_new_key() {
    let action_result = |failure: Option<Failure>| {
        let step = Step::new(Action::Replan, Hold::blocked("cannot start flask"));
        let success = ActionResult::Results([("status".to_owned(), "success".to_owned())].into());
        let on_success = OnSuccess { action_result: Some(success), ..OnSuccess::default() };
        let steps = Steps { judged: true, effects: vec![step], on_success, ..Steps::default() };
        let completed = usize::from(failure.is_none());
        report(&Seen::nothing(), &steps, &Done { completed, failure, ..Done::default() }).action_result.unwrap()
    };
    assert!(matches!(action_result(None), ActionResult::Results(_)));
    let ActionResult::Failure(why) = action_result(Some(Failure::Pebble(failed_change()))) else { panic!("a success") };
    let expected = "the key is rotated, but the application does not use it yet: cannot start service flask: ";
    assert!(why.starts_with(expected), "{why}");
}

#[test]
fn the_last_stored_value_replaces_those_of_steps() {
    let step = |value| Step { on_success: storing(checked(value)), ..Step::new(Action::Replan, Hold::blocked("")) };
    let steps = Steps {
        judged: true,
        effects: vec![step("half"), step("late")],
        on_success: storing(checked("whole")),
        ..Steps::default()
    };
    let seen = Seen { memory: checked("whole"), ..Seen::nothing() };
    let memory = |completed, failure| report(&seen, &steps, &Done { completed, failure, ..Done::default() }).memory;
    assert_eq!(memory(2, None), Memory::default(), "it's remembered already");
    assert_eq!(memory(1, Some(Failure::Silent)), checked("half"));
}
