//! Interface `rabbitmq`: a message broker, and a user there.
//!
//! The requirer's leader asks for a user and a virtual host. There are two kinds of providers: the Kubernetes charm
//! answers in its application's databag, and its units' databags hold only their hosts; the machine charm answers in each
//! unit's databag. The port is always 5672, and there is no TLS.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it takes the units in the order of a Python set, which differs in each process, so the addresses change and the
//!   workload restarts without need; here the units are in the order of their numbers;
//! - it puts the password into the address unencoded; here password and user are percent-encoded.

pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use juju::{Changes, Databag, Needs, Secret, View};

use crate::field::text;
use crate::needs::OTHER_SIDE;
use crate::read::{Read, Stop};
use crate::uri;

/// The name of the interface.
pub const INTERFACE: &str = "rabbitmq";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_app: true, ..OTHER_SIDE };

/// The port of every provider.
pub const PORT: u16 = 5672;

const HOST: &str = "hostname";
const PASSWORD: &str = "password";

/// Request of a requirer. Providers don't repeat it, so [`read`] takes user and virtual host from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The user's name; web apps ask for one of the application's name.
    pub username: String,
    /// The virtual host; web apps ask for `/`.
    pub vhost: String,
}

/// Broker with its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// The user.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// The virtual host.
    pub vhost: String,
    /// The host to connect to.
    pub host: String,
    /// Hosts of all units, for clients that try the next if one doesn't answer; at least [`host`](Self::host).
    pub hosts: Vec<String>,
}

impl Broker {
    /// Address `amqp://…` of [`host`](Self::host).
    #[must_use]
    pub fn uri(&self) -> Secret {
        self.at(&self.host)
    }

    /// Addresses of all [`hosts`](Self::hosts).
    #[must_use]
    pub fn uris(&self) -> Vec<Secret> {
        self.hosts.iter().map(|host| self.at(host)).collect()
    }

    fn at(&self, host: &str) -> Secret {
        let endpoint = uri::endpoint(host, PORT).unwrap_or_else(|_| host.to_owned());
        uri::build("amqp", &self.username, &self.password, &endpoint, &self.vhost)
    }
}

/// Reads the provider's answer: the application's databag, or else the first unit's that has host and password.
///
/// ```
/// use interfaces::{Read, rabbitmq};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("rabbitmq", RelationId(10));
/// view.app = Some("rabbitmq-k8s".into());
/// let request = rabbitmq::Request { username: "shop".into(), vhost: "/".into() };
/// assert_eq!(rabbitmq::read(&view, &request), Read::Waiting("hostname".into()));
/// view.remote_app = Databag::from_iter([("hostname", "rabbit"), ("password", "p@ss")]);
/// let broker = rabbitmq::read(&view, &request).ready().cloned().unwrap();
/// assert_eq!(broker.uri().expose(), "amqp://shop:p%40ss@rabbit:5672/%2F");
/// ```
#[must_use]
pub fn read(view: &View, request: &Request) -> Read<Broker> {
    Read::of(view, || broker(view, request))
}

fn broker(view: &View, request: &Request) -> Result<Broker, Stop> {
    let complete = |bag: &&Databag| [HOST, PASSWORD].iter().all(|key| bag.text(key).is_some_and(|v| !v.is_empty()));
    let bag =
        std::iter::once(&view.remote_app).chain(view.units.values()).find(complete).ok_or_else(|| missing(view))?;
    let (host, password) = (text(bag, HOST)?.unwrap_or_default(), text(bag, PASSWORD)?.unwrap_or_default());
    let (mut hosts, mut known) = (Vec::new(), BTreeSet::new());
    for unit in view.units.values() {
        hosts.extend(text(unit, HOST)?.filter(|host| known.insert(host.clone())));
    }
    if hosts.is_empty() {
        hosts.push(host.clone());
    }
    for host in hosts.iter().chain([&host]) {
        uri::endpoint(host, PORT).map_err(|why| Stop::invalid(HOST, why))?;
    }
    let (username, vhost) = (request.username.clone(), request.vhost.clone());
    let broker = Broker { username, password: password.into(), vhost, host, hosts };
    // Each address repeats the password.
    let bytes: usize = broker.uris().iter().map(|uri| uri.expose().len() + 1).sum();
    if bytes > MAX_ADDRESSES_BYTES {
        return Err(Stop::invalid(PASSWORD, "it makes the addresses of all units longer than 64 KiB"));
    }
    Ok(broker)
}

/// Most bytes of all addresses together. The kernel refuses to start a process with an environment variable over 128 KiB.
const MAX_ADDRESSES_BYTES: usize = 64 * 1024;

/// Stop that names the missing key: the password if some databag has a host, else the host.
fn missing(view: &View) -> Stop {
    let named = |bag: &Databag| bag.text(HOST).is_some_and(|host| !host.is_empty());
    let named = named(&view.remote_app) || view.units.values().any(named);
    Stop::waiting(if named { PASSWORD } else { HOST })
}

/// Changes of the requirer: user and virtual host, if this unit leads.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let wanted = Databag::from_iter([("username", request.username.clone()), ("vhost", request.vhost.clone())]);
    Changes::of_leader(view, &wanted)
}
