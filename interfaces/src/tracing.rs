//! Interface `tracing`, version 2: the receiver of an application's spans.
//!
//! Every value on the wire is a JSON document. The requirer's leader writes `receivers`, the list of the protocols it
//! wants; here that's always OTLP over HTTP alone. The provider answers under the same key with a list of what it
//! receives, each with its protocol and URL. The provider's half: [`provider`].
//!
//! Data of the provider's that can't be used never stop an application, which serves without its spans too: they are
//! something to wait for. That holds for providers of the versions 0 and 1 as well, which have other keys.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it clears its databag before it writes; here only the key of this protocol is touched;
//! - a unit that doesn't lead fails its hook if the provider has no receiver for OTLP over HTTP, as a relay without a
//!   backend rightly hasn't; here every unit waits;
//! - it takes `tempo:4318` for an address and fails its hook over `nope`; here an address begins with `http://` or
//!   `https://`.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Changes, Databag, Needs, View};
use serde::{Deserialize, Serialize};

use crate::address::{check, normalised};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "tracing";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

/// The key of either side.
const RECEIVERS: &str = "receivers";

/// The protocol that is asked for and looked for.
const WANTED: &str = "otlp_http";

/// Receiver of a provider: a protocol and its address, which may hold a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Receiver {
    protocol: ReceiverProtocol,
    url: String,
}

/// Protocol of a receiver, as plain text: an unknown name or type must not make the whole list invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReceiverProtocol {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The address to which spans go by OTLP over HTTP: scheme and host in small letters, at least `/` as its path.
/// Clients append `v1/traces`.
///
/// ```
/// use interfaces::{Read, tracing};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("tracing", RelationId(18));
/// view.app = Some("tempo".into());
/// assert_eq!(tracing::read(&view), Read::Waiting("receivers".into()));
/// let receivers = r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://tempo:4318"}]"#;
/// view.remote_app = Databag::from_iter([("receivers", receivers)]);
/// assert_eq!(tracing::read(&view), Read::Ready("http://tempo:4318/".into()));
/// ```
#[must_use]
pub fn read(view: &View) -> Read<Url> {
    Read::of(view, || endpoint(&view.remote_app).ok_or_else(|| Stop::waiting(RECEIVERS)))
}

fn endpoint(app: &Databag) -> Option<Url> {
    let receivers: Vec<Receiver> = json::value(app, RECEIVERS, "a list of receivers").ok()??;
    let wanted = receivers.into_iter().find(|receiver| receiver.protocol.name == WANTED)?;
    check(&wanted.url).ok()?;
    Some(normalised(&wanted.url).into())
}

/// Changes of the requirer: the wanted protocol, if this unit leads.
#[must_use]
pub fn request(view: &View) -> Changes {
    let wanted = Databag::from_iter([(RECEIVERS, json::text(&[WANTED]))]);
    Changes::of_leader(view, &wanted)
}
