//! The requirer with an imagined provider.

use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Requirer;

#[test]
fn the_leader_answers_with_a_token_and_other_units_with_nothing() {
    let mut harness = Harness::<Requirer>::new().unwrap();
    let id = harness.add_relation("demo", "provider").unwrap();
    harness.begin_with_initial_hooks().unwrap();
    harness.update_relation_data(id, "provider", [("leader-uuid", "one")]).unwrap();
    assert!(harness.get_relation_data(id, "requirer").unwrap().is_empty());

    harness.set_leader(true).unwrap();
    harness.update_relation_data(id, "provider", [("leader-uuid", "two")]).unwrap();
    let first = harness.get_relation_data(id, "requirer").unwrap()["token"].clone();
    harness.update_relation_data(id, "provider", [("leader-uuid", "three")]).unwrap();
    assert_ne!(harness.get_relation_data(id, "requirer").unwrap()["token"], first);
}

#[test]
fn a_unit_of_the_provider_is_read_and_the_end_of_the_relation_forgotten() {
    let mut harness = Harness::<Requirer>::new().unwrap();
    harness.set_leader(true).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let id = harness.add_relation("demo", "provider").unwrap();
    harness.add_relation_unit(id, "provider/0").unwrap();
    harness.update_relation_data(id, "provider/0", [("special-field", "provider/0")]).unwrap();
    assert!(harness.log_lines().any(|line| line.message.contains("provider/0")), "the special field is logged");
    harness.remove_relation(id).unwrap();
    harness.update_config([("level", "debug")]).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(juju::Status::active("debug")));
}
