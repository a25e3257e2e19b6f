//! Starts of the daemon: those that fail, and what the daemon finds in its folder.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::case::{Case, at_once, case, case_with, case_without, held, is_real, listener, over};
use crate::daemon::{Daemon, Start, is_root, until};
use crate::journal::log_lines;
use crate::raw;

/// Records the end of a daemon that does not start.
pub(crate) fn fails(name: &str, how: Start, hidden: &[(String, &'static str)]) {
    case_without(name, how, |case| {
        for (text, name) in hidden {
            case.hide(text, name);
        }
        let ended = case.ended();
        case.note("exit code", ended.code());
        // Requests have durations, and Pebble takes several identities in any order.
        let lines = log_lines(&case.printed()).into_iter();
        let lines = lines.filter(|line| !line.contains("(http") && !line.contains("user_updated"));
        case.note("printed", lines.collect::<Vec<_>>());
        // Pebble leaves one behind if it fails after it has made it.
        assert!(is_real() || !case.socket().exists());
    });
}

#[test]
fn a_daemon_that_can_not_start_says_why() {
    let taken = listener();
    let address = taken.local_addr().unwrap();
    let hidden = [(address.to_string(), "<taken>")];
    let twice = "identities: {a: {access: read, local: {user-id: 42}}, b: {access: read, local: {user-id: 42}}}";
    let bogus = "identities: {a: {access: bogus, local: {user-id: 42}}}";
    let file = |name: &'static str, text: &str| vec![(name, text.to_owned())];
    let cases = [
        ("bad-name", "", file("layers/001-a.yaml", "services: {}")),
        ("bad-file-name", "", file("layers/1-test.yaml", "")),
        ("bad-layer", "", file("layers/001-first.yaml", "services: {a: {override: replace}}")),
        ("bad-yaml", "", file("layers/001-first.yaml", "services: [")),
        ("bad-flag", "--nonsense", vec![]),
        ("word", "word", vec![]),
        ("state-cut", "", file(".pebble.state", "{")),
        ("state-text", "", file(".pebble.state", "x")),
        ("state-list", "", file(".pebble.state", "[]")),
        ("http-no-port", "--http=foo", vec![]),
        ("http-name", "--http=:no-such", vec![]),
        ("http-port", "--http=:99999", vec![]),
        ("http-below", "--http=:-1", vec![]),
        ("http-bracket", "--http=[::1", vec![]),
        ("http-colons", "--http=::1:80", vec![]),
        ("http-foreign", "--http=203.0.113.1:80", vec![]),
        ("http-taken", "--http=$TAKEN", vec![]),
        ("https-taken", "--https=$TAKEN", vec![]),
        ("args", "--args nope x", vec![]),
        ("identities-none", "--identities $DIR/none", vec![]),
        ("identities-twice", "--identities $DIR/file", file("file", twice)),
        ("identities-bogus", "--identities $DIR/file", file("file", bogus)),
    ];
    at_once(cases, |(name, arguments, files)| {
        let words = arguments.split_whitespace().map(|word| word.replace("$TAKEN", &address.to_string()));
        let how = Start { arguments: words.collect(), files, ..Start::default() };
        fails(&format!("start-{name}"), how, &hidden);
    });
}

#[test]
fn arguments_need_a_service() {
    for (arguments, why) in [
        (&["--args"][..], "--args requires a service name"),
        (&["--args", "a", ";", "--args", "a"], "--args provided more than once for \"a\" service"),
    ] {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        let mut daemon = Daemon::begin(Start { arguments, ..Start::default() });
        assert_eq!(daemon.ended().code(), Some(1));
        // Pebble starts first, and then looks at them.
        assert_eq!(daemon.printed().lines().next_back(), Some(&*format!("cannot run daemon: {why}")));
    }
}

#[test]
fn a_missing_folder_is_made_only_if_wanted() {
    let how = |arguments: &[&str]| Start {
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        folder: Some("a/b"),
        ..Start::default()
    };
    fails("start-missing", how(&[]), &[]);
    // A folder is made before an address is looked at.
    case_without("start-create", how(&["--create-dirs", "--http=foo"]), |case| {
        case.ended();
        let mode = fs::metadata(case.path("a/b")).unwrap().permissions().mode();
        case.note("mode", format!("{:o}", mode & 0o777));
    });
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    // Root may write everywhere, so that as root another user starts the daemon.
    let user = is_root().then_some(65534);
    if !testkit::needs(user.is_none() || readable(), "a program that another user can run") {
        return;
    }
    fails("start-unwritable", Start { user, unwritable: true, ..Start::default() }, &[]);
}

/// True if any user can run the program.
fn readable() -> bool {
    let program = testkit::pebble();
    let is_open =
        |path: &std::path::Path| fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o5 == 0o5);
    program.canonicalize().unwrap().ancestors().all(is_open)
}

#[test]
fn an_empty_state_is_a_new_one() {
    for text in ["", "{}"] {
        let files = vec![
            (".pebble.state", text.to_owned()),
            (
                "layers/001-first.yaml",
                "services: {web: {override: replace, command: sleep 1000, startup: enabled}}".to_owned(),
            ),
        ];
        let how = Start { files, ..Start::default() };
        if is_real() {
            // Pebble dies of a nil map, or refuses the empty file.
            let mut daemon = Daemon::begin(how);
            assert_ne!(daemon.ended().code(), Some(0), "{text:?}: {}", daemon.printed());
            continue;
        }
        let mut daemon = Daemon::start(how);
        until("the service runs", || daemon.printed().contains("Started default services").then_some(()));
        assert_eq!(daemon.stop().code(), Some(0), "{text:?}");
    }
}

#[test]
fn a_second_daemon_leaves_the_first_alone() {
    case("second", |case| {
        let second = case.spawn_second();
        case.note("exit code", second.0);
        case.note("printed", log_lines(&second.1));
        assert!(case.client().system_info().is_ok());
    });
}

#[test]
fn a_dead_daemons_socket_is_replaced() {
    case("start-socket", |case| {
        case.kill();
        assert!(case.socket().exists());
        case.start_again();
        let mode = |case: &Case| fs::metadata(case.socket()).unwrap().permissions().mode();
        case.note("mode", format!("{:o}", mode(case) & 0o777));
    });
}

#[test]
fn a_wildcard_is_both_families() {
    if !testkit::needs(TcpListener::bind(("::1", 0)).is_ok(), "a loopback address of IPv6") {
        return;
    }
    for host in ["", "0.0.0.0", "[::]"] {
        // A port that was just free; another process may take it before the daemon does.
        let (_daemon, port) = until("a port is free", || {
            let port = TcpListener::bind(("::", 0)).unwrap().local_addr().unwrap().port();
            let mut arguments = held().arguments;
            arguments.push(format!("--http={host}:{port}"));
            let mut daemon = Daemon::begin(Start { arguments, ..Start::default() });
            let answers = until("it answers or ends", || {
                daemon.client().system_info().map(|_| true).ok().or(daemon.has_ended().then_some(false))
            });
            answers.then_some((daemon, port))
        });
        for address in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
            let answer = until("the port answers", || raw::request_tcp(address.parse().unwrap(), "GET /v1/health", ""));
            assert_eq!(answer.status, 200, "{host:?} by {address}");
        }
    }
}

#[test]
fn given_arguments_replace_those_of_the_plan() {
    let layer = "services: {web: {override: replace, command: \"sh -c 'echo got $0; sleep 1000' [ default ]\"}}";
    let arguments = ["--args", "web", "given", ";", "--hold"].map(str::to_owned).to_vec();
    let how = Start { arguments, files: vec![("layers/001-first.yaml", layer.to_owned())], ..Start::default() };
    case_with("arguments", how, |case| {
        case.get("/v1/plan?format=yaml");
        case.services("start", &["web"]);
        case.hears("web", "got given");
    });
}

#[test]
fn identities_come_from_a_file() {
    let text = "identities:\n    bob:\n        access: admin\n        local:\n            user-id: 42\n";
    let arguments = ["--hold", "--identities", "$DIR/file"].map(str::to_owned).to_vec();
    case_with(
        "identities-file",
        Start { arguments, files: vec![("file", text.to_owned())], ..Start::default() },
        |case| {
            case.told("Updating admin user bob");
            until("they are replaced", || case.printed().contains("POST /v1/identities").then_some(()));
            case.get("/v1/identities");
            case.journal();
        },
    );
}

#[test]
fn some_signals_have_no_effect() {
    let mut daemon = Daemon::start(held());
    for signal in [
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::PIPE,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::VTALARM,
        Signal::PROF,
        Signal::IO,
        Signal::POWER,
        Signal::WINCH,
        Signal::URG,
    ] {
        daemon.signal(signal);
        assert!(daemon.client().system_info().is_ok(), "{signal:?}");
    }
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_hangup_ends_the_daemon_at_once() {
    use std::os::unix::process::ExitStatusExt;
    case("start-hangup", |case| {
        case.signal(Signal::HUP);
        let ended = case.ended();
        case.note("signal", ended.signal());
        case.note("code", ended.code());
        case.journal();
    });
}

#[test]
fn a_folder_is_copied_once() {
    use std::os::unix::fs::symlink;
    let source = tempfile::tempdir().unwrap();
    let path = |name: &str| source.path().join(name);
    fs::create_dir(path("layers")).unwrap();
    fs::write(path("layers/001-first.yaml"), "services: {a: {override: replace, command: sleep 1000}}").unwrap();
    symlink("/nope", path("link")).unwrap();
    let how = |arguments: &[&str]| Start {
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        folder: Some("own"),
        copy: Some(path("")),
        ..Start::default()
    };
    case_with("start-copy", how(&["--create-dirs", "--hold"]), |case| {
        case.get("/v1/services");
        case.note("link", fs::read_link(case.path("own/link")).unwrap());
        // A folder that is not empty stays as it is.
        fs::write(path("layers/002-b.yaml"), "services: {b: {override: replace, command: sleep 1000}}").unwrap();
        case.stop();
        case.start_again();
        case.get("/v1/services");
    });
}

#[test]
fn an_old_daemons_processes() {
    let mut daemon = Daemon::start(held());
    let client = daemon.client();
    let layer = "services: {web: {override: replace, command: sh -c 'echo $$; exec sleep 30'}}";
    client.add_layer("a", &layer.parse().unwrap(), false).unwrap();
    client.start(&["web"], std::time::Duration::from_secs(60)).unwrap();
    let process: u32 = client.logs(&["web"], 1).unwrap()[0].message.parse().unwrap();
    daemon.kill();
    daemon.start_again();
    let told = format!("Killed process {process}, which the last daemon left behind");
    if is_real() {
        // Pebble forgets them, and starts services beside them.
        assert!(crate::processes::lives(process));
        let pid = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
        return rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
    // Ours ends them first, so that each runs once.
    until("it is gone", || (!crate::processes::lives(process)).then_some(()));
    assert!(daemon.printed().contains(&told), "{}", daemon.printed());
}

#[test]
fn over_tcp_a_name_of_a_port_is_known() {
    // Port 7 is taken by no one on a loopback address of this process; without root it can't be bound.
    if !testkit::needs_root() {
        return;
    }
    let host = listener().local_addr().unwrap().ip();
    let mut arguments = held().arguments;
    arguments.push(format!("--http={host}:echo"));
    let how = Start { arguments, ..Start::default() };
    let daemon = Daemon::start(how);
    let answer = until("it answers", || raw::request_tcp((host, 7).into(), "GET /v1/health", ""));
    assert_eq!(answer.status, 200);
    let info = daemon.client().system_info().unwrap();
    assert_eq!(info.http_address, Some(format!("{host}:echo")));
    let (how, address) = over("--http");
    let daemon = Daemon::start(how);
    assert_eq!(daemon.client().system_info().unwrap().http_address, Some(address.to_string()));
}
