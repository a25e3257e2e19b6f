//! The pooler before its container is there.

use juju::Status;
use juju_testing::Harness;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Pooler;

#[test]
fn start_waits_for_the_container_and_comes_again() {
    let mut harness = Harness::<Pooler>::new().unwrap();
    harness.begin().unwrap();
    harness.emit(&juju::Event::Start).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::waiting("waiting for the container pooler")));
    let writes = |harness: &mut Harness<Pooler>| {
        let calls = harness.take_backend_calls();
        calls.into_iter().map(|call| call.tool).filter(|tool| tool.starts_with("state-")).collect::<Vec<_>>()
    };
    assert_eq!(writes(&mut harness), ["state-get", "state-set"], "the event is kept");
    harness.reemit().unwrap();
    assert_eq!(writes(&mut harness), ["state-get"], "it came again, and waits on");
}
