//! Starts of the daemon: arguments, sockets, and errors that prevent it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::daemon::{Daemon, command, folder, until};

const SLEEPER: &str = "services:\n  web:\n    override: replace\n    command: sleep 1000\n    startup: enabled\n";

#[test]
fn a_second_start_refuses_and_leaves_the_first_alone() {
    let daemon = Daemon::start(SLEEPER, &["--hold"]);
    daemon.client().start(&["web"], Duration::from_secs(60)).unwrap();
    let state = fs::read(daemon.folder.path().join(".pebble.state")).unwrap();
    let output = command(daemon.folder.path(), &[]).stderr(std::process::Stdio::piped()).output().unwrap();
    let expected = format!(
        "cannot run daemon: when trying to listen on {0}: socket \"{0}\" already in use\n",
        daemon.socket().display()
    );
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), expected));
    assert_eq!(fs::read(daemon.folder.path().join(".pebble.state")).unwrap(), state);
    assert!(daemon.client().services(&["web"]).unwrap()[0].is_running());
}

#[test]
fn a_dead_daemons_socket_is_replaced() {
    let folder = folder("");
    drop(UnixListener::bind(folder.path().join(".pebble.socket")).unwrap());
    let command = command(folder.path(), &[]);
    let daemon = Daemon::spawn(folder, command);
    let mode = fs::metadata(daemon.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
}

#[test]
fn makes_its_folder_only_if_told_to() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pebble"));
        command.arg("run").args(arguments).env("PEBBLE", &path).env_remove("PEBBLE_SOCKET");
        command.output().unwrap()
    };
    let output = run(&[]);
    let expected = format!("cannot run daemon: directory \"{}\" does not exist\n", path.display());
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), expected));
    // An unusable address ends the daemon after it has made the folder.
    let output = run(&["--create-dirs", "--http=256.0.0.1:1"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot listen on \"256.0.0.1:1\""));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_broken_layer_or_state_is_told_and_ends_it() {
    for (name, text, told) in [
        ("layers/001-test.yaml", "services: [", "cannot load plan: cannot parse layer \"test\""),
        ("layers/1-test.yaml", "", "cannot load plan: invalid layer filename: \"1-test.yaml\""),
        (".pebble.state", "{", "cannot read state: EOF"),
    ] {
        let folder = folder("");
        fs::write(folder.path().join(name), text).unwrap();
        let output = command(folder.path(), &[]).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && stderr.contains(told), "{name}: {stderr}");
    }
}

#[test]
fn arguments_replace_the_plans_defaults() {
    let layer = "services:\n  web:\n    override: replace\n    command: sh -c 'echo got $0; sleep 1000' [ default ]\n";
    let daemon = Daemon::start(layer, &["--args", "web", "given", ";", "--hold"]);
    assert_eq!(daemon.client().plan().unwrap().services["web"].command, "sh -c 'echo got $0; sleep 1000' [ given ]");
    daemon.client().start(&["web"], Duration::from_secs(60)).unwrap();
    let line = until("it prints", || daemon.client().logs(&["web"], 1).unwrap().pop());
    assert_eq!(line.message, "got given");
}

#[test]
fn serves_only_the_public_part_over_http() {
    use std::net::TcpListener;
    // A port that was just free (with port 0 the daemon's choice would be unknown), on a loopback address of this
    // process's own, so that no other test takes it.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = TcpListener::bind((format!("127.77.{high}.{low}"), 0)).unwrap().local_addr().unwrap();
    let daemon = Daemon::start("", &["--hold", &format!("--http={address}")]);
    let status = |path: &str| http_client::status(&format!("http://{address}{path}")).unwrap().as_u16();
    assert_eq!([status("/v1/health"), status("/v1/services")], [200, 401]);
    assert!(daemon.stderr().contains(&format!("HTTP API server listening on \"{address}\".")));
}
