//! The charm in a model of its own, event by event.

use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::{Charm};
use juju::Status;

#[test]
fn it_greets_the_name_in_its_option() {
    let mut harness = Harness::<{Charm}>::new().unwrap();
    harness.begin_with_initial_hooks().unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("Hello, world!")));

    harness.update_config([("whom", "Juju")]).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("Hello, Juju!")));
}
