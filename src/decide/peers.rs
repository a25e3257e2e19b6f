//! The peer relation, in which the units share the application's secret key.

use interfaces::peer::{self, Peer};
use interfaces::{Changes, Read};

use crate::charm_spec::CharmSpec;
use crate::random::Random;
use crate::relation::writes;
use crate::seen::Seen;
use crate::steps::DatabagWrite;

/// Peer relation as it is after this event.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// Key and peers, if there is a key.
    pub(super) ready: Option<Peer>,
    /// Write of a new key.
    pub(super) write: Option<DatabagWrite>,
}

/// Reads the peer relation. The leader makes a secret key if it is missing, or a new one if `rotate` is true.
pub(super) fn peers(seen: &Seen, spec: &CharmSpec, rotate: bool, random: Random<'_>) -> Peers {
    let Some(mut view) = seen.peer.clone() else { return Peers::default() };
    let name = spec.framework.name;
    let changes = match (seen.unit.leader, rotate) {
        (false, _) => Changes::default(),
        (true, false) => peer::request(&view, name, &random()),
        (true, true) => peer::rotate(name, &random()),
    };
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
