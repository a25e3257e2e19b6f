//! The two halves against the documented example, tables of odd data, and arbitrary data.

mod arbitrary;
mod provider_half;
mod requirer;

use juju::{Databag, RelationId, View};

use super::provider::{self, Requested};
use super::*;
use crate::example::{self, Example};
use crate::trial::{said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/ingress.json"))
}

/// Request of the documented example's unit with this number.
fn our_request(number: u8) -> Request {
    Request {
        model: example::MODEL.into(),
        name: "my-app".into(),
        port: 8080,
        strip_prefix: true,
        redirect_https: false,
        is_port_open: true,
        scheme: Scheme::Http,
        host: format!("my-app-{number}.my-app-endpoints.my-model.svc.cluster.local"),
        ip: Some([10, 1, 0, 7 + number].into()),
    }
}
