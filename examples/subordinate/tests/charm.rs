//! The subordinate beside an imagined principal.

use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Beside;
use juju::StatusKind;

#[test]
fn it_shows_the_unit_that_it_runs_beside() {
    let mut harness = Harness::<Beside>::new().unwrap();
    harness.begin_with_initial_hooks().unwrap();
    let id = harness.add_relation("beside", "web").unwrap();
    harness.add_relation_unit(id, "web/0").unwrap();
    let address = harness.get_relation_data(id, "web/0").unwrap()["private-address"].clone();
    let status = harness.unit_status().unwrap().unwrap();
    assert_eq!((status.kind, status.message), (StatusKind::Active, format!("beside web/0 at {address}")));
}
