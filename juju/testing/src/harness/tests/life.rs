//! Life of a harness: before and after `begin`, and the initial events in their order.

use super::*;

/// The example of the specification, with its relation of one unit.
fn example() -> Harness<Recorder> {
    let mut harness = harness::<Recorder>();
    let id = harness.add_relation("db", "postgresql").unwrap();
    harness.add_relation_unit(id, "postgresql/0").unwrap();
    harness.update_relation_data(id, "postgresql/0", [("key", "val")]).unwrap();
    harness.set_leader(true).unwrap();
    harness.update_config([("title", "config")]).unwrap();
    harness
}

#[test]
fn before_begin_a_change_fires_no_event() {
    let harness = example();
    assert_eq!(harness.emitted_events(), Vec::<String>::new());
    assert_eq!(harness.config().unwrap().text("title"), Some("config"));
}

#[test]
fn the_initial_events_come_in_jujus_order() {
    let mut harness = example();
    harness.begin_with_initial_hooks().unwrap();
    let mut events = harness.emitted_events();
    let of_peer = events.iter().position(|name| name == "ring_relation_created").unwrap();
    assert!([1, 2].contains(&of_peer), "{events:?}");
    events.remove(of_peer);
    assert_eq!(
        events,
        [
            "install",
            "db_relation_created",
            "leader_elected",
            "config_changed",
            "start",
            "db_relation_joined",
            "db_relation_changed",
        ]
    );
    assert_eq!(harness.unit_status().unwrap(), None, "maintenance without a message became unknown");
}

#[test]
fn a_unit_that_does_not_lead_is_told_of_the_leaders_settings() {
    let mut harness = harness::<Recorder>();
    harness.begin_with_initial_hooks().unwrap();
    let expected = ["install", "ring_relation_created", "leader_settings_changed", "config_changed", "start"];
    assert_eq!(harness.emitted_events(), expected);
}

#[test]
fn remote_application_data_is_told_before_the_units_by_name() {
    let mut harness = harness::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    for unit in ["pg/10", "pg/2"] {
        harness.add_relation_unit(id, unit).unwrap();
    }
    harness.update_relation_data(id, "pg", [("version", "15")]).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let told: Vec<_> = harness.events().iter().rev().take(5).rev().map(subject).collect();
    let expected = [
        "db-relation-changed ",
        "db-relation-joined pg/10",
        "db-relation-changed pg/10",
        "db-relation-joined pg/2",
        "db-relation-changed pg/2",
    ];
    assert_eq!(told, expected);
}

fn subject(event: &Event) -> String {
    let unit = match event {
        Event::Relation(event) => event.unit.as_ref().map(ToString::to_string),
        _ => None,
    };
    format!("{} {}", event.name(), unit.unwrap_or_default())
}

#[test]
fn relations_come_in_an_order_that_the_seed_gives() {
    let order = |seed| {
        let mut harness = harness::<Recorder>().with_seed(seed);
        harness.add_relation("db", "pg").unwrap();
        harness.add_relation("my-cache", "redis").unwrap();
        harness.add_relation("site", "haproxy").unwrap();
        harness.begin_with_initial_hooks().unwrap();
        harness.emitted_events()
    };
    assert_eq!(order(1), order(1));
    let orders: std::collections::BTreeSet<_> = (0..20).map(order).collect();
    assert!(orders.len() > 5, "{orders:?}");
}

#[test]
fn a_unit_is_listed_from_its_joined_on() {
    Scripted::plays(|event, juju| {
        let needs = juju::Needs { remote_units: true, ..juju::Needs::default() };
        let known = juju.view("db", RelationId(0), needs)?.units.len();
        let is_met = matches!(event, Event::Relation(event) if event.unit.is_some());
        assert_eq!(known, usize::from(is_met), "{}", event.name());
        Ok(())
    });
    let mut harness = harness::<Scripted>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    harness.begin_with_initial_hooks().unwrap();
}

#[test]
fn begin_comes_once_and_before_what_needs_it() {
    let mut harness = harness::<Recorder>();
    assert!(matches!(harness.emit(&Event::Start), Err(HarnessError::NotBegun)));
    assert!(matches!(harness.reemit(), Err(HarnessError::NotBegun)));
    assert!(matches!(harness.run_action("greet", &serde_json::json!({"times": 1})), Err(HarnessError::NotBegun)));
    harness.set_model_name("prod").unwrap();
    harness.begin().unwrap();
    assert!(matches!(harness.begin(), Err(HarnessError::AlreadyBegun)));
    assert!(matches!(harness.begin_with_initial_hooks(), Err(HarnessError::AlreadyBegun)));
    assert!(matches!(harness.set_model_name("late"), Err(HarnessError::AlreadyBegun)));
    assert!(matches!(harness.set_model_uuid("late"), Err(HarnessError::AlreadyBegun)));
    assert_eq!(harness.model().name(), "prod");
}

#[test]
fn events_are_held_back_while_hooks_are_disabled_and_lost() {
    let mut harness = begun::<Recorder>();
    harness.disable_hooks();
    harness.set_leader(true).unwrap();
    harness.enable_hooks();
    harness.hooks_disabled(|harness| harness.add_relation("db", "pg")).unwrap();
    assert!(harness.emitted_events().is_empty());
    harness.update_config([("port", 1)]).unwrap();
    assert_eq!(harness.emitted_events(), ["config_changed"]);
}

#[test]
fn life_cycle_events_are_fired_by_hand_and_no_others() {
    let mut harness = begun::<Recorder>();
    for event in [Event::Install, Event::UpgradeCharm, Event::UpdateStatus, Event::Stop] {
        harness.emit(&event).unwrap();
    }
    assert_eq!(harness.emitted_events(), ["install", "upgrade_charm", "update_status", "stop"]);
    let error = harness.emit(&Event::Unknown("brand-new".to_owned())).unwrap_err();
    assert_eq!(error.to_string(), "event \"brand-new\" is not a life-cycle event");
}

#[test]
fn metadata_is_given_found_or_missed() {
    let given = Harness::<Recorder>::from_meta("", "", "").unwrap();
    assert_eq!(given.unit().to_string(), "test-charm/0");
    let error = Harness::<Recorder>::from_dir(Path::new("/nonexistent")).unwrap_err();
    assert!(matches!(&error, HarnessError::Metadata(_)));
    assert_eq!(error.to_string(), "cannot find metadata.yaml or charmcraft.yaml in /nonexistent");
    let error = Harness::<Recorder>::from_meta("name: [", "", "").unwrap_err().to_string();
    assert!(error.starts_with("cannot read metadata.yaml as YAML: "), "the text includes its cause: {error}");
}

#[test]
fn a_crates_own_files_are_looked_for_beside_its_manifest() {
    let error = Harness::<Recorder>::new().unwrap_err().to_string();
    assert!(error.ends_with(concat!(" in ", env!("CARGO_MANIFEST_DIR"))), "{error}");
}

#[test]
fn the_unit_under_test_may_have_another_name() {
    let mut harness = harness::<Recorder>().with_unit("shop", 4).unwrap();
    assert_eq!(harness.unit().to_string(), "shop/4");
    harness.add_relation("ring", "shop").unwrap();
    assert!(matches!(harness.with_unit("late", 0), Err(HarnessError::AlreadyBegun)));
}

#[test]
fn a_deferred_event_comes_again_before_the_next_until_it_is_handled() {
    let mut harness = begun::<Patient>();
    let deferred = |harness: &Harness<Patient>| harness.deferred_events().unwrap();
    harness.emit(&Event::Start).unwrap();
    assert_eq!(deferred(&harness), [("start".to_owned(), "start".to_owned())]);
    harness.reemit().unwrap();
    assert_eq!(deferred(&harness).len(), 1);
    let statuses = harness.backend_calls().iter().filter(|call| call.tool == "status-set").count();
    assert_eq!(statuses, 2, "the handler ran twice");
    harness.hooks_disabled(|harness| harness.set_leader(true)).unwrap();
    harness.emit(&Event::UpdateStatus).unwrap();
    assert!(deferred(&harness).is_empty());
    assert_eq!(harness.emitted_events(), ["start", "update_status"]);
    assert_eq!(harness.framework().observations().count(), 1);
}
