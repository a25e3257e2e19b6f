//! A new leader: leader-elected publishes all data that the leader owes other applications, for every interface.

use juju::{Databag, Entity, Event, RelationId, Whose};

use crate::support::{Charm, Rock, World};

/// Id of the peer relation.
const PEERS: RelationId = RelationId(0);

/// Endpoints where the leader writes the application's databag, each of another interface.
const WRITTEN: [&str; 14] = [
    "postgresql",
    "mysql",
    "mongodb",
    "valkey",
    "s3",
    "tracing",
    "openfga",
    "rabbitmq",
    "oidc",
    "http-proxy",
    "ingress",
    "metrics-endpoint",
    "logging",
    "grafana-dashboard",
];
/// Endpoints where it doesn't.
const ONLY_READ: [&str; 3] = ["redis", "saml", "smtp"];

/// The integrations that [`Charm::with_every_integration`] lacks.
const BESIDES: &str = "requires:
  postgresql: {interface: postgresql_client, optional: true, limit: 1}
  mysql: {interface: mysql_client, optional: true, limit: 1}
  tracing: {interface: tracing, optional: true, limit: 1}
";

#[test]
fn a_new_leader_owes_nobody_anything_after_its_own_event() {
    let world = World::of(&Charm::with_every_integration("flask").replace("requires:\n", BESIDES));
    let other = world.server.with(|model| {
        let other = model.add_unit("flask-k8s").unwrap();
        model.set_leader(&other).unwrap();
        let key = Databag::from_iter([("flask_secret_key", "k".repeat(86))]);
        model.set_databag(PEERS, &Entity::App("flask-k8s".to_owned()), &key).unwrap();
        other
    });
    let world = world.with_pod(Rock::idle());
    let relations: Vec<_> = WRITTEN
        .iter()
        .chain(&ONLY_READ)
        .map(|endpoint| (*endpoint, world.integrate(endpoint, &format!("the-{endpoint}"))))
        .collect();
    world.settle();
    let bags = || {
        relations.iter().map(|(endpoint, id)| (*endpoint, world.ours(*id, Whose::App), world.ours(*id, Whose::Unit)))
    };
    assert!(bags().all(|(_, app, _)| app.is_empty()), "this unit does not lead");

    world.server.with(|model| model.set_leader(&world.unit)).unwrap();
    assert_ne!(other, world.unit);
    world.fire(Event::LeaderElected);
    let published: Vec<_> = bags().collect();
    for (endpoint, app, _) in &published {
        assert_eq!(app.is_empty(), ONLY_READ.contains(endpoint), "{endpoint}");
    }
    world.settle();
    for event in [Event::ConfigChanged, Event::UpdateStatus] {
        assert_eq!(world.fire(event).counts().get("relation-set"), None);
    }
    assert_eq!(bags().collect::<Vec<_>>(), published);
}
