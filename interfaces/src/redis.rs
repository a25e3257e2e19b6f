//! Interface `redis`: the address of a cache's primary.
//!
//! The requirer writes no data. Each of the provider's units publishes the primary as it sees it, `hostname` and
//! `port`; the leader may publish `leader-host`, which then replaces every unit's `hostname`. There is
//! no password and no TLS in this protocol.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it takes any of the units, another at each event; here it's the complete unit with the lowest number;
//! - without a host it publishes an address at the host `None`; here a host is waited for.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Databag, Needs, View};

use crate::field::{self, text};
use crate::needs::OTHER_SIDE;
use crate::read::{Read, Stop};
use crate::uri;

/// The name of the interface.
pub const INTERFACE: &str = "redis";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = OTHER_SIDE;

const HOST: &str = "hostname";
const PORT: &str = "port";
const LEADER_HOST: &str = "leader-host";

/// The primary's address, as `redis://<host>:<port>`.
///
/// ```
/// use interfaces::{Read, redis};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("redis", RelationId(9));
/// view.app = Some("redis-k8s".into());
/// assert_eq!(redis::read(&view), Read::Waiting("port".into()));
/// let unit = Databag::from_iter([("hostname", "10.1.0.21"), ("port", "6379")]);
/// view.units = [("redis-k8s/0".parse()?, unit)].into();
/// assert_eq!(redis::read(&view), Read::Ready("redis://10.1.0.21:6379".into()));
/// # Ok::<(), juju::NameError>(())
/// ```
#[must_use]
pub fn read(view: &View) -> Read<String> {
    Read::of(view, || url(view))
}

fn url(view: &View) -> Result<String, Stop> {
    let leader = text(&view.remote_app, LEADER_HOST)?;
    let key = if leader.is_some() { LEADER_HOST } else { HOST };
    let unit = view.units.values().find(|unit| says_enough(unit, leader.is_some()));
    let unit = unit.or_else(|| view.units.values().next()).ok_or_else(|| Stop::waiting(PORT))?;
    let port = field::port(PORT, &field::needed(unit, PORT)?)?;
    let host = leader.map_or_else(|| field::needed(unit, HOST), Ok)?;
    let endpoint = uri::endpoint(&host, port).map_err(|why| Stop::invalid(key, why))?;
    Ok(format!("redis://{endpoint}"))
}

fn says_enough(unit: &Databag, host_is_known: bool) -> bool {
    let says = |key: &str| unit.text(key).is_some_and(|value| !value.is_empty());
    says(PORT) && (host_is_known || says(HOST))
}
