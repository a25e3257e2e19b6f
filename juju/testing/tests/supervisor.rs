//! A cluster whose containers are real: each is served by the built `pebble`, or by the program in `PEBBLE_BINARY`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads its environment")]

use juju::key::Container;
use juju::{Charm, CharmFiles, Error, Juju, On, Setup, Status, UnitName};
use pebble::blocking::Client;
use pebble::plan::Layer;
use pebble::types::ServiceStatus;
use std::path::Path;
use std::time::Duration;
use webcharm_juju_testing::{Cluster, ClusterError};

const METADATA: &str = "{name: web, containers: {app: {}}, peers: {ring: {interface: ring}}}";
const PATIENCE: Duration = Duration::from_secs(60);

/// A charm that starts a service in its container, which sleeps.
struct Sleeper;

impl Charm for Sleeper {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Sleeper)
    }

    fn observe(on: &mut On<Self>) {
        on.event(Container::named("app").pebble_ready(), |_, _, juju| start(juju));
    }
}

fn start(juju: &Juju<'_>) -> Result<(), Error> {
    let layer = r#"{"services": {"sleeper": {"override": "replace", "startup": "enabled", "command": "sleep 600"}}}"#;
    let pebble = Client::new(juju.context.pebble_socket("app"));
    pebble.add_layer("charm", &Layer::parse(layer.as_bytes()).unwrap(), true).unwrap();
    pebble.start(&["sleeper"], PATIENCE).unwrap();
    juju.set_unit_status(Status::active(""))
}

fn unit(number: u32) -> UnitName {
    UnitName::new("web", number)
}

fn is_active(cluster: &Cluster, number: u32) -> bool {
    let services = cluster.client(&unit(number), "app").unwrap().services(&[]).unwrap();
    services.iter().any(|info| info.name == "sleeper" && info.current == ServiceStatus::Active)
}

/// A cluster of two units whose services run.
fn running() -> Cluster {
    let mut cluster = Cluster::with_seed(7).with_supervisor(testkit::pebble());
    cluster.deploy::<Sleeper>("web", CharmFiles::parse(METADATA, "", "").unwrap(), 2).unwrap();
    cluster.run_until_quiet(100).unwrap();
    cluster
}

#[test]
fn each_unit_of_a_cluster_may_have_a_real_supervisor() {
    let mut cluster = running();
    for number in [0, 1] {
        assert_eq!(cluster.unit_status(&unit(number)).unwrap(), Some(Status::active("")));
        assert!(is_active(&cluster, number));
        assert!(matches!(cluster.pebble(&unit(number), "app"), Err(ClusterError::NoFake { .. })));
    }
    cluster.client(&unit(1), "app").unwrap().stop(&["sleeper"], PATIENCE).unwrap();
    assert!(is_active(&cluster, 0) && !is_active(&cluster, 1), "each has a state of its own");
    assert!(matches!(cluster.client(&unit(0), "nope"), Err(ClusterError::UnknownContainer { .. })));
    let socket = cluster.client(&unit(1), "app").unwrap();
    cluster.remove_unit(&unit(1)).unwrap();
    cluster.run_until_quiet(100).unwrap();
    assert!(socket.system_info().unwrap_err().is_unreachable(), "it ends with its unit");
}

#[test]
fn a_container_that_comes_back_has_no_service_until_its_charm_starts_it() {
    let mut cluster = running();
    cluster.set_can_connect(&unit(0), "app", false).unwrap();
    assert!(cluster.client(&unit(0), "app").unwrap().system_info().unwrap_err().is_unreachable());
    cluster.set_can_connect(&unit(0), "app", true).unwrap();
    assert!(!is_active(&cluster, 0));
}

#[test]
fn a_program_that_ends_at_once_is_named() {
    let mut cluster = Cluster::with_seed(7).with_supervisor("/bin/false");
    let charm = CharmFiles::parse(METADATA, "", "").unwrap();
    let error = cluster.deploy::<Sleeper>("web", charm, 1).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot make a container: ") && error.contains("false ended with exit status: 1"),
        "{error}"
    );
    let mut cluster = Cluster::with_seed(7).with_supervisor(Path::new("/nonexistent/pebble"));
    let charm = CharmFiles::parse(METADATA, "", "").unwrap();
    assert!(matches!(cluster.deploy::<Sleeper>("web", charm, 1), Err(ClusterError::Container(_))));
}
