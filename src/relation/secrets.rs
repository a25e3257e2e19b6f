//! What may not be told.

use interfaces::peer::Peer;
use interfaces::uri::{self, Uri};
use juju::{Databag, Secret};

use crate::redact::Redactor;
use crate::seen::{Integration, Seen};

/// Every value among the facts that may not be told, also as it stands encoded in a URI, and a key that is drawn just now.
#[must_use]
pub fn secrets(seen: &Seen, peer: Option<&Peer>) -> Redactor {
    let drawn = peer.map(|peer| peer.secret_key.expose());
    let options = seen.option_secrets.values().flatten().flat_map(|content| content.values());
    let relations = || seen.integrations.iter().flat_map(|integration| &integration.relations);
    let contents = relations().flat_map(|relation| relation.secrets.values());
    let contents = contents.flat_map(|content| content.values().take(MAX_FIELDS));
    let clear = seen.integrations.iter().flat_map(clear);
    let shared = seen.peer.iter().filter_map(|view| view.local_app.as_ref()).flat_map(|bag| bag.values());
    let keys = seen.config.iter().filter(|(name, _)| name.contains("secret-key"));
    let keys = keys.filter_map(|(_, value)| value.as_str());
    let secrets = options.chain(contents).map(Secret::expose);
    let all = secrets.chain(clear).chain(shared.map(String::as_str)).chain(keys).chain(drawn);
    all.filter(|secret| secret.len() <= MAX_BYTES).flat_map(forms).collect()
}

/// A longer value is known to nobody who could tell it: no process can have it among its variables.
const MAX_BYTES: usize = 128 * 1024;

/// The most fields of another application's secret that are looked for in texts. Readers know ten names.
const MAX_FIELDS: usize = 128;

/// What the other sides of an endpoint's relations have written in clear, whichever of their databags it is in.
fn clear(integration: &Integration) -> impl Iterator<Item = &str> {
    let keys = integration.endpoint.interface.clear_secrets;
    let views = integration.relations.iter().map(|relation| &relation.view);
    let bags = views.flat_map(|view| std::iter::once(&view.remote_app).chain(view.units.values()));
    bags.flat_map(move |bag: &Databag| keys.iter().filter_map(|key| bag.text(key)))
}

/// A secret as it is, as it stands in a URI, and the password in it if it's a URI itself.
fn forms(secret: &str) -> Vec<String> {
    let password = Uri::first(secret).password.map(|password| password.expose().to_owned());
    [Some(secret.to_owned()), Some(uri::encode(secret)), password].into_iter().flatten().collect()
}
