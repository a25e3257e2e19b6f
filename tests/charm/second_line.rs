//! A charm of the 2.x line: its container is called `app`, port and metrics are in `paas-config.yaml`.

use std::os::unix::fs::symlink;

use juju::{Event, StatusKind, WorkloadEvent, WorkloadKind};

use super::start::APP;
use crate::support::{Charm, World};

#[test]
fn a_charm_of_the_second_line_starts_and_is_told_its_metrics() {
    let charm = Charm::second_line().paas_config("port: 8000\nmetrics-port: 9000\n");
    let mut world = World::of(&charm).with_pod(APP);
    // The pods of these tests have their socket under the first line's name.
    symlink(world.socket().parent().unwrap(), world.dir.path().join("containers/app")).unwrap();
    world.fire(Event::Workload(WorkloadEvent { container: "app".to_owned(), kind: WorkloadKind::PebbleReady }));
    world.expect(StatusKind::Active, "");
    let page = world.pod.as_mut().unwrap().page("/");
    assert!(page.contains("FLASK_METRICS_PORT=9000\n") && page.contains("FLASK_METRICS_PATH=/metrics\n"), "{page}");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"].len(), 86);
}
