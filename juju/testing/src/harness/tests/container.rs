//! Containers with fake Pebbles, which the charm reaches through the real client.

use super::*;
use juju::WorkloadKind;
use pebble::blocking::Client;
use pebble::plan::Layer;
use pebble::types::{ExecOptions, WriteFile};
use pebble_fake::ExecReply;
use std::time::Duration;

const CONTAINERS: &str = "{name: web, containers: {app: {}, proxy: {}}}";
const LAYER: &str = r#"{"services": {"web": {"override": "replace", "command": "serve", "startup": "enabled"}},
    "checks": {"up": {"override": "replace", "tcp": {"port": 80}}}}"#;
const SOON: Duration = Duration::from_secs(30);

fn with_containers<C: Charm>() -> Harness<C> {
    let mut harness = Harness::from_meta(CONTAINERS, "", "").unwrap();
    harness.begin().unwrap();
    harness
}

fn client(juju: &Juju<'_>) -> Client {
    Client::new(juju.context.pebble_socket("app"))
}

/// Adds the layer and replans, if the container can be connected to.
fn plan(_: &Event, juju: &Juju<'_>) -> Result<(), juju::Error> {
    let pebble = client(juju);
    let connected = pebble.add_layer("web", &Layer::parse(LAYER.as_bytes()).unwrap(), true);
    let status = match connected.and_then(|()| pebble.replan(SOON).map(drop)) {
        Ok(()) => Status::active("serves"),
        Err(pebble::Error::Connect { .. }) => Status::waiting("no Pebble"),
        Err(error) => Status::blocked(juju::chain(&error)),
    };
    juju.set_status(juju::Whose::Unit, &status)
}

#[test]
fn a_container_is_planned_once_it_can_be_connected_to() {
    Scripted::plays(plan);
    let mut harness = with_containers::<Scripted>();
    harness.emit(&Event::Start).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::waiting("no Pebble")));
    harness.container_pebble_ready("app").unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("serves")));
    assert_eq!(harness.container_plan("app").unwrap().services["web"].command, "serve");
    assert!(harness.pebble("app").unwrap().services()[0].is_running());
    harness.set_can_connect("app", false).unwrap();
    harness.emit(&Event::UpdateStatus).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::waiting("no Pebble")));
    assert_eq!(harness.emitted_events(), ["start", "app_pebble_ready", "update_status"]);
    let error = harness.set_can_connect("ap", true).unwrap_err();
    assert_eq!(error.to_string(), "the metadata declares no container \"ap\"; the nearest is \"app\"");
}

#[test]
fn a_service_that_fails_to_start_is_told_in_pebbles_words() {
    Scripted::plays(plan);
    let mut harness = with_containers::<Scripted>();
    harness.fail_service("app", "web").unwrap();
    harness.container_pebble_ready("app").unwrap();
    let status = harness.unit_status().unwrap().unwrap();
    assert!(status.message.contains("the test has it fail"), "{status}");
}

#[test]
fn initial_hooks_make_every_container_ready_after_start_and_before_units_join() {
    let metadata = "{name: web, containers: {app: {}, proxy: {}}, requires: {db: {interface: pg}}}";
    let mut harness = Harness::<Recorder>::from_meta(metadata, "", "").unwrap();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    harness.container_pebble_ready("app").unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let expected = ["start", "app_pebble_ready", "proxy_pebble_ready", "db_relation_joined", "db_relation_changed"];
    assert_eq!(harness.emitted_events()[4..], expected);
}

#[test]
fn files_and_commands_of_a_container_are_the_tests() {
    Scripted::plays(|_, juju| {
        let pebble = client(juju);
        let written = WriteFile { make_dirs: true, permissions: Some(0o600), ..WriteFile::default() };
        pebble.write_file("/etc/web/conf", &b"port = 80"[..], &written).unwrap();
        assert_eq!(pebble.read_file("/etc/seed", 100).unwrap(), b"seed");
        let known = ExecOptions { stdin: Some(b"in".to_vec()), ..ExecOptions::new(["migrate", "--all"]) };
        let output = pebble.exec(&known).unwrap();
        assert_eq!((output.exit_code, output.stdout, output.stderr), (3, Vec::new(), b"no table: in".to_vec()));
        let unknown = pebble.exec(&ExecOptions::new(["rm", "-rf"])).unwrap_err();
        assert!(juju::chain(&unknown).contains("no handler for the command \"rm -rf\""), "{unknown}");
        let slow = ExecOptions { timeout: Some(Duration::from_secs(5)), ..ExecOptions::new(["slow"]) };
        assert!(matches!(pebble.exec(&slow), Err(pebble::Error::ExecTimeout { .. })));
        Ok(())
    });
    let mut harness = with_containers::<Scripted>();
    let root = harness.filesystem_root("app").unwrap();
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/seed"), "seed").unwrap();
    harness
        .handle_exec("app", &["migrate"], |call| {
            ExecReply::fails(3, format!("no table: {}", String::from_utf8_lossy(&call.stdin)))
        })
        .unwrap();
    harness.handle_exec("app", &["slow"], |_| ExecReply::TimesOut).unwrap();
    harness.container_pebble_ready("app").unwrap();
    assert_eq!(std::fs::read_to_string(root.join("etc/web/conf")).unwrap(), "port = 80");
    let commands: Vec<String> =
        harness.pebble("app").unwrap().exec_history().iter().map(|call| call.command.join(" ")).collect();
    assert_eq!(commands, ["migrate --all", "slow"]);
    drop(harness);
    assert!(!root.exists());
}

#[test]
fn notices_and_checks_become_events() {
    Scripted::plays(plan);
    let mut harness = with_containers::<Scripted>();
    harness.container_pebble_ready("app").unwrap();
    let hour = Some(Duration::from_secs(3600));
    let id = harness.pebble_notify("app", "example.com/done", &[("k", "v")], hour).unwrap();
    assert_eq!(harness.pebble_notify("app", "example.com/done", &[], hour).unwrap(), id, "it is not repeated so soon");
    for is_up in [false, false, true, true] {
        harness.set_check_status("app", "up", is_up).unwrap();
    }
    let expected =
        ["app_pebble_ready", "app_pebble_custom_notice", "app_pebble_check_failed", "app_pebble_check_recovered"];
    assert_eq!(harness.emitted_events(), expected);
    let Event::Workload(event) = &harness.events()[1] else { panic!() };
    let key = "example.com/done".to_owned();
    assert_eq!(event.kind, WorkloadKind::CustomNotice { id, kind: "custom".to_owned(), key });
    assert!(harness.set_check_status("app", "down", true).unwrap_err().to_string().contains("check \"down\""));
}
