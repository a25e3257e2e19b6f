//! Ingress: routes visitors to the application. It gets the application's address and provides the public one.

use interfaces::{ingress, peer};

use crate::facts::{Interface, LocalSide, Provided, Relation, Role};

/// Interface `ingress`.
pub const INGRESS: Interface = Interface {
    name: ingress::INTERFACE,
    role: Role::Route,
    needs: ingress::NEEDS,
    read: |relation, _| ingress::read(&relation.view).map(|url| Provided { url: Some(url), ..Provided::default() }),
    request: |relation, local, _| ingress::request(&relation.view, &route(relation, local)),
    ..Interface::PLAIN
};

fn route(relation: &Relation, local: &LocalSide<'_>) -> ingress::Request {
    ingress::Request {
        model: local.unit.model.clone(),
        name: local.app().to_owned(),
        port: local.port,
        strip_prefix: true,
        redirect_https: false,
        is_port_open: local.port_is_open,
        scheme: ingress::Scheme::Http,
        host: peer::fqdn(&local.unit.name, &local.unit.model),
        ip: relation.address,
    }
}
