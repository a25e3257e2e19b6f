//! The peer relation: the base document and the addresses that all units know.

use std::collections::BTreeSet;

use interfaces::peer::fqdn;
use juju::{Databag, Relation, UnitName};

use super::Unit;
use crate::document::Document;
use crate::error::Error;
use crate::meta;

/// The base document as text.
pub(super) const CFG_FILE: &str = "cfg_file";
/// The leader's host name.
const LEADER_HOSTNAME: &str = "leader_hostname";
/// The port in force.
const CURRENT_PORT: &str = "current_port";
/// Hash of the base document that a unit runs with.
const CFG_HASH: &str = "cfg_hash";
/// The unit's host name.
const PRIVATE_ADDRESS: &str = "private-address";
/// `True` after a good pebble-ready.
const CONTAINER_INITIALISED: &str = "container_initialised";

impl Unit<'_> {
    pub(crate) fn peers(&self) -> Result<Option<Relation<'_>>, Error> {
        Ok(self.juju.relation(meta::PGB_PEERS)?)
    }

    /// The application's databag; empty without the relation.
    pub(crate) fn shared(&self) -> Result<Databag, Error> {
        Ok(self.peers()?.map(|peers| peers.local_app()).transpose()?.unwrap_or_default())
    }

    /// Sets keys of the application's databag, if this unit leads and the relation is there. An empty value deletes.
    pub(crate) fn share<const N: usize>(&self, settings: [(&str, String); N]) -> Result<(), Error> {
        if self.is_leader()?
            && let Some(peers) = self.peers()?
        {
            peers.set_app(settings)?;
        }
        Ok(())
    }

    /// Sets keys of this unit's databag, if the relation is there.
    pub(crate) fn tell<K: Into<String>>(&self, settings: impl IntoIterator<Item = (K, String)>) -> Result<(), Error> {
        if let Some(peers) = self.peers()? {
            peers.set_unit(settings)?;
        }
        Ok(())
    }

    /// This unit's databag; empty without the relation.
    pub(crate) fn told(&self) -> Result<Databag, Error> {
        Ok(self.peers()?.map(|peers| peers.local_unit()).transpose()?.unwrap_or_default())
    }

    /// The base document in the databag. One that can't be parsed counts as missing.
    pub(crate) fn shared_document(&self) -> Result<Option<Document>, Error> {
        let shared = self.shared()?;
        let Some(text) = shared.text(CFG_FILE) else { return Ok(None) };
        let document = Document::parse(text).inspect_err(|error| tracing::warn!(%error, "cfg_file can't be read"));
        Ok(document.ok())
    }

    /// Publishes the base document, the port in it, and the address of the leader.
    pub(crate) fn share_document(&self, document: &Document) -> Result<(), Error> {
        let port = document.listen_port().map(|port| port.to_string()).unwrap_or_default();
        self.share([(CFG_FILE, document.text()), (CURRENT_PORT, port), (LEADER_HOSTNAME, self.hostname())])
    }

    /// Publishes the address of the leader.
    pub(crate) fn share_leader(&self) -> Result<(), Error> {
        self.share([(LEADER_HOSTNAME, self.hostname())])
    }

    /// True if the databag names this unit as the leader.
    pub(crate) fn is_named_leader(&self, unit: &UnitName) -> Result<bool, Error> {
        Ok(self.shared()?.text(LEADER_HOSTNAME) == Some(fqdn(unit, &self.juju.context.model).as_str()))
    }

    pub(crate) fn tell_hostname(&self) -> Result<(), Error> {
        self.tell([(PRIVATE_ADDRESS, self.hostname())])
    }

    pub(crate) fn tell_document(&self, document: &Document) -> Result<(), Error> {
        self.tell([(CFG_HASH, document.hash())])
    }

    pub(crate) fn tell_initialised(&self) -> Result<(), Error> {
        self.tell([(CONTAINER_INITIALISED, "True".to_owned())])
    }

    pub(crate) fn is_initialised(&self) -> Result<bool, Error> {
        Ok(self.told()?.text(CONTAINER_INITIALISED) == Some("True"))
    }

    /// This unit's name in the cluster.
    pub(crate) fn hostname(&self) -> String {
        fqdn(&self.juju.context.unit, &self.juju.context.model)
    }

    /// The other units, also those that this unit left behind.
    pub(crate) fn others(&self) -> Result<BTreeSet<UnitName>, Error> {
        let mut others = self.peers()?.map(|peers| peers.units()).transpose()?.unwrap_or_default();
        others.extend(self.left());
        Ok(others)
    }

    /// The other units that don't run with this document yet.
    pub(crate) fn behind(&self, document: &Document) -> Result<Vec<UnitName>, Error> {
        let Some(peers) = self.peers()? else { return Ok(Vec::new()) };
        let hash = document.hash();
        let mut behind = Vec::new();
        for unit in peers.units()? {
            let told: Databag = peers.remote_unit(&unit)?;
            if told.text(CFG_HASH) != Some(&hash) {
                behind.push(unit);
            }
        }
        Ok(behind)
    }
}
