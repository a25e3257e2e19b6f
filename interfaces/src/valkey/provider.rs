//! The provider's half of [`valkey`](super). Its application's `data` keeps a copy of the requests by their ids, which
//! tells other implementations that they have been seen.

use std::collections::BTreeMap;

use juju::{Changes, Databag, Draft, Needs, Offer, Part, Secret, SecretContent, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{REQUESTS, TLS, USER, VERSION, Valkey};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// Request of a requirer, answered under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// The keys and channels it wants; `*` for all.
    pub resource: String,
    /// Its id, unique in the relation.
    pub request_id: String,
    /// Random salt of the id.
    pub salt: String,
}

/// Reads the requirer's first request; web apps make a single request.
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    Read::of(view, || {
        let requests: Option<Vec<Request>> = json::value(&view.remote_app, REQUESTS, "a list of requests")?;
        requests.into_iter().flatten().next().ok_or_else(|| Stop::waiting(REQUESTS))
    })
}

/// The secrets of the user and of TLS.
fn offers(view: &View, request: &Request, valkey: &Valkey) -> [Offer; 2] {
    let offer = |group: &str, content: SecretContent| Offer {
        label: format!("{}.{}.{}.{group}.secret", view.endpoint, view.id, request.request_id),
        content,
    };
    let field = |(key, value): (&str, &str)| (key.to_owned(), Secret::from(value));
    let user = [("username", valkey.username.expose()), ("password", valkey.password.expose())];
    let tls = [("tls", if valkey.tls { "true" } else { "false" })];
    let tls = tls.into_iter().chain(valkey.tls_ca.iter().map(|ca| ("tls-ca", ca.as_str())));
    [offer("user", user.into_iter().map(field).collect()), offer("tls", tls.map(field).collect())]
}

/// Changes of the **leader**: the server's response, which names the secrets of the user and of TLS.
#[must_use]
pub fn answer(view: &View, request: &Request, valkey: &Valkey) -> Changes {
    let clear = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        ("resource", request.resource.clone()),
        ("request-id", request.request_id.clone()),
        ("salt", request.salt.clone()),
        ("endpoints", valkey.endpoints.join(",")),
        ("read-only-endpoints", valkey.read_only_endpoints.join(",")),
        ("sentinel-endpoints", valkey.sentinel_endpoints.join(",")),
        ("mode", clear(&valkey.mode)),
        ("version", clear(&valkey.version)),
    ];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let [user, tls] = offers(view, request, valkey);
    let secrets = [(USER, Part::Secret(user)), (TLS, Part::Secret(tls))];
    let response = fields.map(|(key, value)| (key, Part::Text(value))).chain(secrets).collect();
    let wanted = Databag::from_iter([(VERSION.0, VERSION.1.to_owned()), ("data", seen(&view.remote_app))]);
    let current = view.local_app.clone().unwrap_or_default();
    let mut app = Draft::differing(&current, &wanted);
    app.set(REQUESTS, json::objects(&[response]));
    Changes { app, ..Changes::default() }
}

/// The requests by their ids, without what they leave open.
fn seen(requirer: &Databag) -> String {
    let requests: Option<Vec<Request>> = json::value(requirer, REQUESTS, "a list of requests").ok().flatten();
    let by_id = |request: Request| {
        let id = request.request_id.clone();
        Some((id, serde_json::to_value(request).ok()?))
    };
    json::text(&requests.into_iter().flatten().filter_map(by_id).collect::<BTreeMap<String, Value>>())
}
