//! What stands before the application: it's told where the application is, and says where visitors reach it.

use interfaces::{ingress, peer};

use super::{Given, Interface, Ours, Part};
use crate::seen::Relation;

/// `ingress`
pub const INGRESS: Interface = Interface {
    name: ingress::INTERFACE,
    part: Part::Route,
    needs: ingress::NEEDS,
    read: |relation, _| ingress::read(&relation.view).map(|url| Given { url: Some(url), ..Given::default() }),
    request: |relation, ours, _| ingress::request(&relation.view, &route(relation, ours)),
    ..Interface::PLAIN
};

fn route(relation: &Relation, ours: &Ours<'_>) -> ingress::Request {
    ingress::Request {
        model: ours.unit.model.clone(),
        name: ours.app().to_owned(),
        port: ours.port,
        strip_prefix: true,
        redirect_https: false,
        is_port_open: ours.port_is_open,
        scheme: ingress::Scheme::Http,
        host: peer::fqdn(&ours.unit.name, &ours.unit.model),
        ip: relation.address,
    }
}
