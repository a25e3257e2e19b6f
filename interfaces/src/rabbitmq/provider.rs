//! The provider's half of [`rabbitmq`](super), as the Kubernetes charm speaks it.

use juju::{Changes, Databag, Draft, Needs, Secret, View};

use super::{HOST, PASSWORD, Request};
use crate::field::needed;
use crate::needs::APPS;
use crate::read::Read;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// User made for a requirer, and the hosts of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Host name of all units together.
    pub hostname: String,
    /// Host name of this unit.
    pub unit_hostname: String,
    /// The user's password.
    pub password: Secret,
}

/// Reads the request; waits for the first missing key.
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    let app = &view.remote_app;
    Read::of(view, || Ok(Request { username: needed(app, "username")?, vhost: needed(app, "vhost")? }))
}

/// Changes of **every** unit; those of the application's databag only if this unit leads.
#[must_use]
pub fn answer(view: &View, account: &Account) -> Changes {
    let app = [(HOST, account.hostname.as_str()), (PASSWORD, account.password.expose())];
    let unit = Databag::from_iter([(HOST, account.unit_hostname.as_str())]);
    let unit = Draft::differing(&view.local_unit, &unit);
    Changes { unit, ..Changes::of_leader(view, &Databag::from_iter(app)) }
}
