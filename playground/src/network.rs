//! The network of a model's pods, without root: a network namespace with a bridge, to which each pod has a cable.
//!
//! ```text
//! host ── port ── network keeper: bridge 10.1.0.1/16 ──┬── veth ── pod of unit 0: eth0 10.1.1.10
//!                 (user and network namespace)         └── veth ── pod of unit 1: eth0 10.1.1.11
//! ```
//! All pods of an ordinary user are in the keeper's user namespace, where that user is root of every network namespace.
//! The keeper is also what a Service is in a cluster: connections to the application's port, from the host or from a
//! pod, go to one of the units that serve, in turn.

mod netlink;
mod service;

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::keeper_handle::{self, KeeperHandle};
use crate::pod::{Identity, keeper, namespace};
use netlink::{LOOPBACK, Netlink, Peer};
use service::Targets;

/// The first argument with which this program becomes the keeper of a network.
pub const KEEPER: &str = "network-keeper";

/// Name of the bridge.
const BRIDGE: &str = "pods";
/// Address of the application's Service, which is the bridge's.
pub const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const PREFIX: u8 = 16;

/// Name of a pod's interface in its own namespace.
const INTERFACE: &str = "eth0";

/// Longest wait for the bridge.
const START: Duration = Duration::from_secs(10);

/// Longest wait for the keeper to end.
const GRACE: Duration = Duration::from_secs(2);

/// The address of the unit with that number.
#[must_use]
pub fn address(number: u32) -> Ipv4Addr {
    let [third, fourth] = [number / 240 % 250 + 1, number % 240 + 10].map(|part| u8::try_from(part).unwrap_or(u8::MAX));
    Ipv4Addr::new(10, 1, third, fourth)
}

/// Reasons why pods have no network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keeper can't be started.
    #[error("cannot start the keeper of the pods' network")]
    Spawn(#[source] io::Error),
    /// The keeper ended.
    #[error("the pods' network can't be made: {0}")]
    Ended(String),
    /// The keeper did not get ready in time.
    #[error("the pods' network does not get ready: {0}")]
    Silent(String),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The description can't be read.
    #[error("cannot read the network's description")]
    Describe(#[source] io::Error),
    /// Namespaces can't be made.
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    /// A device can't be made.
    #[error("cannot {what}{}", remedy(source))]
    Device {
        /// The step, as in "cannot …".
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Remedy for a kernel without such devices; empty for other errors.
fn remedy(error: &io::Error) -> &'static str {
    let is_unknown = [rustix::io::Errno::OPNOTSUPP, rustix::io::Errno::NODEV].map(|errno| Some(errno.raw_os_error()));
    if is_unknown.contains(&error.raw_os_error()) {
        "; `sudo modprobe -a bridge veth` loads what the kernel needs for it"
    } else {
        ""
    }
}

fn device(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Device { what, source }
}

/// Description of a network. The keeper reads it from a file.
#[derive(Debug, Serialize, Deserialize)]
struct Spec {
    identity: Identity,
    port: u16,
    ready: PathBuf,
}

/// A pod's place in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Process id of the network's keeper.
    pub keeper: u32,
    /// The pod's address.
    pub address: Ipv4Addr,
}

/// A running network. Dropping it ends it.
#[derive(Debug)]
pub struct Network {
    keeper: KeeperHandle,
    targets: Vec<SocketAddrV4>,
}

impl Network {
    /// Makes a network. Its Service listens on `port` inside and on `listener` outside, and has no targets yet. Files
    /// go to `dir`.
    ///
    /// # Errors
    /// When it can't be made, or `cancel` is thrown.
    pub fn start(dir: &Path, listener: &TcpListener, port: u16, cancel: &rock::Cancel) -> Result<Self, Error> {
        let [description, log, ready] = ["network.json", "network.log", "network.ready"].map(|name| dir.join(name));
        let _ = std::fs::remove_file(&ready);
        let spec = Spec { identity: Identity::current(), port, ready };
        let start = || {
            keeper_handle::describe(&description, &spec)?;
            KeeperHandle::start(KEEPER, &description, Some(listener), &log, GRACE)
        };
        let mut keeper = start().map_err(Error::Spawn)?;
        let started = Instant::now();
        while !spec.ready.exists() {
            let log = |keeper: &KeeperHandle| keeper.log_tail().reason().to_owned();
            if cancel.is_thrown() {
                return Err(Error::Interrupted);
            }
            if keeper.ended().is_some() {
                return Err(Error::Ended(log(&keeper)));
            }
            if started.elapsed() > START {
                return Err(Error::Silent(log(&keeper)));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Self { keeper, targets: Vec::new() })
    }

    /// Process id of the keeper, by which pods find the network.
    #[must_use]
    pub fn keeper(&self) -> u32 {
        self.keeper.id()
    }

    /// True if the keeper has ended.
    pub fn has_ended(&mut self) -> bool {
        self.keeper.ended().is_some()
    }

    /// Sets the targets of the Service.
    pub fn lead_to(&mut self, targets: Vec<SocketAddrV4>) {
        // A keeper that has ended is no error here: callers see it by `has_ended`.
        if targets != self.targets && self.keeper.tell(&targets).is_ok() {
            self.targets = targets;
        }
    }
}

/// Seconds without data before a connection's peer is probed, seconds between probes, and their number. A pod that is
/// killed on a busy machine may be gone before its last packets have left: a client that waits for an answer hears of
/// that only by a probe. A server has to ask for them.
const KEEPALIVE: [(&str, &str); 3] =
    [("tcp_keepalive_time", "2"), ("tcp_keepalive_intvl", "1"), ("tcp_keepalive_probes", "3")];

/// Keeps the network described in `description` until this process's input ends.
///
/// # Errors
/// When it can't be made.
pub fn keep(description: &Path) -> Result<u8, Error> {
    let spec: Spec = keeper_handle::described(description).map_err(Error::Describe)?;
    namespace::leave(spec.identity)?;
    for (name, value) in KEEPALIVE {
        namespace::set_sysctl(&format!("net/ipv4/{name}"), value).map_err(device("set the time of keepalives"))?;
    }
    let netlink = Netlink::open().map_err(device("talk to the kernel about network devices"))?;
    netlink.up(LOOPBACK).map_err(device("bring the loopback interface up"))?;
    let bridge = || {
        netlink.add_bridge(BRIDGE)?;
        netlink.add_address(netlink.index(BRIDGE)?, SERVICE, PREFIX)
    };
    bridge().map_err(device("make the bridge between the pods"))?;
    let targets = Targets::default();
    let inside = TcpListener::bind((SERVICE, spec.port)).map_err(device("listen on the application's address"))?;
    service::start(inside, &targets);
    service::start(keeper::given_listener().map_err(device("take over the application's port"))?, &targets);
    crate::private::write(&spec.ready, b"").map_err(device("say that the network is ready"))?;
    // Only `webcharm up` writes to the input, and only targets.
    let lines = io::stdin().lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).for_each(|new| targets.set(new));
    Ok(0)
}

/// Enters new network, host-name and IPC namespaces, and connects them to the network. The process must have one
/// thread.
///
/// # Errors
/// When that is forbidden, or the network is gone.
pub(crate) fn join(identity: Identity, place: &Place) -> Result<(), Error> {
    namespace::enter(identity, place.keeper)?;
    let outer = Netlink::open().map_err(device("talk to the kernel about network devices"))?;
    namespace::leave_again(identity)?;
    alone()?;
    let [.., third, fourth] = place.address.octets();
    // Derived from the address, so that other pods' ARP caches stay right when a pod is replaced.
    let mac = [0x02, 0, 0x0a, 0x01, third, fourth];
    let cable = || {
        outer.add_pair(outer.index(BRIDGE)?, Peer { name: INTERFACE, mac, pid: std::process::id() })?;
        let inner = Netlink::open()?;
        let end = inner.index(INTERFACE)?;
        inner.up(end)?;
        inner.add_address(end, place.address, PREFIX)
    };
    cable().map_err(device("connect the pod to the network"))
}

/// Brings the loopback interface up: the only interface of a pod outside any network. Its processes lack capabilities
/// over the network, but may listen on any port, as in container runtimes.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn alone() -> Result<(), Error> {
    let up = || Netlink::open()?.up(LOOPBACK);
    up().map_err(device("bring the pod's loopback interface up"))?;
    namespace::set_sysctl("net/ipv4/ip_unprivileged_port_start", "0").map_err(device("open the pod's lower ports"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_an_address_of_its_own() {
        let all: std::collections::BTreeSet<_> = (0..2000).map(address).collect();
        assert_eq!(all.len(), 2000);
        assert_eq!(address(0), Ipv4Addr::new(10, 1, 1, 10));
        assert!(!all.contains(&SERVICE));
    }

    #[test]
    fn where_the_kernel_lacks_devices_the_remedy_is_named() {
        let error = |errno: rustix::io::Errno| device("make it")(io::Error::from(errno)).to_string();
        assert!(error(rustix::io::Errno::OPNOTSUPP).contains("modprobe -a bridge veth"));
        assert_eq!(error(rustix::io::Errno::PERM), "cannot make it");
    }
}
