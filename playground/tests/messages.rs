//! Messages of failures: the fault and the remedy.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::{Desk, Ran, names};

fn refused(desk: &Desk, args: &[&str], words: &[&str]) {
    let ran = desk.run(args);
    assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
    for word in words {
        assert!(ran.err.contains(word), "{args:?}: no {word:?} in {ran:?}");
    }
    assert_eq!(names(&desk.runtime()), [""; 0], "{args:?} leaves nothing");
}

#[test]
fn folders_that_are_no_project() {
    let desk = Desk::new();
    let folder = |name: &str| {
        let path = desk.path().join(name);
        fs::create_dir(&path).unwrap();
        path.display().to_string()
    };
    refused(&desk, &["up", "/no/such/folder"], &["there is no folder /no/such/folder"]);
    refused(&desk, &["up", &folder("empty")], &["no rockcraft.yaml builds", "empty", "`webcharm init FOLDER`"]);
    let users = desk.run(&["up", "/etc/passwd"]);
    assert!(users.code == Some(1) && !users.err.contains("root:"), "a file's content is not quoted: {users:?}");
    refused(&desk, &["up", "/etc/passwd"], &["/etc/passwd is no rock", "application's folder or a rock"]);
    let rock = folder("rock");
    fs::write(format!("{rock}/rockcraft.yaml"), "name: app").unwrap();
    refused(&desk, &["up", &rock], &["there is no charmcraft.yaml for", "charm/", "`webcharm init FOLDER`"]);
    fs::write(format!("{rock}/charmcraft.yaml"), "name: x\ncontainers: {app: {}}").unwrap();
    refused(&desk, &["up", &rock], &["charmcraft.yaml: a charm needs a base and platforms: write `base"]);
    let declared = "name: x\nbase: ubuntu@24.04\nplatforms: {amd64: }\ncontainers: [app]\n";
    fs::write(format!("{rock}/charmcraft.yaml"), declared).unwrap();
    refused(&desk, &["up", &rock], &["charmcraft.yaml:4: containers must be a mapping"]);
    fs::create_dir(format!("{rock}/docs")).unwrap();
    for verb in ["up", "lint", "pack"] {
        refused(&desk, &[verb, &format!("{rock}/docs")], &[&format!("name {rock}, which has one, or")]);
    }
    let service = "name: app\nservices:\n  web:\n    comand: app\n";
    fs::write(format!("{rock}/rockcraft.yaml"), service).unwrap();
    let key = "rockcraft.yaml:4: services.web: `comand` is no key of a Pebble service: write `command`";
    refused(&desk, &["up", &rock], &["this rock can't be built", key]);
}

#[test]
fn files_that_are_no_text_and_settings_that_would_fail_every_hook() {
    let desk = Desk::new();
    let project = desk.sample();
    let (folder, path) = (project.display().to_string(), |file: &str| project.join(file));
    fs::write(path("paas-config.yaml"), "metrics: 1\n").unwrap();
    refused(&desk, &["up", &folder], &["paas-config.yaml:1: paas-config.yaml has no key metrics"]);
    for file in ["paas-config.yaml", "webcharm.yaml", "charmcraft.yaml"] {
        fs::write(path(file), b"a: 1\nb: \xff\n").unwrap();
        for verb in ["up", "lint", "pack"] {
            refused(&desk, &[verb, &folder], &[&format!("{file} is no UTF-8 text, in line 2: save it as UTF-8")]);
        }
        fs::remove_file(path(file)).unwrap();
    }
}

#[test]
fn a_port_that_is_taken() {
    let desk = Desk::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let sample = desk.sample().display().to_string();
    refused(&desk, &["up", &sample, "--port", &port], &["cannot listen on port", &port, "--port", "in use"]);
}

#[test]
fn verbs_without_a_model() {
    let desk = Desk::new();
    for args in [&["status"][..], &["config", "flask-k8s"], &["debug-log"], &["down"]] {
        refused(&desk, args, &["no model \"local\" is up", "webcharm up"]);
    }
    refused(&desk, &["status", "--model", "No Name"], &["lower-case letters"]);
}

#[test]
fn a_supervisor_that_is_not_there_and_one_that_is_none() {
    let desk = Desk::new();
    let sample = desk.sample().display().to_string();
    refused(&desk, &["up", &sample, "--pebble", "/no/such/pebble"], &["no supervisor /no/such/pebble"]);
    refused(&desk, &["up", &sample, "--pebble", "/bin/false"], &["the pod ended at once"]);
}

/// Forbids namespaces as an administrator can, in a user namespace of the test's own.
#[test]
fn namespaces_that_are_forbidden() {
    let desk = Desk::new();
    let sample = desk.sample();
    let program = desk.command(&[]).get_program().to_owned();
    let script = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$0\" up \"$1\"";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", script])
        .arg(&program)
        .arg(&sample)
        .env("XDG_RUNTIME_DIR", desk.runtime())
        .env("XDG_CACHE_HOME", desk.cache())
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("namespaces") && ran.err.contains("sysctl user.max_net_namespaces"), "{ran:?}");
    assert_eq!(names(&desk.runtime()), [""; 0]);
}

#[test]
fn called_as_a_hook_tool_it_is_one() {
    let desk = Desk::new();
    let tool = desk.path().join("config-get");
    symlink(desk.command(&[]).get_program(), &tool).unwrap();
    let ran = Ran::from(Command::new(&tool).env_clear().output().unwrap());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("JUJU_AGENT_SOCKET_ADDRESS"), "{ran:?}");
}

#[test]
fn a_charm_packed_twice_is_the_same() {
    let desk = Desk::new();
    let sample = desk.sample().display().to_string();
    let first = desk.path().join("first.charm");
    desk.ok(&["pack", &sample, "--output", first.to_str().unwrap()]);
    assert_eq!(desk.ok(&["pack", &sample]), "flask-k8s_amd64.charm\n");
    assert_eq!(fs::read(&first).unwrap(), fs::read(desk.path().join("flask-k8s_amd64.charm")).unwrap());
    refused(&desk, &["pack", "/no/such/folder"], &["cannot read /no/such/folder: No such file or directory"]);
    refused(&desk, &["pack", desk.path().to_str().unwrap()], &["no charmcraft.yaml"]);
}

#[test]
fn a_charm_s_name_makes_no_folder_outside_of_the_model_s() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, words) in [
        ("name: flask-k8s", "name: ../../x", "charmcraft.yaml has the name ../../x"),
        ("  flask-app-image:\n", "  ../../x:\n", "calls a resource \"../../x\""),
    ] {
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let ran = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{ran:?}");
        assert_eq!(names(&desk.runtime()), [""; 0]);
    }
}

#[test]
fn a_charm_that_does_not_fit_is_one_message_and_leaves_no_file() {
    let desk = Desk::new();
    let sample = desk.sample().display().to_string();
    let program = desk.command(&[]).get_program().to_owned();
    // A limit of one block for each file stands for a full disk, and needs no rights.
    let script = "ulimit -f 1; trap '' XFSZ; exec \"$@\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(program).args(["pack", &sample]).current_dir(desk.path());
    let ran = shell.output().unwrap();
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert_eq!(told.lines().filter(|line| !line.contains("advice:")).count(), 1, "{told}");
    assert!(told.contains("cannot write flask-k8s_amd64.charm: File too large"), "{told}");
    assert!(!names(desk.path()).iter().any(|name| name.contains(".tmp") || name.ends_with(".charm")), "{told}");
}
