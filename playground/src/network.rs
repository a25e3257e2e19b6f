//! The network of a model's pods, without root: a network namespace with a bridge, to which each pod has a cable.
//!
//! ```text
//! host ── ports ── network keeper: bridge 10.0.0.0/8 ──┬── veth ── pod of unit 0: eth0 10.1.1.10
//!                  (user and network namespace)        └── veth ── pod of unit 1: eth0 10.1.1.11
//! ```
//! All pods of an ordinary user are in the keeper's user namespace, where that user is root of every network namespace.
//! The keeper is also what a Service is in a cluster: connections to an application's port, from the host or from a pod,
//! go to one of the units that serve, in turn. Each application has a [`Subnet`]: `10.N.0.1` is its Service.

mod listeners;
mod netlink;
mod service;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::keeper_handle::{self, KeeperHandle};
use crate::pod::{Identity, namespace};
use listeners::HandOver;
use netlink::{LOOPBACK, Netlink, Peer};
use service::Services;

/// The first argument with which this program becomes the keeper of a network.
pub const KEEPER: &str = "network-keeper";

/// Name of the bridge.
const BRIDGE: &str = "pods";
/// Length of the network's prefix: all applications' subnets are one network.
const PREFIX: u8 = 8;

/// Name of a pod's interface in its own namespace.
const INTERFACE: &str = "eth0";

/// Longest wait for the bridge.
const START: Duration = Duration::from_secs(10);

/// Longest wait for the keeper to end.
const GRACE: Duration = Duration::from_secs(2);

/// Number of an application's part of the network, the second byte of its addresses: from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subnet(u8);

impl Default for Subnet {
    fn default() -> Self {
        Self::FIRST
    }
}

impl Subnet {
    /// The first application's.
    pub const FIRST: Self = Self(1);

    /// The next one; `None` after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

/// Address of an application's Service.
#[must_use]
pub fn service(app: Subnet) -> Ipv4Addr {
    Ipv4Addr::new(10, app.0, 0, 1)
}

/// The address of the application's unit with that number.
#[must_use]
pub fn address(app: Subnet, unit: u32) -> Ipv4Addr {
    let [third, fourth] = [unit / 240 % 250 + 1, unit % 240 + 10].map(|part| u8::try_from(part).unwrap_or(u8::MAX));
    Ipv4Addr::new(10, app.0, third, fourth)
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
    /// A Service can't be opened.
    #[error("cannot open the Service {place}")]
    Serve {
        /// Its address and port in the network.
        place: SocketAddrV4,
        /// The cause.
        #[source]
        source: io::Error,
    },
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
    listeners: HandOver,
    /// By Service.
    targets: BTreeMap<Ipv4Addr, Vec<SocketAddrV4>>,
}

/// Message to the keeper: the units behind a Service.
#[derive(Debug, Serialize, Deserialize)]
struct Route {
    service: Ipv4Addr,
    targets: Vec<SocketAddrV4>,
}

impl Network {
    /// Makes a network without Services. Files go to `dir`.
    ///
    /// # Errors
    /// When it can't be made, or `cancel` is thrown.
    pub fn start(dir: &Path, cancel: &rock::Cancel) -> Result<Self, Error> {
        let [description, log, ready] = ["network.json", "network.log", "network.ready"].map(|name| dir.join(name));
        let _ = std::fs::remove_file(&ready);
        let spec = Spec { identity: Identity::current(), ready };
        let start = || {
            keeper_handle::describe(&description, &spec)?;
            let (ours, theirs) = HandOver::pair()?;
            Ok((ours, KeeperHandle::start(KEEPER, &description, Some(theirs.as_fd()), &log, GRACE)?))
        };
        let (listeners, mut keeper) = start().map_err(Error::Spawn)?;
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
            thread::sleep(Duration::from_millis(2));
        }
        Ok(Self { keeper, listeners, targets: BTreeMap::new() })
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

    /// Opens a Service on `port` inside and on `listener` outside. It has no targets yet.
    ///
    /// # Errors
    /// When it can't be opened, or the keeper has ended.
    pub fn serve(&mut self, service: Ipv4Addr, port: u16, listener: &TcpListener) -> Result<(), Error> {
        let place = SocketAddrV4::new(service, port);
        self.listeners.give(place, listener).map_err(|source| Error::Serve { place, source })
    }

    /// Sets the targets of a Service.
    pub fn lead_to(&mut self, service: Ipv4Addr, targets: Vec<SocketAddrV4>) {
        if self.targets.get(&service) == Some(&targets) {
            return;
        }
        let route = Route { service, targets };
        // A keeper that has ended is no error here: callers see it by `has_ended`.
        if self.keeper.tell(&route).is_ok() {
            self.targets.insert(service, route.targets);
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
    netlink.add_bridge(BRIDGE).map_err(device("make the bridge between the pods"))?;
    let given = io::stdout().as_fd().try_clone_to_owned();
    let listeners = HandOver::given(given.map_err(device("take over the socket for ports"))?);
    let services = Services::default();
    let opened = services.clone();
    // Ends with this process, whose input ends at the same time as that socket.
    thread::spawn(move || {
        let open = |place, outside| open(&netlink, &opened, place, outside);
        while listeners.take(open).is_ok() {}
    });
    crate::private::write(&spec.ready, b"").map_err(device("say that the network is ready"))?;
    // Only `webcharm up` writes to the input, and only routes.
    let lines = io::stdin().lines().map_while(Result::ok);
    let routes = lines.filter_map(|line| serde_json::from_str(&line).ok());
    routes.for_each(|Route { service, targets }| services.of(service).set(targets));
    Ok(0)
}

/// Opens a Service: gives the bridge its address, and relays connections to it and to its listener on the host.
fn open(netlink: &Netlink, services: &Services, place: SocketAddrV4, outside: TcpListener) -> io::Result<()> {
    netlink.add_address(netlink.index(BRIDGE)?, *place.ip(), PREFIX)?;
    let (inside, targets) = (TcpListener::bind(place)?, services.of(*place.ip()));
    service::start(inside, &targets);
    service::start(outside, &targets);
    Ok(())
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
    let [first, second, third, fourth] = place.address.octets();
    // Derived from the address, so that other pods' ARP caches stay right when a pod is replaced.
    let mac = [0x02, 0, first, second, third, fourth];
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
    fn every_unit_and_every_service_has_an_address_of_its_own() {
        let apps: Vec<_> = std::iter::successors(Some(Subnet::FIRST), |app| app.next()).collect();
        assert_eq!(apps.len(), 255);
        let units = apps.iter().flat_map(|app| (0..2000).map(|unit| address(*app, unit)));
        let all: std::collections::BTreeSet<_> = units.chain(apps.iter().map(|app| service(*app))).collect();
        assert_eq!(all.len(), 255 * 2001);
        assert_eq!(address(Subnet::FIRST, 0), Ipv4Addr::new(10, 1, 1, 10));
    }

    #[test]
    fn where_the_kernel_lacks_devices_the_remedy_is_named() {
        let error = |errno: rustix::io::Errno| device("make it")(io::Error::from(errno)).to_string();
        assert!(error(rustix::io::Errno::OPNOTSUPP).contains("modprobe -a bridge veth"));
        assert_eq!(error(rustix::io::Errno::PERM), "cannot make it");
    }
}
