//! Containers and storage of a state, before an event and after it.

use super::*;
use crate::state::{StateCheck, StateContainer, StateExec};

#[test]
fn containers_are_part_of_the_state() {
    const LAYER: &str = r#"{"services": {"web": {"override": "replace", "command": "serve"}}}"#;
    let container = StateContainer {
        layers: vec![("rock".to_owned(), LAYER.to_owned())],
        execs: vec![StateExec { prefix: vec!["migrate".to_owned()], exit_code: 2, ..StateExec::default() }],
        ..StateContainer::ready("app")
    };
    SCRIPT.set(|_, juju| {
        let pebble = pebble::blocking::Client::new(juju.context.pebble_socket("app"));
        pebble.start(&["web"], std::time::Duration::from_secs(30)).unwrap();
        let layer = r#"{"services": {"new": {"override": "replace", "command": "new"}}}"#;
        pebble.add_layer("charm", &pebble::plan::Layer::parse(layer.as_bytes()).unwrap(), true).unwrap();
        assert_eq!(pebble.exec(&pebble::types::ExecOptions::new(["migrate", "now"])).unwrap().exit_code, 2);
        pebble.write_file("/conf", &b"text"[..], &pebble::types::WriteFile::default()).unwrap();
        Ok(())
    });
    let root = tempfile::tempdir().unwrap();
    let container = StateContainer { root: Some(root.path().to_owned()), ..container };
    let before = State { containers: vec![container.clone()], ..State::default() };
    let mut context = context();
    let after = context.run(&container.pebble_ready(), &before).unwrap();
    let now = after.container("app").unwrap();
    assert_eq!(now.layers[0], container.layers[0], "an unchanged layer keeps its text");
    assert_eq!(now.layers[1].0, "charm");
    assert_eq!(now.service_statuses, [("web".to_owned(), pebble::types::ServiceStatus::Active)].into());
    assert_eq!(now.plan().unwrap().services.len(), 2);
    assert_eq!(std::fs::read_to_string(root.path().join("conf")).unwrap(), "text");
    let (ran_in, ran) = &context.records().execs[0];
    assert_eq!((ran_in.as_str(), ran.command.join(" ")), ("app", "migrate now".to_owned()));
    SCRIPT.set(|_, _| Ok(()));
    let still = context.run(&Event::UpdateStatus, &after).unwrap();
    assert_eq!(still, after, "the state after is a state before");
}

#[test]
fn a_container_that_cannot_be_connected_to_or_is_not_in_the_state_has_no_socket() {
    let script: Script = |_, juju| {
        let error = pebble::blocking::Client::new(juju.context.pebble_socket("app")).system_info().unwrap_err();
        assert!(error.is_unreachable(), "{error}");
        Ok(())
    };
    for containers in [vec![StateContainer::new("app")], Vec::new()] {
        run(&Event::Start, &State { containers, ..State::default() }, script).unwrap();
    }
}

#[test]
fn a_full_state_has_all_that_the_charm_declares() {
    let metadata =
        "{name: web, containers: {app: {}}, requires: {db: {interface: pg}}, peers: {ring: {interface: ring}},
        storage: {data: {type: filesystem, location: /srv}, logs: {type: filesystem, multiple: {range: 0-}}}}";
    let mut context = Context::<Scripted>::from_meta(metadata, "", "").unwrap();
    SCRIPT.set(|_, juju| {
        assert_eq!(juju.storages(Storage::named("data"))?, ["data/0"]);
        Ok(())
    });
    let state = State::from_context(&context);
    assert_eq!(state.relations.iter().map(|relation| relation.endpoint.as_str()).collect::<Vec<_>>(), ["db", "ring"]);
    assert!(state.container("app").unwrap().can_connect);
    assert_eq!(state.storage("data", 0).unwrap().location, PathBuf::from("/srv"));
    assert!(state.storage("logs", 0).is_none());
    assert_eq!(context.run(&state.storages[0].attached(), &state).unwrap(), state);
}

#[test]
fn mounts_and_the_failures_of_checks_are_part_of_a_container() {
    const LAYER: &str = r#"{"checks": {"up": {"override": "replace", "level": "ready", "threshold": 2, "tcp": {"port": 80}},
        "down": {"override": "replace", "startup": "disabled", "tcp": {"port": 81}}}}"#;
    SCRIPT.set(|_, juju| {
        let pebble = pebble::blocking::Client::new(juju.context.pebble_socket("app"));
        let text = pebble.read_file("/srv/data/a", 100).unwrap();
        pebble.write_file("/srv/data/b", &text[..], &pebble::types::WriteFile::default()).unwrap();
        let checks = pebble.checks(pebble::types::HealthLevel::Any, &[]).unwrap();
        let found: Vec<_> =
            checks.iter().map(|info| (info.name.as_str(), info.status.as_str(), info.failures)).collect();
        assert_eq!(found, [("down", "down", 3), ("up", "up", 1)]);
        Ok(())
    });
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("a"), "text").unwrap();
    let up = StateCheck { level: "ready".to_owned(), threshold: 2, failures: 1, ..StateCheck::new("up") };
    let container = StateContainer {
        layers: vec![("rock".to_owned(), LAYER.to_owned())],
        mounts: [("/srv/data".to_owned(), data.path().to_owned())].into(),
        check_infos: vec![StateCheck { startup: "disabled".to_owned(), ..StateCheck::down("down") }, up],
        ..StateContainer::ready("app")
    };
    let state = State { containers: vec![container.clone()], ..State::default() };
    let mut context = context();
    assert_eq!(context.run(&container.check_failed("down"), &state).unwrap(), state);
    assert_eq!(context.records().warnings, Vec::<String>::new());
    assert_eq!(std::fs::read_to_string(data.path().join("b")).unwrap(), "text");
}
