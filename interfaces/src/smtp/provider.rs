//! The provider's half of [`smtp`](super). The requirer writes no data, so there is no `read`.

use juju::{Changes, Databag, Needs, View};

use super::{PASSWORD_ID, Smtp};
use crate::json;
use crate::needs::APPS;

/// Parts of the relation that the provider reads: its own databags, to write only what differs.
pub const NEEDS: Needs = Needs { remote_app: false, ..APPS };

/// Changes of the **leader**: the server, and its password in a secret.
#[must_use]
pub fn answer(view: &View, server: &Smtp) -> Changes {
    let clear = |value: &Option<String>| value.clone().unwrap_or_default();
    let recipients = if server.recipients.is_empty() { String::new() } else { json::text(&server.recipients) };
    let wanted = Databag::from_iter([
        ("host", server.host.clone()),
        ("port", server.port.to_string()),
        ("user", clear(&server.user)),
        ("password", String::new()),
        ("auth_type", server.auth.name().to_owned()),
        ("transport_security", server.security.name().to_owned()),
        ("domain", clear(&server.domain)),
        ("skip_ssl_verify", if server.skip_ssl_verify { "True" } else { "False" }.to_owned()),
        ("smtp_sender", clear(&server.sender)),
        ("recipients", recipients),
    ]);
    let password = server.password.iter().map(|password| ("password".to_owned(), password.clone()));
    let label = format!("smtp.{}.password", view.id);
    Changes::with_secret(view, &wanted, PASSWORD_ID, &label, password.collect())
}
