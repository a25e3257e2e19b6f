//! Attacks by another user of the machine, who made a folder first or listens on a socket.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use rustix::process::Uid;

use crate::support::{Desk, Ran};

/// Ids of users that no machine has.
const VICTIM: u32 = 64_997;
const OTHER: u32 = 64_998;

#[track_caller]
fn is_root() -> bool {
    testkit::needs_root()
}

/// Becomes another user, in this thread only.
fn become_other() {
    let other = Uid::from_raw(OTHER);
    rustix::thread::set_thread_res_uid(other, other, other).unwrap();
}

fn configure(desk: &Desk, user: u32) -> Command {
    let mut command = desk.command(&["config", "flask-k8s", "flask-secret-key=hush"]);
    command.uid(user).gid(user);
    command
}

/// Makes the victim's folder, with a socket in it on which another user listens.
fn listening(base: &Path, model_owner: u32) -> UnixListener {
    let folder = base.join("local");
    fs::create_dir_all(&folder).unwrap();
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    let path = folder.join("control.socket");
    rustix::net::bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    for dir in [base, &folder] {
        chown(dir, Some(model_owner), Some(model_owner)).unwrap();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
    }
    thread::spawn(move || {
        become_other();
        rustix::net::listen(&socket, 8).unwrap();
        UnixListener::from(socket)
    })
    .join()
    .unwrap()
}

/// Bytes that the connecting processes have sent so far.
fn heard(listener: &UnixListener) -> String {
    listener.set_nonblocking(true).unwrap();
    let mut said = String::new();
    while let Ok((mut stream, _)) = listener.accept() {
        stream.read_to_string(&mut said).unwrap();
    }
    said
}

#[test]
fn a_model_s_folder_that_another_user_made_first_is_told_nothing() {
    if !is_root() {
        return;
    }
    let desk = Desk::new();
    fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let base = Path::new("/tmp").join(format!("webcharm-{VICTIM}"));
    let listener = listening(&base, OTHER);
    fs::set_permissions(&base, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(base.join("local"), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = configure(&desk, VICTIM);
    let ran = Ran::from(command.env_remove("XDG_RUNTIME_DIR").output().unwrap());
    let mut command = desk.command(&["down"]);
    let down = Ran::from(command.uid(VICTIM).gid(VICTIM).env_remove("XDG_RUNTIME_DIR").output().unwrap());
    let kept = base.join("local/control.socket").exists();
    let said = heard(&listener);
    fs::remove_dir_all(&base).unwrap();
    for ran in [&ran, &down] {
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("/tmp/webcharm-64997 belongs to another user"), "{ran:?}");
        assert!(ran.err.contains("set XDG_RUNTIME_DIR"), "{ran:?}");
    }
    assert_eq!((said.as_str(), kept), ("", true));
}

#[test]
fn a_cache_that_is_another_user_s_is_not_used() {
    if !is_root() {
        return;
    }
    let desk = Desk::new();
    let home = desk.path().join("cache-home");
    let cache = home.join("webcharm");
    fs::create_dir_all(&cache).unwrap();
    let refused = |what: &str| {
        let ran = Ran::from(desk.command(&["prune"]).env("XDG_CACHE_HOME", &home).output().unwrap());
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        assert!(ran.err.contains(&format!("the cache {} belongs to another user", cache.display())), "{what}: {ran:?}");
        assert!(ran.err.contains("set XDG_CACHE_HOME to a folder of your own"), "{what}: {ran:?}");
    };
    chown(&cache, Some(OTHER), Some(OTHER)).unwrap();
    refused("its folder");
    chown(&cache, Some(0), Some(0)).unwrap();
    chown(&home, Some(OTHER), Some(OTHER)).unwrap();
    refused("the folder it is in");
    chown(&home, Some(0), Some(0)).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    refused("its mode");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = Ran::from(desk.command(&["prune"]).env("XDG_CACHE_HOME", &home).output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_runtime_folder_that_is_another_user_s_is_not_used() {
    if !is_root() {
        return;
    }
    // Another id than in the test above, which makes a folder in `/tmp`.
    let (desk, victim) = (Desk::new(), VICTIM - 1);
    fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(desk.runtime(), Some(OTHER), Some(OTHER)).unwrap();
    let listener = listening(&desk.runtime().join("webcharm"), victim);
    let ran = Ran::from(configure(&desk, victim).output().unwrap());
    assert!(ran.code == Some(1) && ran.err.contains("no model \"local\" is up"), "{ran:?}");
    assert_eq!(heard(&listener), "");
    fs::remove_dir_all(desk.runtime().join("webcharm")).unwrap();
}

#[test]
fn a_socket_at_which_another_user_listens_is_told_nothing() {
    if !is_root() {
        return;
    }
    let desk = Desk::new();
    fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(desk.runtime(), Some(VICTIM), Some(VICTIM)).unwrap();
    let listener = listening(&desk.runtime().join("webcharm"), VICTIM);
    let ran = Ran::from(configure(&desk, VICTIM).output().unwrap());
    assert!(ran.code == Some(1) && ran.err.contains("the model's socket belongs to another user"), "{ran:?}");
    assert!(ran.err.contains("user 64998"), "{ran:?}");
    assert_eq!(heard(&listener), "");
    fs::remove_dir_all(desk.runtime().join("webcharm")).unwrap();
}

#[test]
fn another_user_who_gets_to_a_model_s_sockets_gets_no_answer() {
    if !is_root() {
        return;
    }
    let desk = Desk::new().with_charm("status-set active");
    let mut up = desk.start(&["up", desk.sample().to_str().unwrap()]);
    up.wait_for("hook start");
    let folder = desk.runtime().join("webcharm/local");
    for dir in [desk.path(), &desk.runtime(), folder.parent().unwrap(), &folder] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (name, question) in [
        ("control.socket", "{\"ask\":\"config\",\"app\":\"flask-k8s\"}\n"),
        ("agent.socket", "{\"context\":\"\",\"tool\":\"config-get\",\"args\":[],\"files\":{}}"),
    ] {
        let socket = folder.join(name);
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        let asked = move || {
            become_other();
            let mut stream = UnixStream::connect(socket).unwrap();
            let mut answer = String::new();
            // The other end may have closed the connection already.
            let _ = stream.write_all(question.as_bytes()).and_then(|()| stream.shutdown(Shutdown::Write));
            let _ = stream.read_to_string(&mut answer);
            answer
        };
        let answer = thread::spawn(asked).join().unwrap();
        assert!(answer.is_empty() || answer.contains("the other end of the socket is user 64998"), "{name}: {answer}");
    }
    fs::set_permissions(folder.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    up.signal(rustix::process::Signal::INT);
    up.end();
}
