//! The provider's half of [`rabbitmq`](super), as the one of Kubernetes speaks it.

use juju::{Databag, Needs, Secret, View};

use super::{HOST, PASSWORD, Request};
use crate::change::{Changes, Draft};
use crate::field::needed;
use crate::needs::APPS;
use crate::read::Read;

/// What of the relation is read by the provider.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// What was made for a requirer, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The host that stands for all units.
    pub hostname: String,
    /// This unit's own host.
    pub unit_hostname: String,
    /// The user's password.
    pub password: Secret,
}

/// What the requirer asks for; waiting for whichever key is missing first.
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    let app = &view.remote_app;
    Read::of(view, || Ok(Request { username: needed(app, "username")?, vhost: needed(app, "vhost")? }))
}

/// What **every** unit writes, and the leader besides.
#[must_use]
pub fn answer(view: &View, account: &Account) -> Changes {
    let app = [(HOST, account.hostname.as_str()), (PASSWORD, account.password.expose())];
    let app = view.local_app.as_ref().map(|current| Draft::differing(current, &Databag::from_iter(app)));
    let unit = Databag::from_iter([(HOST, account.unit_hostname.as_str())]);
    Changes { app: app.unwrap_or_default(), unit: Draft::differing(&view.local_unit, &unit), ..Changes::default() }
}
