//! Charms of the author's own: without a framework, on a machine or beside a container, with a script as their program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::Desk;

const KEYS: &str = "type: charm\nsummary: Keeps files\ndescription: Keeps files.\nbase: ubuntu@24.04\nplatforms: {amd64: }\n\
                    parts: {files: {plugin: dump, source: files}}\nconfig: {options: {word: {type: string, default: one}}}\n\
                    actions: {show: {description: Shows the files.}}\n";

/// Keeps the option in a file of the machine, as a machine charm does, and tells where it runs.
const MACHINE: &str = r#"#!/bin/sh -e
case $JUJU_DISPATCH_PATH in
hooks/config-changed)
    config-get word >/etc/webcharm-kept.conf
    echo "$JUJU_UNIT_NAME" >/var/lib/webcharm-kept
    status-set active "kept $(cat /etc/webcharm-kept.conf) on $(hostname), $(cat "$JUJU_CHARM_DIR/motto")" ;;
actions/show)
    action-set word="$(cat /etc/webcharm-kept.conf)" unit="$(cat /var/lib/webcharm-kept)" self="$(readlink /proc/self)" ;;
esac
"#;

const SIDECAR: &str = r#"#!/bin/sh -e
case $JUJU_DISPATCH_PATH in
hooks/app-pebble-ready) status-set active "$JUJU_WORKLOAD_NAME is ready" ;;
hooks/start) status-set waiting "for the container" ;;
actions/show)
    action-set address="$(getent hosts side-0.side-endpoints.local.svc.cluster.local | cut -d ' ' -f 1)" \
        network="$(readlink /proc/self/ns/net)" ;;
esac
"#;

/// A project in the desk's folder, with a script in place of a program.
fn project(desk: &Desk, name: &str, more: &str, script: &str) -> PathBuf {
    let folder = desk.path().join(name);
    fs::create_dir_all(folder.join("files")).unwrap();
    fs::write(folder.join("charmcraft.yaml"), format!("name: {name}\n{KEYS}{more}")).unwrap();
    fs::write(folder.join("files/motto"), "for good").unwrap();
    fs::write(folder.join("dispatch"), script).unwrap();
    fs::set_permissions(folder.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn message(desk: &Desk, app: &str, unit: u32) -> String {
    let status = &desk.status()["applications"][app]["units"][format!("{app}/{unit}")]["workload-status"];
    format!("{}: {}", status["current"].as_str().unwrap(), status["message"].as_str().unwrap())
}

fn a_machine_charm_keeps_its_files(desk: &Desk) {
    let folder = project(desk, "keeper", "", MACHINE);
    let up = desk.run(&["up", folder.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    assert!(up.out.contains("keeper is up\n") && !up.out.contains("http://"), "{up:?}");
    assert_eq!(message(desk, "keeper", 0), "active: kept one on keeper-0, for good");
    assert_eq!(desk.status()["applications"]["keeper"]["url"], serde_json::Value::Null);

    desk.ok(&["config", "keeper", "word=two"]);
    assert_eq!(message(desk, "keeper", 0), "active: kept two on keeper-0, for good");
    let shown = desk.ok(&["run", "keeper/0", "show"]);
    assert!(shown.contains("word: two\n") && shown.contains("unit: keeper/0\n"), "{shown}");
    assert!(!shown.contains("self: \n"), "the hook has processes of its own in /proc: {shown}");
    assert_eq!(desk.ok(&["exec", "--", "cat", "/etc/webcharm-kept.conf"]), "two\n");

    desk.ok(&["add-unit", "keeper"]);
    assert_eq!(message(desk, "keeper", 1), "active: kept two on keeper-1, for good");
    assert_eq!(desk.ok(&["exec", "--unit", "keeper/1", "--", "cat", "/var/lib/webcharm-kept"]), "keeper/1\n");
    for path in ["/etc/webcharm-kept.conf", "/var/lib/webcharm-kept"] {
        assert!(!Path::new(path).exists(), "{path} is on the machine of the tests");
    }
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_machine_charm_has_a_root_of_its_own() {
    a_machine_charm_keeps_its_files(&Desk::new());
}

#[test]
fn an_ordinary_user_runs_machine_charms_too() {
    a_machine_charm_keeps_its_files(&Desk::of_ordinary_user());
}

fn a_charm_with_a_container_is_in_its_pod(desk: &Desk) {
    let containers = "containers: {app: {resource: image}}\nresources: {image: {type: oci-image}}\n";
    let folder = project(desk, "side", containers, SIDECAR);
    let up = desk.run(&["up", folder.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    assert_eq!(message(desk, "side", 0), "active: app is ready");
    assert_eq!(desk.ok(&["exec", "--", "sh", "-c", "echo x >/var/lib/own && cat /var/lib/own"]), "x\n");

    let hosts = fs::read_to_string("/etc/hosts").unwrap();
    let shown = desk.ok(&["run", "side/0", "show"]);
    let network = desk.ok(&["exec", "--", "readlink", "/proc/self/ns/net"]);
    assert_eq!(shown, format!("address: 10.1.1.10\nnetwork: {network}"), "its hooks have the pod's hosts and network");
    assert_eq!(fs::read_to_string("/etc/hosts").unwrap(), hosts, "this machine's own are as before");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_charm_with_a_container_hears_that_it_is_ready_and_shares_its_pods_network() {
    a_charm_with_a_container_is_in_its_pod(&Desk::new());
}

#[test]
fn an_ordinary_user_runs_charms_with_a_container_too() {
    a_charm_with_a_container_is_in_its_pod(&Desk::of_ordinary_user());
}

#[test]
fn a_container_without_a_rock_has_the_users_of_this_machines_packages() {
    let desk = Desk::new();
    let containers = "containers: {app: {resource: image}}\nresources: {image: {type: oci-image}}\n";
    let folder = project(&desk, "side", containers, SIDECAR);
    desk.ok(&["up", folder.to_str().unwrap(), "--detach"]);
    let users = desk.ok(&["exec", "--", "cat", "/etc/passwd"]);
    // Every Debian has it.
    assert!(users.contains("\nman:x:") && users.contains("\n_daemon_:x:"), "{users}");
    let owner = desk.ok(&["exec", "--", "sh", "-c", "touch /tmp/x && chown man /tmp/x && stat -c %U /tmp/x"]);
    let expected = if rustix::process::geteuid().is_root() { "man\n" } else { "root\n" };
    assert_eq!(owner, expected);
    desk.ok(&["down"]);
}

#[test]
fn a_machine_charm_whose_hook_fails_is_shown_with_its_log() {
    let desk = Desk::new();
    let folder = project(&desk, "keeper", "", "#!/bin/sh\necho the disk is full >&2\nexit 3\n");
    let up = desk.run(&["up", folder.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(up.err.contains("hook install failed: the charm ended with 3"), "{up:?}");
    assert!(up.out.contains("the disk is full") && up.out.contains("keeper has failed"), "{up:?}");
    desk.ok(&["down"]);
}

#[test]
fn a_charm_without_a_program_is_told_what_to_add() {
    let desk = Desk::new();
    let folder = project(&desk, "keeper", "", MACHINE);
    fs::remove_file(folder.join("dispatch")).unwrap();
    let up = desk.run(&["up", folder.to_str().unwrap()]);
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(up.err.contains("no part with the plugin `rust` makes `dispatch`"), "{up:?}");
}
