//! A message broker as the variables `RABBITMQ_…`, or as Spring's properties.

use interfaces::rabbitmq::{self, Broker, Request};
use juju::Secret;
use pebble::plan::Environment;

use super::{Interface, Ours, names};
use crate::framework::Naming;
use crate::url;

/// `rabbitmq`
pub const RABBITMQ: Interface = Interface {
    name: rabbitmq::INTERFACE,
    needs: rabbitmq::NEEDS,
    clear_secrets: &["password"],
    read: |relation, ours| {
        rabbitmq::read(&relation.view, &request(ours)).map(|broker| match ours.naming() {
            Naming::Plain => plain(&names::upper(&relation.view.endpoint), &broker).into(),
            Naming::Spring => properties(&broker).into(),
        })
    },
    request: |relation, ours, _| rabbitmq::request(&relation.view, &request(ours)),
    ..Interface::PLAIN
};

fn request(ours: &Ours<'_>) -> Request {
    Request { username: ours.app().to_owned(), vhost: "/".to_owned() }
}

fn plain(prefix: &str, broker: &Broker) -> Environment {
    let mut all = url::variables(prefix, broker.uri().expose());
    // What a database's address calls a name is the virtual host here.
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
