//! The peer relation, in which the units share the application's secret key.

use interfaces::peer::{self, Peer};
use interfaces::{Changes, Read};

use super::writes;
use crate::charm_spec::CharmSpec;
use crate::decide::Random;
use crate::seen::Seen;
use crate::steps::DatabagWrite;

/// What the peer relation is once this event's writes are in it.
#[derive(Debug, Default)]
pub struct Peers {
    /// Key and peers, once there is a key.
    pub ready: Option<Peer>,
    /// A new key's way into the databag.
    pub write: Option<DatabagWrite>,
}

/// The peer relation. The leader makes the secret key in whichever event finds it missing; `rotate` has it make
/// another in any case.
pub fn peers(seen: &Seen, spec: &CharmSpec, rotate: bool, random: Random<'_>) -> Peers {
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
