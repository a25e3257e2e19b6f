//! Starts of the daemon: arguments, sockets, and errors that prevent it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use crate::daemon::{Daemon, command, folder, prefixed, until};

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
    let expected = "cannot run daemon: cannot listen on \"256.0.0.1:1\": listen tcp: lookup 256.0.0.1: no such host\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_broken_layer_or_state_is_told_and_ends_it() {
    for (name, text, told) in [
        ("layers/001-test.yaml", "services: [", "cannot load plan: cannot parse layer \"test\""),
        ("layers/1-test.yaml", "", "cannot load plan: invalid layer filename: \"1-test.yaml\""),
        (".pebble.state", "{", "cannot read state: unexpected EOF\n"),
        (".pebble.state", "x", "cannot read state: invalid character 'x' looking for beginning of value\n"),
        (
            ".pebble.state",
            "[]",
            "cannot read state: json: cannot unmarshal array into Go value of type state.marshalledState\n",
        ),
    ] {
        let folder = folder("");
        fs::write(folder.path().join(name), text).unwrap();
        let output = command(folder.path(), &[]).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && stderr.contains(told), "{name}: {stderr}");
    }
}

/// Output of a daemon that doesn't start.
fn refused(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(folder, arguments).stderr(std::process::Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    use std::os::unix::process::CommandExt;
    let folder = folder("");
    let mut command = command(folder.path(), &[]);
    command.stderr(std::process::Stdio::piped());
    // Root may write everywhere: as root another user runs a copy of the program, which that user can reach.
    let programs = tempfile::tempdir().unwrap();
    if rustix::process::geteuid().is_root() {
        let program = programs.path().join("pebble");
        fs::copy(env!("CARGO_BIN_EXE_pebble"), &program).unwrap();
        for path in [folder.path(), programs.path()] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        command = std::process::Command::new(program);
        command.arg("run").env("PEBBLE", folder.path()).env_remove("PEBBLE_SOCKET").uid(65534).gid(65534);
    } else {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    }
    let output = command.output().unwrap();
    let expected = format!("cannot run daemon: directory \"{}\" not writable\n", folder.path().display());
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), expected));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_failed_start_leaves_no_socket() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let http = format!("--http={address}");
    let identities =
        "identities:\n  a: {access: read, local: {user-id: 42}}\n  b: {access: read, local: {user-id: 42}}\n";
    let in_use = format!("cannot listen on \"{address}\": listen tcp {address}: bind: address already in use\n");
    let secured = [format!("--https={address}"), in_use.replace("cannot listen", "cannot TLS listen")];
    for (arguments, told) in [
        (&[][..], "cannot read state: unexpected EOF\n"),
        (&[&*http], &in_use),
        (&[&*secured[0]], &secured[1]),
        (&["--http=:no-such"], "cannot listen on \":no-such\": listen tcp: lookup tcp/no-such: unknown port\n"),
        (&["--http=foo"], "cannot listen on \"foo\": listen tcp: address foo: missing port in address\n"),
        (&["--args", "nope", "x"], "service \"nope\" not found in plan\n"),
        (
            &["--identities", "$/identities"],
            "cannot replace identities: cannot have multiple identities with user ID 42 (a, b)\n",
        ),
        (&["--identities", "$/none"], "cannot read identities: open $/none: no such file or directory\n"),
    ] {
        let folder = folder("");
        let directory = folder.path().to_str().unwrap();
        if arguments.is_empty() {
            fs::write(folder.path().join(".pebble.state"), "{").unwrap();
        }
        fs::write(folder.path().join("identities"), identities).unwrap();
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace('$', directory)).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, stderr) = refused(folder.path(), &arguments);
        assert!(code == Some(1) && stderr.ends_with(&told.replace('$', directory)), "{arguments:?}: {stderr}");
        assert!(!folder.path().join(".pebble.socket").exists(), "{arguments:?}");
    }
}

#[test]
fn empty_state_files_are_new_states() {
    for text in ["", "{}"] {
        let folder = folder(SLEEPER);
        fs::write(folder.path().join(".pebble.state"), text).unwrap();
        let command = command(folder.path(), &[]);
        let mut daemon = Daemon::spawn(folder, command);
        until("the service runs", || daemon.stderr().contains("Started default services").then_some(()));
        assert_eq!(daemon.stop().code(), Some(0), "{text:?}");
    }
}

#[test]
fn a_copied_folder_has_the_modes_of_new_files() {
    use std::os::unix::fs::symlink;
    let parent = tempfile::tempdir().unwrap();
    let [source, target] = ["source", "target"].map(|name| parent.path().join(name));
    fs::create_dir_all(source.join("layers")).unwrap();
    fs::write(source.join("layers/001-test.yaml"), SLEEPER).unwrap();
    symlink("/nope", source.join("link")).unwrap();
    for (path, mode) in [("layers/001-test.yaml", 0o600), ("layers", 0o700)] {
        fs::set_permissions(source.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(source.join("run"), "").unwrap();
    fs::set_permissions(source.join("run"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::create_dir(&target).unwrap();
    let umask = ["sh", "-c", "umask 027; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_pebble")];
    let mut command = prefixed(&umask, parent.path(), &["--hold"]);
    command
        .env("PEBBLE", &target)
        .env("PEBBLE_COPY_ONCE", &source)
        .env("PEBBLE_SOCKET", parent.path().join(".pebble.socket"));
    let mut daemon = Daemon::spawn(parent, command);
    assert_eq!(daemon.client().services(&[]).unwrap().len(), 1);
    let mode = |path: &str| fs::symlink_metadata(target.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["layers", "layers/001-test.yaml", "run"].map(mode), [0o750, 0o640, 0o750]);
    assert_eq!(fs::read_link(target.join("link")).unwrap(), Path::new("/nope"));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_wildcard_is_both_families() {
    use std::net::TcpListener;
    let has_both = TcpListener::bind(("::1", 0)).is_ok();
    if !testkit::needs(has_both, "a loopback address of IPv6") {
        return;
    }
    for host in ["", "0.0.0.0", "[::]"] {
        // A port that was just free; another process may take it before the daemon does.
        let daemon = until("a port is free", || {
            let port = TcpListener::bind(("::", 0)).unwrap().local_addr().unwrap().port();
            let folder = folder("");
            let mut command = command(folder.path(), &["--hold", &format!("--http={host}:{port}")]);
            let mut daemon = Daemon { child: command.spawn().unwrap(), folder };
            let client = daemon.client();
            let answers = until("it answers or ends", || {
                client.system_info().map(|_| true).ok().or(daemon.child.try_wait().unwrap().map(|_| false))
            });
            answers.then_some((daemon, port))
        });
        for address in ["127.0.0.1", "[::1]"] {
            let url = format!("http://{address}:{}/v1/health", daemon.1);
            assert_eq!(http_client::status(&url).unwrap().as_u16(), 200, "{host:?} by {address}");
        }
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
