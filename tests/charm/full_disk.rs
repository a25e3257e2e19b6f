//! A container with a full disk: the status names the cause, and the charm goes on once there is room.

use juju::{Event, StatusKind};
use pebble::types::ExecOptions;

use crate::support::{Rock, World};

/// Size of the container's disk, in bytes.
const DISK: u64 = 4 << 20;

/// Takes each page of the disk that becomes free, such as those of Pebble's state when that is written anew.
const FILL: &str = "head -c 64m /dev/zero > /var/full; setsid sh -c 'echo $$ > /dev/shm/filler; \
                    while :; do head -c 4k /dev/zero >> /var/full; done' > /dev/null 2>&1 < /dev/null &";

/// Runs a script in the container; it may fail.
fn run(world: &World, script: &str) {
    world.pebble().exec(&ExecOptions::new(["sh", "-c", script])).unwrap();
}

#[test]
fn a_full_disk_is_in_the_status_with_what_could_not_be_written() {
    if !testkit::needs_root() {
        return;
    }
    let world = World::started(Rock::idle());
    world.expect(StatusKind::Active, "");
    world.pod.as_ref().unwrap().shrink_disk(DISK);
    run(&world, FILL);
    world.configure(&[("webserver-workers", "3")]);
    let status = world.status();
    assert_eq!(status.kind, StatusKind::Blocked, "{}", status.message);
    assert!(status.message.contains("no space left on device"), "{}", status.message);
    run(&world, "kill $(cat /dev/shm/filler); rm /var/full");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
}
