//! A pod: one unit's workload container, as Kubernetes would run it, without Kubernetes and without root.
//!
//! ```text
//! webcharm up ── keeper (network, pid, host-name, and maybe user namespaces) ── pid 1: own root, then a user namespace
//!                                                                               of its own, then Pebble
//! ```
//! The keeper lives as long as its standard input is open, which only `webcharm up` holds; pid 1 lives as long as the
//! keeper; everything in the pod lives as long as pid 1. So a pod ends with `webcharm up`, even if that is killed.

mod confinement;
mod files;
pub(crate) mod keeper;
pub mod machine;
pub(crate) mod mounts;
pub(crate) mod namespace;
mod packed;
mod plain;
pub(crate) mod relay;
pub(crate) mod root;
pub mod sidecar;
mod users;
pub(crate) mod way;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::keeper_handle::{self, KeeperHandle};
use crate::log_tail::LogTail;
use crate::network::Place;
pub use confinement::hold;
pub use keeper::keep;
pub use namespace::Identity;
pub use plain::plain;
pub use root::enter;
pub use users::Users;

/// The first argument with which this program becomes a pod's keeper.
pub const KEEPER: &str = "pod-keeper";

/// The first argument with which this program becomes a pod's pid 1.
pub const INIT: &str = "pod-init";

/// The first argument with which this program becomes the holder of a pod's user namespace.
pub const HOLDER: &str = "pod-user-namespace";

/// Longest wait for Pebble's first answer.
const START: Duration = Duration::from_secs(30);

/// Time for the services to end before they are killed.
const GRACE: Duration = Duration::from_secs(5);

/// Description of a pod. It is written to a file, which keeper and pid 1 read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The pod's host name.
    pub hostname: String,
    /// Lines of its `/etc/hosts` besides the loopback's.
    pub hosts: Vec<String>,
    /// Servers that it reaches by name.
    #[serde(default)]
    pub neighbors: Vec<Neighbor>,
    /// The rock.
    pub image: rock::Image,
    /// The supervisor's binary.
    pub pebble: PathBuf,
    /// The container's name.
    pub container: String,
    /// The host's folder in which the container's Pebble socket appears.
    pub socket_dir: PathBuf,
    /// An empty folder of the host on which the root is mounted, in the pod's own mount namespace.
    pub root: PathBuf,
    /// Another empty folder, for the upper and work folders of the root's overlays.
    pub scratch: PathBuf,
    /// The port on which the workload serves. A pod outside any network has it relayed from the host.
    pub port: u16,
    /// Its place in the pods' network, if it is in one.
    #[serde(default)]
    pub network: Option<Place>,
    /// User who is root in the pod.
    pub identity: Identity,
    /// The id that an ordinary user has in the pod, under each name: 0, or another for programs that refuse to run as root.
    #[serde(default)]
    pub single: u32,
    /// The users of the host's packages, if the pod has them.
    #[serde(default)]
    pub users: Users,
    /// Folders and files of the host that the pod has at the same paths; it may write to the folders.
    #[serde(default)]
    pub shared: Vec<PathBuf>,
}

/// A server that a pod can reach by a name and a port, as in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbor {
    /// Its name.
    pub name: String,
    /// Address on the pod's loopback that is relayed to it.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// Unix socket on which it listens on the host.
    pub socket: PathBuf,
}

impl Neighbor {
    /// Its name and port, as in `name:port`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.name, self.port)
    }

    /// True if the other one is the same server at the same place, under whatever name.
    pub(crate) fn is_where(&self, other: &Self) -> bool {
        (self.address, self.port, &self.socket) == (other.address, other.port, &other.socket)
    }
}

impl Spec {
    /// Pebble's socket, as the host sees it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket_dir.join("pebble.socket")
    }

    /// The id of all users, if the pod has only one.
    fn single(&self) -> Option<u32> {
        (self.identity == Identity::Single).then_some(self.single)
    }

    /// Host name, if it is a name of the loopback address. In a network it is a name of the pod's address there, so
    /// that other pods reach a server that listens on its own host name.
    fn own_name(&self) -> Option<&str> {
        self.network.is_none().then_some(self.hostname.as_str())
    }
}

/// Reasons why a pod can't be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The description can't be written.
    #[error("cannot write the pod's description {path}")]
    Describe {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The keeper can't be started.
    #[error("cannot start the pod")]
    Spawn(#[source] io::Error),
    /// The pod ended before Pebble answered.
    #[error("the pod ended at once ({status}); {log}")]
    Ended {
        /// Exit status of the keeper.
        status: ExitStatus,
        /// The end of its log, with the reason.
        log: LogTail,
    },
    /// The neighbors or the hosts file can't be changed.
    #[error("cannot make {name} known in the pod")]
    Introduce {
        /// The servers, or the units.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Pebble doesn't answer.
    #[error("the pod's Pebble does not answer on {socket}; {log}")]
    Silent {
        /// Pebble's socket.
        socket: String,
        /// The end of the pod's log.
        log: LogTail,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A running pod. Dropping it ends it.
#[derive(Debug)]
pub struct Pod {
    keeper: KeeperHandle,
    spec: Spec,
}

impl Pod {
    /// Starts a pod, described in the new file `description`, that logs to the file `log`. For a pod outside any
    /// network, connections on `listener` are relayed to its port.
    ///
    /// # Errors
    /// When the keeper can't be started. [`Pod::ready`] waits until the pod is up.
    pub fn start(spec: &Spec, description: &Path, listener: Option<&TcpListener>, log: &Path) -> Result<Self, Error> {
        keeper_handle::describe(description, spec)
            .map_err(|source| Error::Describe { path: description.display().to_string(), source })?;
        let keeper = KeeperHandle::start(KEEPER, description, listener.map(AsFd::as_fd), log, GRACE * 2)
            .map_err(Error::Spawn)?;
        Ok(Self { keeper, spec: spec.clone() })
    }

    /// Waits until Pebble answers.
    ///
    /// # Errors
    /// When the pod ends first, Pebble stays silent, or `cancel` is thrown.
    pub fn ready(&mut self, cancel: &rock::Cancel) -> Result<(), Error> {
        let client = pebble::blocking::Client::new(self.socket());
        let started = Instant::now();
        loop {
            if cancel.is_thrown() {
                return Err(Error::Interrupted);
            }
            if let Some(status) = self.ended() {
                return Err(Error::Ended { status, log: self.log_tail() });
            }
            if self.socket().exists() && client.system_info().is_ok() {
                return Ok(());
            }
            if started.elapsed() > START {
                return Err(Error::Silent { socket: self.socket().display().to_string(), log: self.log_tail() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Socket on which its Pebble listens, as the host sees it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.spec.socket()
    }

    /// Sets the servers that are reachable from the pod. Ways to others are closed, with their connections.
    ///
    /// # Errors
    /// When the pod has ended or can't write its `/etc/hosts`.
    pub fn set_neighbors(&mut self, neighbors: &[Neighbor]) -> Result<(), Error> {
        if self.spec.neighbors == neighbors {
            return Ok(());
        }
        let failed = |source| Error::Introduce { name: "the servers".to_owned(), source };
        self.keeper.tell(&neighbors).map_err(|error| failed(error.into()))?;
        neighbors.clone_into(&mut self.spec.neighbors);
        self.write_hosts().map_err(|error| failed(error.into()))
    }

    /// Sets the lines of its `/etc/hosts` besides those of the loopback and its neighbors.
    ///
    /// # Errors
    /// When the pod has ended or can't write the file.
    pub fn set_hosts(&mut self, hosts: &[String]) -> Result<(), Error> {
        if self.spec.hosts == hosts {
            return Ok(());
        }
        hosts.clone_into(&mut self.spec.hosts);
        self.write_hosts().map_err(|error| Error::Introduce { name: "the units".to_owned(), source: error.into() })
    }

    /// Content of its `/etc/hosts`.
    #[must_use]
    pub fn hosts(&self) -> String {
        files::hosts(self.spec.own_name(), &self.spec.hosts, &self.spec.neighbors)
    }

    fn write_hosts(&self) -> Result<(), pebble::Error> {
        let client = pebble::blocking::Client::new(self.socket());
        client.write_file("/etc/hosts", self.hosts().as_bytes(), &pebble::types::WriteFile::default())
    }

    /// Exit status, if the pod has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.keeper.ended()
    }

    /// Asks it to end, without waiting. The keeper sees the end of its input and sends SIGTERM to Pebble, which stops
    /// the services. Dropping the pod waits.
    pub fn ask_to_end(&mut self) {
        self.keeper.ask_to_end();
    }

    /// The last lines of the pod's log.
    #[must_use]
    pub fn log_tail(&self) -> LogTail {
        self.keeper.log_tail()
    }

    /// The last lines of the services' output.
    #[must_use]
    pub fn service_log_tail(&self) -> LogTail {
        self.keeper.service_log_tail()
    }
}
