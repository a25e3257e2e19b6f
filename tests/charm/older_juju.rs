//! Juju before 3.4, whose Pebble can't forward logs.

use juju::{Event, StatusKind, Version};

use super::start::APP;
use crate::support::World;

#[test]
fn before_juju_3_4_gunicorn_logs_to_files_of_the_container() {
    let mut world = World::new();
    world.options.juju_version = Version { major: 3, minor: 3, patch: 7 };
    let mut world = world.with_pod(APP);
    world.expect(StatusKind::Active, "");
    world.pod.as_mut().unwrap().page("/");
    let log = || world.file("/var/log/flask/access.log");
    world.until("access record", || log().contains("GET / HTTP/1.1").then_some(()));
    // An upgrade to Juju 3.4 changes only the place of the log.
    world.options.juju_version = Version { major: 3, minor: 4, patch: 0 };
    world.fire(Event::UpgradeCharm);
    world.fire(Event::ConfigChanged);
    world.expect(StatusKind::Active, "");
    assert!(world.file("/flask/gunicorn.conf.py").contains("accesslog = '-'"));
}
