//! One unit with an imagined peer.

use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Peer;

#[test]
fn the_leader_shares_its_address_and_each_unit_its_name() {
    let mut harness = Harness::<Peer>::new().unwrap();
    harness.set_leader(true).unwrap();
    let id = harness.add_relation("replicas", "peer").unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let address = harness.get_relation_data(id, "peer").unwrap()["leader-ip"].clone();
    assert!(address.parse::<std::net::IpAddr>().is_ok(), "{address}");

    harness.update_relation_data(id, "peer", [("leader-ip", "")]).unwrap();
    harness.add_relation_unit(id, "peer/1").unwrap();
    assert_eq!(harness.get_relation_data(id, "peer").unwrap()["leader-ip"], address);
    assert_eq!(harness.get_relation_data(id, "peer/0").unwrap()["unit-data"], "peer/0");
}

#[test]
fn another_unit_keeps_the_address_once_it_differs() {
    let mut harness = Harness::<Peer>::new().unwrap();
    let id = harness.add_relation("replicas", "peer").unwrap();
    harness.begin_with_initial_hooks().unwrap();
    harness.add_relation_unit(id, "peer/1").unwrap();
    assert_eq!(harness.get_relation_data(id, "peer/0").unwrap()["unit-data"], "peer/0");
    let mut writes = |address: &str| {
        harness.take_backend_calls();
        harness.update_relation_data(id, "peer", [("leader-ip", address)]).unwrap();
        harness.take_backend_calls().iter().filter(|call| call.tool == "state-set").count()
    };
    assert_eq!([writes("10.1.0.1"), writes("10.1.0.2"), writes("")], [1, 1, 0]);
    harness.remove_relation_unit(id, "peer/1").unwrap();
    assert!(harness.log_lines().any(|line| line.message.contains("peer/1")), "the unit that leaves is named");
}
