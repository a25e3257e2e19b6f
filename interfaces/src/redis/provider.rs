//! The provider's half of [`redis`](super). It's asked for nothing, so there is nothing to read.

use juju::{Databag, Needs, View};

use super::{HOST, LEADER_HOST, PORT};
use crate::change::{Changes, Draft};
use crate::needs::APPS;

/// What of the relation is read by the provider: what it has written.
pub const NEEDS: Needs = Needs { remote_app: false, local_unit: true, ..APPS };

/// Where the primary is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primary {
    /// Its name or address, as this unit sees it.
    pub hostname: String,
    /// Its port.
    pub port: u16,
    /// The name that the leader gives it for everybody; empty if it leaves that to the units.
    pub leader_host: String,
}

/// What **every** unit writes, and the leader besides.
#[must_use]
pub fn answer(view: &View, primary: &Primary) -> Changes {
    let unit = Databag::from_iter([(HOST, primary.hostname.clone()), (PORT, primary.port.to_string())]);
    let app = Databag::from_iter([(LEADER_HOST, primary.leader_host.clone())]);
    let app = view.local_app.as_ref().map(|current| Draft::differing(current, &app));
    Changes { app: app.unwrap_or_default(), unit: Draft::differing(&view.local_unit, &unit), ..Changes::default() }
}
