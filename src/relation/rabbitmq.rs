//! RabbitMQ: a broker's values as the variables `RABBITMQ_…`, or as Spring's properties.

use interfaces::rabbitmq::{self, Broker, Request};
use juju::Secret;
use pebble::plan::Environment;

use super::names;
use crate::facts::{Interface, LocalSide};
use crate::framework::Naming;
use crate::url;

/// Interface `rabbitmq`.
pub const RABBITMQ: Interface = Interface {
    name: rabbitmq::INTERFACE,
    needs: rabbitmq::NEEDS,
    clear_secrets: &["password"],
    read: |relation, local| {
        rabbitmq::read(&relation.view, &request(local)).map(|broker| match local.naming() {
            Naming::Plain => plain(&names::upper(&relation.view.endpoint), &broker).into(),
            Naming::Spring => properties(&broker).into(),
        })
    },
    request: |relation, local, _| rabbitmq::request(&relation.view, &request(local)),
    ..Interface::PLAIN
};

fn request(local: &LocalSide<'_>) -> Request {
    Request { username: local.app().to_owned(), vhost: "/".to_owned() }
}

fn plain(prefix: &str, broker: &Broker) -> Environment {
    let mut all = url::variables(prefix, broker.uri().expose());
    // The path of this URL is the virtual host, not a database.
    all.remove(&format!("{prefix}_NAME"));
    let uris = broker.uris();
    let uris: Vec<_> = uris.iter().map(Secret::expose).collect();
    all.insert(format!("{prefix}_VHOST"), broker.vhost.clone());
    all.insert(format!("{prefix}_CONNECT_STRINGS"), uris.join(","));
    all
}

fn properties(broker: &Broker) -> Environment {
    let rows = [
        ("host", Some(broker.host.clone())),
        ("port", Some(rabbitmq::PORT.to_string())),
        ("username", Some(broker.username.clone())),
        ("password", Some(broker.password.expose().to_owned())),
        ("virtual-host", Some(broker.vhost.clone())),
    ];
    names::table("spring.rabbitmq.", rows)
}
