//! Containers and storages that Juju could never produce, and odd ones.

use super::*;
use crate::state::{StateCheck, StateExec};

fn with_container(change: impl FnOnce(&mut StateContainer)) -> State {
    let mut container = StateContainer::ready("app");
    change(&mut container);
    State { containers: vec![container], ..State::default() }
}

#[test]
fn impossible_containers_and_their_events_are_named() {
    const LAYER: &str = r#"{"checks": {"up": {"override": "replace", "tcp": {"port": 80}}}}"#;
    let layers = || vec![("one".to_owned(), LAYER.to_owned())];
    let app = StateContainer::ready("app");
    let twice = State { containers: vec![app.clone(), app.clone()], ..State::default() };
    for (event, state, sentences) in [
        (Event::Start, twice, &["several containers have the name \"app\""][..]),
        (Event::Start, with_container(|c| c.name = "ap".into()), &["container \"ap\" is not in the metadata"]),
        (
            Event::Start,
            with_container(|c| c.execs = vec![StateExec::default(), StateExec::default()]),
            &["container \"app\": several ends of commands have one prefix"],
        ),
        (
            Event::Start,
            with_container(|c| {
                c.service_statuses.insert("web".into(), pebble::types::ServiceStatus::Active);
                c.check_infos = vec![StateCheck::down("up")];
            }),
            &["container \"app\": service \"web\" is in no layer", "container \"app\": check \"up\" is in no layer"],
        ),
        (
            Event::Start,
            with_container(|c| {
                let up = StateCheck { level: "ready".into(), threshold: 5, ..StateCheck::new("up") };
                (c.layers, c.check_infos) =
                    (layers(), vec![up.clone(), StateCheck { startup: "disabled".into(), ..up }]);
                c.mounts = [("srv".to_owned(), "/tmp".into())].into();
            }),
            &[
                "container \"app\": check \"up\": its level is \"ready\", and \"\" in the plan",
                "container \"app\": check \"up\": its threshold is 5, and 3 in the plan",
                "container \"app\": check \"up\" is there twice",
                "container \"app\": check \"up\": its level is \"ready\", and \"\" in the plan",
                "container \"app\": check \"up\": its startup is \"disabled\", and \"enabled\" in the plan",
                "container \"app\": check \"up\": its threshold is 5, and 3 in the plan",
                "container \"app\": /tmp is mounted at \"srv\", which is no absolute path",
            ],
        ),
        (app.pebble_ready(), State::default(), &["the event's container \"app\" is not in the state"]),
        (
            app.custom_notice("example.com/a"),
            with_container(|_| ()),
            &["the event's notice \"example.com/a\" is not in container \"app\""],
        ),
        (
            app.check_failed("down"),
            with_container(|c| c.layers = layers()),
            &["the event's check \"down\" is not in container \"app\""],
        ),
    ] {
        assert_eq!(wrong(&event, &state), sentences);
    }
    let good = with_container(|c| (c.layers, c.notices) = (layers(), vec!["example.com/a".into()]));
    for event in [app.custom_notice("example.com/a"), app.check_failed("up"), app.check_recovered("up")] {
        assert_eq!(wrong(&event, &good), Vec::<String>::new());
    }
    let broken = with_container(|c| c.layers = vec![("one".into(), "services: 7".into())]);
    let sentences = wrong(&Event::Start, &broken);
    assert!(sentences[0].starts_with("container \"app\": layer \"one\": "), "{sentences:?}");
}

#[test]
fn impossible_storages_and_their_events_are_named() {
    let data = StateStorage::new("data", 0, "/srv");
    let state = |storages| State { storages, ..State::default() };
    for (event, state, sentence) in [
        (data.attached(), State::default(), "the event's storage data/0 is not in the state"),
        (
            data.detaching(),
            state(vec![StateStorage::new("data", 1, "/srv")]),
            "the event's storage data/0 is not in the state",
        ),
        (
            StateStorage::new("logs", 0, "/srv").attached(),
            State::default(),
            "the event's storage \"logs\" is not in the metadata",
        ),
        (Event::Start, state(vec![data.clone(), data.clone()]), "several storage instances have the id data/0"),
        (Event::Start, state(vec![StateStorage::new("logs", 0, "/srv")]), "storage \"logs\" is not in the metadata"),
    ] {
        assert_eq!(wrong(&event, &state), [sentence]);
    }
}

#[test]
fn odd_states_and_events_are_warned_of_and_run() {
    const LAYER: &str = r#"{"checks": {"up": {"override": "replace", "tcp": {"port": 80}}}}"#;
    let app = StateContainer { layers: vec![("one".to_owned(), LAYER.to_owned())], ..StateContainer::ready("app") };
    let state = |container| State { containers: vec![container], ..State::default() };
    let down = StateContainer { check_infos: vec![StateCheck::down("up")], ..app.clone() };
    let closed = StateContainer { can_connect: false, ..app.clone() };
    for (event, container, warning) in [
        (app.pebble_ready(), closed, "pebble-ready of container \"app\", which can't be connected to"),
        (app.check_failed("up"), app.clone(), "check-failed of check \"up\" in container \"app\", which is up"),
        (
            app.check_recovered("up"),
            down.clone(),
            "check-recovered of check \"up\" in container \"app\", which is down",
        ),
    ] {
        assert_eq!(warnings(&scene(), &event, &state(container.clone())), [warning]);
        assert_eq!(wrong(&event, &state(container)), Vec::<String>::new());
    }
    for (event, container) in
        [(app.pebble_ready(), app.clone()), (app.check_failed("up"), down), (app.check_recovered("up"), app.clone())]
    {
        assert_eq!(warnings(&scene(), &event, &state(container)), Vec::<String>::new());
    }
}
