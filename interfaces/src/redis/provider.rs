//! The provider's half of [`redis`](super). The requirer writes no data, so there is no `read`.

use juju::{Changes, Databag, Draft, Needs, View};

use super::{HOST, LEADER_HOST, PORT};
use crate::needs::APPS;

/// Parts of the relation that the provider reads: its own databags, to write only what differs.
pub const NEEDS: Needs = Needs { remote_app: false, local_unit: true, ..APPS };

/// Address of the primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primary {
    /// Its name or address, as this unit sees it.
    pub hostname: String,
    /// Its port.
    pub port: u16,
    /// Name that the leader publishes for all units; empty to let each unit's `hostname` count.
    pub leader_host: String,
}

/// Changes of **every** unit; those of the application's databag only if this unit leads.
#[must_use]
pub fn answer(view: &View, primary: &Primary) -> Changes {
    let unit = Databag::from_iter([(HOST, primary.hostname.clone()), (PORT, primary.port.to_string())]);
    let app = Databag::from_iter([(LEADER_HOST, primary.leader_host.clone())]);
    Changes { unit: Draft::differing(&view.local_unit, &unit), ..Changes::of_leader(view, &app) }
}
