//! Interface `ingress`, version 2: an address at which the whole application is reached from outside.
//!
//! Every value on the wire is a JSON document, so a text stands there with its quotes. The requirer's leader writes
//! the route's target, and **every** unit its `host`: a provider routes to an application only once all of its units
//! have written it. The answer is one key, `ingress`, an object with `url`. The provider's half: [`provider`].
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it clears its databags before it writes, and with them `egress-subnets`, `ingress-address` and `private-address`,
//!   which are Juju's; here only keys of this protocol are touched;
//! - it remembers the last address and prefers it to the databag, so one that is withdrawn stays in use; here only
//!   the databag counts;
//! - it doesn't write before the first `relation-changed`. [`request`] knows no events: its caller decides.

pub mod provider;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use juju::{Changes, Databag, Draft, Needs, View};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::address::MAX_URL_BYTES;
use crate::address::check;
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "ingress";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// Protocol between the provider and the workload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// HTTP; the default, and so not written.
    #[default]
    Http,
    /// HTTPS.
    Https,
    /// HTTP/2 in clear.
    H2c,
}

/// Request of a requirer: the route to its workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Our model's name.
    pub model: String,
    /// Our application's name.
    pub name: String,
    /// The port that the workload serves on.
    pub port: u16,
    /// The path by which the provider tells applications apart is kept from the workload. Web apps want it so.
    pub strip_prefix: bool,
    /// Visitors that come by HTTP are sent to HTTPS.
    pub redirect_https: bool,
    /// The port is among those that the unit has opened. To be asked after the ports are set, not before.
    pub is_port_open: bool,
    /// Protocol of the workload.
    pub scheme: Scheme,
    /// This unit's full name in the cluster; see [`peer::fqdn`](crate::peer::fqdn).
    pub host: String,
    /// The address that this unit binds to in the relation's network, where Juju knows one.
    pub ip: Option<IpAddr>,
}

/// The application's address, as the provider wrote it: not normalised, so it may or may not end in `/`.
///
/// ```
/// use interfaces::{Read, ingress};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("ingress", RelationId(3));
/// view.app = Some("traefik-k8s".into());
/// assert_eq!(ingress::read(&view), Read::Waiting("ingress".into()));
/// view.remote_app = Databag::from_iter([("ingress", r#"{"url": "https://example.com/web-shop"}"#)]);
/// assert_eq!(ingress::read(&view), Read::Ready("https://example.com/web-shop".into()));
/// ```
#[must_use]
pub fn read(view: &View) -> Read<Url> {
    Read::of(view, || url(&view.remote_app))
}

fn url(app: &Databag) -> Result<Url, Stop> {
    let waiting = || Stop::waiting("ingress");
    let answer: Map<String, Value> = json::value(app, "ingress", "an object")?.ok_or_else(waiting)?;
    match answer.get("url").unwrap_or(&Value::Null) {
        Value::Null => Err(waiting()),
        Value::String(url) if url.is_empty() => Err(waiting()),
        Value::String(url) => match check(url) {
            Ok(()) => Ok(Url::from(url.as_str())),
            Err(why) => Err(Stop::invalid("ingress", &format!("its url {why}"))),
        },
        _ => Err(Stop::invalid("ingress", "its url is not a text")),
    }
}

/// Changes of the requirer: `host` and `ip` of this unit, and if this unit leads, the application's route. A key
/// with its default isn't written, and taken away where it stands.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let ip = request.ip.map(|ip| json::text(&ip)).unwrap_or_default();
    let unit = Databag::from_iter([("host", json::text(&request.host)), ("ip", ip)]);
    Changes { unit: Draft::differing(&view.local_unit, &unit), ..Changes::of_leader(view, &routed(request)) }
}

/// The keys of the application's databag; empty where the default holds. The mixed spelling is the protocol's.
fn routed(request: &Request) -> Databag {
    let set = |on: bool| if on { json::text(&true) } else { String::new() };
    let scheme = if request.scheme == Scheme::default() { String::new() } else { json::text(&request.scheme) };
    Databag::from_iter([
        ("model", json::text(&request.model)),
        ("name", json::text(&request.name)),
        ("port", json::text(&request.port)),
        ("strip-prefix", set(request.strip_prefix)),
        ("redirect-https", set(request.redirect_https)),
        ("is_port_open", set(request.is_port_open)),
        ("scheme", scheme),
        // Never asked for here; from an earlier revision of the charm one may be left.
        ("healthcheck_params", String::new()),
    ])
}
