//! The interface between a running server and the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use juju::{Changes, Databag, Port, RelationId, UnitName, View};

use super::{Error, Provider, ServerCertificate};
use crate::pod::Neighbor;
use crate::ui::Ui;

/// Surroundings of a server, and its place in them: its names and ports are made here, and are others after a move.
#[derive(Debug, Clone)]
pub struct Host<'a> {
    /// The row of the table that it is started from.
    pub provider: &'static Provider,
    /// Folder for its files, and for those of each unit one beside it. Its logs are beside the folders.
    pub dir: PathBuf,
    /// Name of the model.
    pub model: &'a str,
    /// Number of the server among the others, from 1.
    pub number: u8,
    /// Number of times that it has moved.
    pub moves: u32,
    /// Process that holds the pods' network.
    pub network: u32,
    /// Progress, and the switch that ends every wait.
    pub ui: &'a Ui,
}

impl Host<'_> {
    /// Full name of the Service `name`: after a move with a number, which no earlier one has.
    #[must_use]
    pub fn service(&self, name: &str) -> String {
        let number = if self.moves == 0 { String::new() } else { format!("-{}", self.moves + 1) };
        format!("{name}{number}.{}.svc.cluster.local", self.model)
    }

    /// Full name of the unit with this number: after a move that of a later one, as after a fail-over.
    #[must_use]
    pub fn unit(&self, number: u32) -> String {
        let (app, number) = (self.provider.app, u64::from(number) + u64::from(self.moves));
        format!("{app}-{number}.{app}-endpoints.{}.svc.cluster.local", self.model)
    }

    /// Folder for the files of the unit with this number, of a server that may have several.
    #[must_use]
    pub fn unit_dir(&self, number: u32) -> PathBuf {
        self.dir.with_file_name(format!("{}-{number}", self.provider.name))
    }

    /// Port of a server whose interface tells it: the `usual` one, or another one after every other move.
    #[must_use]
    pub fn port(&self, usual: u16) -> u16 {
        if self.moves.is_multiple_of(2) { usual } else { usual + MOVED }
    }

    /// Way from a pod to the `socket` of a server with one unit.
    #[must_use]
    pub fn way(&self, name: String, port: u16, socket: PathBuf) -> Neighbor {
        self.way_to(0, name, port, socket)
    }

    /// Way from a pod to the `socket` of the unit with this number.
    #[must_use]
    pub fn way_to(&self, unit: u32, name: String, port: u16, socket: PathBuf) -> Neighbor {
        Neighbor { name, address: self.address(unit), port, socket }
    }

    /// Address in every pod that stands for the present place of the unit with this number: of 127.0.1.0 to 127.255.250.255.
    #[must_use]
    pub fn address(&self, unit: u32) -> Ipv4Addr {
        let part = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        Ipv4Addr::new(127, part(unit % 256), part(self.moves % 250 + 1), self.number)
    }
}

/// Difference between a server's two ports.
const MOVED: u16 = 10_000;

/// A relation of a provider's application, as that application sees it.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Leader of the provider's application.
    pub leader: UnitName,
    /// Its databags, as the leader sees them.
    pub view: View,
    /// The other units of the provider's application, each with its databag.
    pub followers: BTreeMap<UnitName, Databag>,
    /// Open ports of the other application's units.
    pub ports: BTreeMap<UnitName, BTreeSet<Port>>,
    /// True if it is being removed: it gets no answer, and keeps what was made for it.
    pub is_dying: bool,
}

/// A running server. Dropping it ends the server.
pub trait Serve: Debug + Send {
    /// The ways to it from a pod, at its present place: one for each of its ports. None: it reaches the pods.
    fn ways(&self, _host: &Host<'_>) -> Vec<Neighbor> {
        Vec::new()
    }

    /// Starts it again if it has ended by itself, or isn't in the pods' network any more. Returns true if it had to.
    ///
    /// # Errors
    /// When it can't be started.
    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error>;

    /// Makes what the `relations` request, and takes away what was made for others. Returns the answer of the leader for each relation
    /// that has requested something; of a server that may have several units, that of each unit.
    ///
    /// # Errors
    /// When the server fails. A request that is refused is an answer's error.
    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error>;

    /// Gives every relation new credentials, which the next answers have; the old ones are refused from now on. Returns false if
    /// the server has no credentials.
    ///
    /// # Errors
    /// When the server fails.
    fn rotate(&mut self, _host: &Host<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    /// Speaks TLS with this certificate from now on, and nothing else; without one, in clear. The next answers say so. Servers that
    /// have no endpoint for a certificate are never asked.
    ///
    /// # Errors
    /// When the server fails, or refuses the certificate.
    fn certify(&mut self, _certificate: Option<&ServerCertificate>, _host: &Host<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Moves it to the place that `host` says from now on; it keeps what it has made. Returns its addresses there, which the
    /// next answers have; none if it has no address that an application is told.
    ///
    /// # Errors
    /// When the server fails.
    fn relocate(&mut self, host: &Host<'_>) -> Result<Vec<String>, Error> {
        Ok(self.ways(host).iter().map(Neighbor::place).collect())
    }

    /// Starts the units with these numbers beside those that run. Servers that have one unit are never asked.
    ///
    /// # Errors
    /// When one can't be started; then none of them runs.
    fn add_units(&mut self, _numbers: &[u32], _host: &Host<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Ends the units with these numbers, of which at least one other remains and takes over what they had. Servers that have one
    /// unit are never asked.
    ///
    /// # Errors
    /// When the others can't take over.
    fn remove_units(&mut self, _numbers: &[u32], _host: &Host<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Details of each unit, by number. Servers that have one unit give none.
    fn units(&self) -> BTreeMap<u32, UnitDetails> {
        BTreeMap::new()
    }

    /// Addresses on this machine of the applications behind it, by their names.
    fn urls(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

/// Details of a server's unit, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitDetails {
    /// Its role among the units, if they differ.
    pub role: &'static str,
    /// Its URL on this machine.
    pub url: Option<String>,
}

/// Changes of a unit for one relation's databags.
#[derive(Debug)]
pub struct Answer {
    /// The relation.
    pub relation: RelationId,
    /// The unit of the provider's application.
    pub unit: UnitName,
    /// The changes, or why the request can't be served.
    pub changes: Result<Changes, Error>,
}
