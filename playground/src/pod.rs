//! A pod: one unit's workload container, as Kubernetes would run it, without Kubernetes and without root.
//!
//! ```text
//! webcharm up ── keeper (user, network, pid, host-name namespaces; relays the port) ── pid 1: own root, then Pebble
//! ```
//! The keeper lives as long as its standard input is open, which only `webcharm up` holds; pid 1 lives as long as the
//! keeper; everything in the pod lives as long as pid 1. So whatever happens to `webcharm up`, nothing is left behind.

mod files;
pub(crate) mod keeper;
mod loopback;
pub(crate) mod mounts;
pub(crate) mod namespace;
mod relay;
pub(crate) mod root;

use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use keeper::keep;
pub use namespace::Identity;
pub use root::enter;

/// The first argument with which this program becomes a pod's keeper.
pub const KEEPER: &str = "pod-keeper";

/// The first argument with which this program becomes a pod's pid 1.
pub const INIT: &str = "pod-init";

/// This very program, even when its file has been replaced by a newer build meanwhile.
pub(crate) const OURSELVES: &str = "/proc/self/exe";

/// How long Pebble may take to answer.
const START: Duration = Duration::from_secs(30);

/// How long the services may take to end before they are killed.
const GRACE: Duration = Duration::from_secs(5);

/// Everything a pod is made of. It is written to a file, which keeper and pid 1 read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The pod's host name.
    pub hostname: String,
    /// Lines of its `/etc/hosts` besides the loopback's.
    pub hosts: Vec<String>,
    /// Who else can be reached from it, by name.
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
    /// Another one, for what lies under the root's overlays.
    pub scratch: PathBuf,
    /// The port to which connections are relayed.
    pub port: u16,
    /// Who is root in the pod.
    pub identity: Identity,
}

/// A server that a pod can reach by a name and a port, as in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbor {
    /// Its name.
    pub name: String,
    /// An address on the pod's loopback that stands for it.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// Where it listens on the host.
    pub socket: PathBuf,
}

impl Spec {
    /// Pebble's socket, as the host sees it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket_dir.join("pebble.socket")
    }
}

/// Why a pod can't be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The specification can't be handed over.
    #[error("cannot hand over the pod's description {path}")]
    Describe {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The keeper can't be started.
    #[error("cannot start the pod")]
    Spawn(#[source] io::Error),
    /// The pod ended before Pebble answered.
    #[error("the pod ended at once ({status}); its log ends with:\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The end of its log, in which the reason stands.
        log: String,
    },
    /// It can't be told of a neighbor.
    #[error("cannot tell the pod of {name}")]
    Introduce {
        /// The neighbor.
        name: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Pebble doesn't answer.
    #[error("Pebble in the pod does not answer on {socket}; the pod's log ends with:\n{log}")]
    Silent {
        /// Where it should.
        socket: String,
        /// The end of the pod's log.
        log: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A running pod. Dropping it ends it.
#[derive(Debug)]
pub struct Pod {
    keeper: Child,
    log: PathBuf,
    spec: Spec,
}

impl Pod {
    /// Starts a pod whose port answers on `listener`; it logs to the file `log`.
    ///
    /// # Errors
    /// When the keeper can't be started. Whether the pod came up is for [`Pod::ready`] to say.
    pub fn start(spec: &Spec, description: &Path, listener: &TcpListener, log: &Path) -> Result<Self, Error> {
        use std::os::unix::process::CommandExt;
        write(spec, description)
            .map_err(|source| Error::Describe { path: description.display().to_string(), source })?;
        let spawn = || {
            let listener: OwnedFd = listener.try_clone()?.into();
            Command::new(OURSELVES)
                .arg0("webcharm")
                .arg(KEEPER)
                .arg(description)
                .stdin(Stdio::piped())
                .stdout(listener)
                .stderr(File::options().create(true).append(true).open(log)?)
                .process_group(0)
                .spawn()
        };
        let keeper = spawn().map_err(Error::Spawn)?;
        Ok(Self { keeper, log: log.to_owned(), spec: spec.clone() })
    }

    /// Waits until Pebble answers.
    ///
    /// # Errors
    /// When the pod ends first, Pebble stays silent, or `cancel` is thrown.
    pub fn ready(&mut self, cancel: &rock::Cancel) -> Result<(), Error> {
        let client = pebble::blocking::Client::new(self.spec.socket());
        let started = Instant::now();
        loop {
            if cancel.is_thrown() {
                return Err(Error::Interrupted);
            }
            if let Some(status) = self.ended() {
                return Err(Error::Ended { status, log: self.log_tail() });
            }
            if self.spec.socket().exists() && client.system_info().is_ok() {
                return Ok(());
            }
            if started.elapsed() > START {
                return Err(Error::Silent { socket: self.spec.socket().display().to_string(), log: self.log_tail() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes a server reachable from the pod.
    ///
    /// # Errors
    /// When the pod has ended or can't write its `/etc/hosts`.
    pub fn introduce(&mut self, neighbor: &Neighbor) -> Result<(), Error> {
        if self.spec.neighbors.contains(neighbor) {
            return Ok(());
        }
        let failed = |source| Error::Introduce { name: neighbor.name.clone(), source };
        let mut line = serde_json::to_vec(neighbor).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut keeper = self.keeper.stdin.as_ref().ok_or_else(|| failed("it has ended".into()))?;
        keeper.write_all(&line).map_err(|error| failed(error.into()))?;
        self.spec.neighbors.push(neighbor.clone());
        let hosts = files::hosts(&self.spec.hostname, &self.spec.hosts, &self.spec.neighbors);
        let client = pebble::blocking::Client::new(self.spec.socket());
        client
            .write_file("/etc/hosts", hosts.as_bytes(), &pebble::types::WriteFile::default())
            .map_err(|error| failed(error.into()))
    }

    /// How the pod ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.keeper.try_wait().ok().flatten()
    }

    /// The last lines of the pod's log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // The end of its input tells the keeper to end the pod: the services first, politely.
        drop(self.keeper.stdin.take());
        let started = Instant::now();
        while self.ended().is_none() {
            if started.elapsed() > GRACE * 2 {
                let _ = self.keeper.kill();
                let _ = self.keeper.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn write(spec: &Spec, path: &Path) -> io::Result<()> {
    std::fs::write(path, serde_json::to_vec_pretty(spec)?)
}

fn read(path: &Path) -> io::Result<Spec> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
