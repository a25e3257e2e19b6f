//! Charms of the 2.x line, as charmcraft expands their extensions. The container's name is `app`, and port and metrics
//! are in `paas-config.yaml`.

use std::collections::BTreeMap;

use juju::{Event, Port, StatusKind, WorkloadEvent, WorkloadKind};

use super::start::APP;
use crate::support::{Charm, DATABASE, Pod, Rock, World};

fn ready() -> Event {
    Event::Workload(WorkloadEvent { container: "app".to_owned(), kind: WorkloadKind::PebbleReady })
}

#[test]
fn a_charm_of_the_second_line_starts_and_is_told_its_metrics() {
    let charm = Charm::expanded("flask", "26.04").paas_config("port: 8000\nmetrics-port: 9000\n");
    let mut world = awaited(World::of(&charm).in_container("app"), APP);
    let page = world.pod.as_mut().unwrap().page("/");
    assert!(page.contains("FLASK_METRICS_PORT=9000\n") && page.contains("FLASK_METRICS_PATH=/metrics\n"), "{page}");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"].len(), 86);
}

/// The unit after Juju's start sequence without a pod, and then the pod with its pebble-ready. The application runs.
fn awaited(mut world: World, rock: impl Into<Rock>) -> World {
    world.settle();
    world.expect(StatusKind::Waiting, "Waiting for pebble ready");
    world.pod = Some(Pod::start(world.dir.path(), rock));
    world.fire(ready());
    world.expect(StatusKind::Active, "");
    assert!(world.pebble().services(&[]).unwrap().iter().any(|service| service.is_running()));
    world
}

/// The variables of the framework's workload, without secrets, database and proxies. Asserts the port that Juju opens.
fn variables(name: &str, charm: &Charm) -> BTreeMap<String, String> {
    let world = World::of(charm).in_container("app");
    if name == "django" {
        world.say(world.integrate("postgresql", "db"), "db", &DATABASE);
    }
    let world = awaited(world, Rock::idle_as(name));
    let ports = world.server.with(|model| model.ports(&world.unit).cloned());
    assert_eq!(ports.unwrap().into_iter().collect::<Vec<_>>(), [Port::tcp(8123)], "{name}");
    let before = (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
    world.fire(ready());
    assert_eq!((world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap()), before, "{name}");
    let mut found = world.variables_of(name);
    found.retain(|variable, _| !["SECRET", "POSTGRESQL", "PROXY", "proxy"].iter().any(|part| variable.contains(part)));
    found
}

/// Variables of each framework with port 8123, and metrics on port 9000.
const VARIABLES: [(&str, &[(&str, &str)]); 5] = [
    (
        "django",
        &[
            ("DJANGO_ALLOWED_HOSTS", "[\"flask-k8s.test\"]"),
            ("DJANGO_BASE_URL", "http://flask-k8s.test:8123"),
            ("DJANGO_DEBUG", "false"),
            ("DJANGO_METRICS_PATH", "/metrics"),
            ("DJANGO_METRICS_PORT", "9000"),
        ],
    ),
    (
        "fastapi",
        &[
            ("APP_BASE_URL", "http://flask-k8s.test:8123"),
            ("METRICS_PATH", "/metrics"),
            ("METRICS_PORT", "9000"),
            ("UVICORN_HOST", "0.0.0.0"),
            ("UVICORN_LOG_LEVEL", "info"),
            ("UVICORN_PORT", "8123"),
            ("WEB_CONCURRENCY", "1"),
        ],
    ),
    (
        "go",
        &[
            ("APP_BASE_URL", "http://flask-k8s.test:8123"),
            ("METRICS_PATH", "/metrics"),
            ("METRICS_PORT", "9000"),
            ("PORT", "8123"),
        ],
    ),
    (
        "expressjs",
        &[
            ("APP_BASE_URL", "http://flask-k8s.test:8123"),
            ("METRICS_PATH", "/metrics"),
            ("METRICS_PORT", "9000"),
            ("NODE_ENV", "production"),
            ("PORT", "8123"),
        ],
    ),
    (
        "spring-boot",
        &[
            ("APP_BASE_URL", "http://flask-k8s.test:8123"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_TRACES_EXPORTER", "none"),
            ("SERVER_PORT", "8123"),
            ("management.endpoints.web.base-path", "/actuator"),
            ("management.endpoints.web.exposure.include", "prometheus"),
            ("management.endpoints.web.path-mapping.prometheus", "prometheus"),
            ("management.server.port", "9000"),
            ("server.forward-headers-strategy", "framework"),
        ],
    ),
];

#[test]
fn charms_of_the_second_line_of_every_other_framework_start_at_pebble_ready_where_their_author_wants() {
    let endpoints = "requires:\n  postgresql: {interface: postgresql_client, optional: true, limit: 1}\n";
    for (name, expected) in VARIABLES {
        let charm = Charm::expanded(name, "26.04").replace("requires:\n", endpoints);
        let charm = charm.paas_config("port: 8123\nmetrics_port: 9000\n");
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(variables(name, &charm), expected.collect(), "{name}");
    }
}
