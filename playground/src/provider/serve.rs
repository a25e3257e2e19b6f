//! The interface between a running server and the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use juju::{Changes, Port, RelationId, UnitName, View};

use super::{Error, Provider};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// Surroundings of a server.
#[derive(Debug, Clone)]
pub struct Host<'a> {
    /// The row of the table that it is started from.
    pub provider: &'static Provider,
    /// Folder for its files. Its logs are beside the folder.
    pub dir: PathBuf,
    /// Name of the model.
    pub model: &'a str,
    /// Address in every pod that stands for the server.
    pub address: Ipv4Addr,
    /// Process that holds the pods' network.
    pub network: u32,
    /// Progress, and the switch that ends every wait.
    pub ui: &'a Ui,
}

/// A relation of a provider's application, as that application sees it.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Its databags.
    pub view: View,
    /// Open ports of the other application's units.
    pub ports: BTreeMap<UnitName, BTreeSet<Port>>,
    /// True if it is being removed: it gets no answer, and keeps what was made for it.
    pub is_dying: bool,
}

/// A running server. Dropping it ends the server.
pub trait Serve: Debug + Send {
    /// The way to it from a pod. `None`: it reaches the pods.
    fn neighbor(&self) -> Option<&Neighbor> {
        None
    }

    /// Starts it again if it has ended by itself, or isn't in the pods' network any more. Returns true if it had to.
    ///
    /// # Errors
    /// When it can't be started.
    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error>;

    /// Makes what the `relations` request, and takes away what was made for others. Returns the answer for each relation
    /// that has requested something.
    ///
    /// # Errors
    /// When the server fails. A request that is refused is an answer's error.
    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error>;

    /// Addresses on this machine of the applications behind it, by their names.
    fn urls(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

/// The changes for one relation's databags.
pub type Answer = (RelationId, Result<Changes, Error>);
