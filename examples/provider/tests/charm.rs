//! The provider with an imagined requirer.

use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Provider;

#[test]
fn every_unit_tells_its_name_and_the_leader_its_uuid() {
    let mut harness = Harness::<Provider>::new().unwrap();
    let id = harness.add_relation("demo", "requirer").unwrap();
    harness.add_relation_unit(id, "requirer/0").unwrap();
    harness.begin_with_initial_hooks().unwrap();
    assert_eq!(harness.get_relation_data(id, "provider/0").unwrap()["special-field"], "provider/0");
    assert!(!harness.get_relation_data(id, "provider").unwrap().contains_key("leader-uuid"));

    harness.set_leader(true).unwrap();
    harness.add_relation_unit(id, "requirer/1").unwrap();
    assert!(harness.get_relation_data(id, "provider").unwrap().contains_key("leader-uuid"));
}

#[test]
fn a_token_is_kept_until_there_is_another() {
    let mut harness = Harness::<Provider>::new().unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let id = harness.add_relation("demo", "requirer").unwrap();
    let writes = |harness: &mut Harness<Provider>| {
        harness.take_backend_calls().iter().filter(|call| call.tool == "state-set").count()
    };
    harness.update_relation_data(id, "requirer", [("token", "one")]).unwrap();
    assert_eq!(writes(&mut harness), 1);
    harness.update_relation_data(id, "requirer", [("other", "key")]).unwrap();
    harness.update_relation_data(id, "requirer", [("token", "")]).unwrap();
    assert_eq!(writes(&mut harness), 0, "the token is the same");
}
