//! The peer relation, in which the units share the application's secret key.

use interfaces::Read;
use interfaces::peer::{self, Peer};
use juju::Changes;

use crate::charm_spec::CharmSpec;
use crate::random::Random;
use crate::seen::Seen;
use crate::steps::RelationWrite;

/// Peer relation as it is after this event.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// Key and peers, if there is a key.
    pub(super) ready: Option<Peer>,
    /// Write of a new key.
    pub(super) write: Option<RelationWrite>,
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
    let write = RelationWrite::of(&view, changes);
    if let Some(write) = &write {
        view.local_app.get_or_insert_default().apply(&write.changes.app.texts());
    }
    let ready = match peer::read(&view, name) {
        Read::Ready(peer) => Some(peer),
        Read::Absent | Read::Waiting(_) | Read::Invalid { .. } => None,
    };
    Peers { ready, write }
}
