//! An application of the model: its charm, its workload's place, and its names in the network.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use juju::{CharmFiles, UnitName};
use rock::cache::Held;
use serde::{Deserialize, Serialize};

use super::DeployError as Error;
use crate::network::{self, Subnet};

/// Kind of an application, by its charm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A web application, which answers requests.
    Web,
    /// A charm of the author's own with a container.
    Sidecar,
    /// A charm without a container: it runs on its unit's machine.
    Machine,
}

/// An application whose charm is unpacked and whose rock is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its units' container; the machine's name if it has none.
    pub container: String,
    /// The port on which the workload serves.
    pub port: u16,
    /// The supervisor's binary.
    pub pebble: PathBuf,
    /// Folder of its files: the unpacked charm, the rock and its description, the resources.
    pub dir: PathBuf,
}

impl Prepared {
    /// Folder of the unpacked charm.
    #[must_use]
    pub fn charm(&self) -> PathBuf {
        self.dir.join("charm")
    }

    /// The declarations of the unpacked charm.
    ///
    /// # Errors
    /// When its files can't be read.
    pub fn files(&self) -> Result<CharmFiles, Error> {
        let read = |name: &str| {
            let path = self.charm().join(name);
            fs::read_to_string(&path).map_err(|source| Error::Read { path: path.display().to_string(), source })
        };
        Ok(CharmFiles::parse(&read("metadata.yaml")?, &read("config.yaml")?, &read("actions.yaml")?)?)
    }

    /// Description of the built rock.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.dir.join("image.json")
    }
}

/// An application of the model.
#[derive(Debug)]
pub struct Application {
    /// Its files and names.
    pub prepared: Prepared,
    /// The charm's declarations.
    pub files: CharmFiles,
    /// Its addresses in the pods' network.
    pub subnet: Subnet,
    /// Listener on 127.0.0.1 for its Service.
    pub listener: TcpListener,
    /// The listener's port.
    pub outside: u16,
    /// Entries of the cache that its rock is made of. The process that built the rock holds them, too.
    pub held: Vec<Held>,
}

impl Drop for Application {
    fn drop(&mut self) {
        // The network's keeper has a copy of the listener, and stops to listen, too.
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Read);
    }
}

impl Application {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.prepared.name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.prepared.kind
    }

    /// Address of its Service in the model.
    #[must_use]
    pub fn service(&self) -> Ipv4Addr {
        network::service(self.subnet)
    }

    /// Address of one of its units.
    #[must_use]
    pub fn address(&self, unit: &UnitName) -> Ipv4Addr {
        network::address(self.subnet, unit.number())
    }

    /// URL on this machine; `None` for what is no web application.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        (self.kind() == Kind::Web).then(|| format!("http://127.0.0.1:{}", self.outside))
    }
}
