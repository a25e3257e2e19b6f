//! Machines with faults: the message names the fault and the remedy, and no files are left behind.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::support::{Desk, Ran, wait_until};

/// Runs the program from a shell that changes its surroundings first, in namespaces that `unshare` makes.
fn surrounded(desk: &Desk, unshare: &[&str], script: &str, args: &[&str]) -> Ran {
    let inner = desk.command(args);
    let mut outer = Command::new("unshare");
    outer.args(unshare).args(["sh", "-ec", &format!("{script}; exec \"$0\" \"$@\"")]);
    outer.arg(inner.get_program()).args(inner.get_args()).current_dir(desk.path());
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    desk.become_user(&mut outer);
    Ran::from(outer.output().unwrap())
}

/// Shell command that forbids more user namespaces below the shell's own.
const NO_USER_NAMESPACES: &str = "echo 0 > /proc/sys/user/max_user_namespaces";

fn nothing_is_left(desk: &Desk) {
    desk.assert_nothing_left(&desk.processes());
}

#[test]
fn without_user_namespaces_root_is_told_the_switch() {
    let desk = Desk::new();
    let project = desk.sample();
    let unshare = ["--user", "--map-root-user"];
    let ran = surrounded(&desk, &unshare, NO_USER_NAMESPACES, &["up", project.to_str().unwrap(), "--detach"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("does not let this root user make namespaces"), "{ran:?}");
    assert!(
        ran.err.contains("`sudo sysctl user.max_user_namespaces=10000`: the limit of namespaces is reached"),
        "{ran:?}"
    );
    nothing_is_left(&desk);
}

#[test]
fn without_user_namespaces_an_ordinary_user_is_told_the_switch() {
    let desk = Desk::of_ordinary_user();
    let project = desk.sample();
    let unshare = ["--user", "--map-current-user", "--keep-caps"];
    let ran = surrounded(&desk, &unshare, NO_USER_NAMESPACES, &["up", project.to_str().unwrap(), "--detach"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("does not let an ordinary user make namespaces"), "{ran:?}");
    assert!(
        ran.err.contains("`sudo sysctl user.max_user_namespaces=10000`: the limit of namespaces is reached"),
        "{ran:?}"
    );
    nothing_is_left(&desk);
}

#[test]
fn a_port_that_is_taken_is_told_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let desk = Desk::new();
    let ran = desk.run(&["up", desk.sample().to_str().unwrap(), "--detach", "--port", &port]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(&format!("cannot listen on port {port}: choose another with --port")), "{ran:?}");
    assert!(!ran.err.contains("building"), "{ran:?}");
    nothing_is_left(&desk);
}

#[test]
fn a_full_disk_is_told_with_what_frees_it() {
    let unshare = ["--user", "--map-root-user", "--mount"];
    for (variable, folder) in [("XDG_RUNTIME_DIR", "the model's"), ("XDG_CACHE_HOME", "the cache's")] {
        let desk = Desk::new().with_fresh_cache();
        fs::create_dir(desk.cache()).unwrap();
        let mount = format!("mount -t tmpfs -o size=40k,mode=0700 none \"${variable}\"");
        let project = desk.sample();
        let ran = surrounded(&desk, &unshare, &mount, &["up", project.to_str().unwrap(), "--detach"]);
        assert_eq!(ran.code, Some(1), "{folder}: {ran:?}");
        assert!(ran.err.to_lowercase().contains("no space left on device"), "{folder}: {ran:?}");
        assert!(ran.err.contains("free some space there, or have XDG_RUNTIME_DIR"), "{folder}: {ran:?}");
        nothing_is_left(&desk);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_another_choice() {
    let unshare = ["--user", "--map-root-user", "--mount"];
    for (variable, words) in [
        ("XDG_RUNTIME_DIR", "have XDG_RUNTIME_DIR (the model) and"),
        ("XDG_CACHE_HOME", "(XDG_CACHE_HOME names another folder): Read-only file system"),
    ] {
        let desk = Desk::new().with_fresh_cache();
        fs::create_dir(desk.cache()).unwrap();
        let mount = format!("mount -t tmpfs -o ro,mode=0700 none \"${variable}\"");
        let project = desk.sample();
        let ran = surrounded(&desk, &unshare, &mount, &["up", project.to_str().unwrap(), "--detach"]);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{variable}: {ran:?}");
        nothing_is_left(&desk);
    }
}

#[test]
fn without_a_home_to_write_in_the_cache_is_a_private_folder_of_tmp() {
    for is_there in [true, false] {
        let desk = Desk::of_ordinary_user();
        let owner = fs::metadata(desk.runtime()).unwrap().uid();
        assert_ne!(owner, 0);
        let home = desk.path().join("home");
        if is_there {
            fs::create_dir(&home).unwrap();
            fs::set_permissions(&home, fs::Permissions::from_mode(0o555)).unwrap();
        }
        let cache = Path::new("/tmp").join(format!("webcharm-cache-{owner}"));
        let was_there = cache.exists();
        let mut command = desk.command(&["up", desk.sample().to_str().unwrap()]);
        command.env("HOME", &home).env_remove("XDG_CACHE_HOME");
        let mut up = desk.start_command(&mut command);
        up.wait_for("building the rock");
        wait_until("the cache is made", || cache.exists());
        let found = fs::symlink_metadata(&cache).unwrap();
        up.signal(rustix::process::Signal::INT);
        up.end();
        if !was_there {
            fs::remove_dir_all(&cache).unwrap();
        }
        assert_eq!((found.uid(), found.mode() & 0o777, found.is_dir()), (owner, 0o700, true));
    }
}
