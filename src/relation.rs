//! What relations give the workload, and what the charm asks of them. The interfaces' own rules are the crate `interfaces`'s;
//! here stands what their values become. Pure.

pub mod postgresql;

use std::collections::BTreeMap;

use interfaces::database::{Database, Wish};
use interfaces::peer::Peer;
use interfaces::{Changes, Read, peer};
use juju::{Databag, Secret, View, Whose};
use pebble::plan::Environment;

use crate::charm::{Endpoint, Shape};
use crate::decide::Random;
use crate::hold::Hold;
use crate::observe::{Integration, Seen, Unit};
use crate::redact::Redactor;
use crate::steps::DatabagWrite;

/// What the peer relation is once this event's writes are in it.
#[derive(Debug, Default)]
pub struct Peers {
    /// Key and peers, once there is a key.
    pub ready: Option<Peer>,
    /// A new key's way into the databag.
    pub write: Option<DatabagWrite>,
}

/// The peer relation; the leader makes the secret key in whichever event finds it missing.
pub fn peers(seen: &Seen, shape: &Shape, random: Random<'_>) -> Peers {
    let Some(mut view) = seen.peer.clone() else { return Peers::default() };
    let name = shape.framework.name;
    let changes = if seen.unit.leader { peer::request(&view, name, &random()) } else { Changes::default() };
    let write = writes(&view, &changes).into_iter().next();
    if let Some(write) = &write {
        view.local_app.get_or_insert_default().apply(&write.changes);
    }
    let ready = match peer::read(&view, name) {
        Read::Ready(peer) => Some(peer),
        Read::Absent | Read::Waiting(_) | Read::Invalid { .. } => None,
    };
    Peers { ready, write }
}

/// The databag writes of an interface's changes. The charm owns no secret, so there is no address to look up.
fn writes(view: &View, changes: &Changes) -> Vec<DatabagWrite> {
    let none = BTreeMap::new();
    let app = view.local_app.clone().unwrap_or_default();
    let resolved =
        [(Whose::App, changes.app.resolve(&app, &none)), (Whose::Unit, changes.unit.resolve(&view.local_unit, &none))];
    let write = |(whose, changes): (Whose, Result<Databag, _>)| {
        let changes = changes.ok().filter(|changes| !changes.is_empty())?;
        Some(DatabagWrite { relation: view.id, whose, changes })
    };
    resolved.into_iter().filter_map(write).collect()
}

/// What the charm asks of a database.
fn wish(unit: &Unit) -> Wish {
    Wish { database: unit.app.clone(), secrets: unit.has_secrets, cross_model: false }
}

/// The database of an endpoint: of its relations the one with the lowest id that is ready.
///
/// # Errors
///
/// A hold, if none is ready and the data of one are wrong.
pub fn database(integration: &Integration, unit: &Unit) -> Result<Option<Database>, Hold> {
    let name = &integration.endpoint.name;
    let mut wrong = None;
    for (view, secrets) in &integration.relations {
        match interfaces::postgresql::read(view, secrets, &wish(unit)) {
            Read::Ready(database) => return Ok(Some(database)),
            Read::Invalid { key, why } => {
                wrong.get_or_insert_with(|| Hold::blocked(format!("Invalid {name} relation data. {key}: {why}")));
            }
            Read::Absent | Read::Waiting(_) => {}
        }
    }
    wrong.map_or(Ok(None), Err)
}

/// What is missing of our half of a database relation.
#[must_use]
pub fn database_requests(view: &View, unit: &Unit) -> Vec<DatabagWrite> {
    writes(view, &interfaces::postgresql::request(view, &wish(unit)))
}

/// The variables of every integration that is ready.
#[must_use]
pub fn environment(databases: &[(&Endpoint, Database)]) -> Environment {
    databases.iter().flat_map(|(endpoint, database)| postgresql::environment(&endpoint.name, database)).collect()
}

/// Every value among the facts that may not be told.
#[must_use]
pub fn secrets(seen: &Seen) -> Redactor {
    let options = seen.option_secrets.values().flatten().flat_map(|content| content.values());
    let relations = seen.databases.iter().flat_map(|integration| &integration.relations);
    let databases = relations.clone().flat_map(|(_, secrets)| secrets.values().flat_map(|content| content.values()));
    let clear = relations.flat_map(|(view, _)| ["password", "uris"].map(|key| view.remote_app.text(key)));
    let peer = seen.peer.iter().filter_map(|view| view.local_app.as_ref()).flat_map(|bag| bag.values());
    let keys =
        seen.config.iter().filter(|(name, _)| name.contains("secret-key")).filter_map(|(_, value)| value.as_str());
    options
        .chain(databases)
        .map(Secret::expose)
        .chain(clear.flatten())
        .chain(peer.map(String::as_str))
        .chain(keys)
        .collect()
}
