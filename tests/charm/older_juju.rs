//! A Juju whose Pebble can't forward logs yet.

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
    let log = || Some(world.file("/var/log/flask/access.log")).filter(|log| log.contains("GET / HTTP/1.1"));
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while log().is_none() {
        assert!(std::time::Instant::now() < end, "no line in {}", world.file("/flask/gunicorn.conf.py"));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // The same unit under a Juju that can: nothing else changes.
    world.options.juju_version = Version { major: 3, minor: 4, patch: 0 };
    world.fire(Event::UpgradeCharm);
    world.fire(Event::ConfigChanged);
    world.expect(StatusKind::Active, "");
    assert!(world.file("/flask/gunicorn.conf.py").contains("accesslog = '-'"));
}
