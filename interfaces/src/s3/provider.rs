//! The provider's half of [`s3`](super), in version 1 for a requirer that asks for secrets. In version 0 its application's `data`
//! keeps a copy of the request, which tells other implementations that it has been seen; in version 1 it says its version, without
//! which a requirer takes it for a provider of version 0.

use juju::{Changes, Databag, Needs, SecretContent, View};

use super::{ACCESS_KEY, BUCKET, Bucket, KEYS_IN_SECRET, REQUESTED_SECRETS, SECRET_KEY};
use crate::field::text;
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Key and value of the version.
const VERSION: (&str, &str) = ("version", "1");

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// The name of the bucket that the requirer asks for: that of its application, if it is of version 1 and names none.
#[must_use]
pub fn read(view: &View) -> Read<String> {
    Read::of(view, || {
        let own = view.app.clone().filter(|_| view.remote_app.contains_key(VERSION.0));
        text(&view.remote_app, BUCKET)?.or(own).ok_or_else(|| Stop::waiting(BUCKET))
    })
}

/// Changes of the **leader**: the bucket it gives.
#[must_use]
pub fn answer(view: &View, bucket: &Bucket) -> Changes {
    let clear = |value: &Option<String>| value.clone().unwrap_or_default();
    let list = |list: &Vec<String>| if list.is_empty() { String::new() } else { json::text(list) };
    let keys = [(ACCESS_KEY, &bucket.access_key), (SECRET_KEY, &bucket.secret_key)];
    let in_secret = asks_for_secrets(view);
    let [access_key, secret_key] = keys.map(|(_, key)| if in_secret { String::new() } else { key.expose().to_owned() });
    let wanted = Databag::from_iter([
        (ACCESS_KEY, access_key),
        (SECRET_KEY, secret_key),
        (BUCKET, bucket.bucket.clone()),
        ("endpoint", bucket.endpoint.clone().map(String::from).unwrap_or_default()),
        ("region", clear(&bucket.region)),
        ("path", clear(&bucket.path)),
        ("storage-class", clear(&bucket.storage_class)),
        ("s3-api-version", clear(&bucket.api_version)),
        ("s3-uri-style", clear(&bucket.uri_style)),
        ("tls-ca-chain", list(&bucket.tls_ca_chain)),
        ("attributes", list(&bucket.attributes)),
        ("data", json::copy(&view.remote_app).filter(|_| !in_secret).unwrap_or_default()),
        (VERSION.0, if in_secret { VERSION.1.to_owned() } else { String::new() }),
    ]);
    if !in_secret {
        return Changes::of_leader(view, &wanted);
    }
    let content: SecretContent = keys.into_iter().map(|(name, key)| (name.to_owned(), key.clone())).collect();
    Changes::with_secret(view, &wanted, KEYS_IN_SECRET, &format!("{}.{}.extra.secret", view.endpoint, view.id), content)
}

/// True if the requirer wants both keys in a secret.
fn asks_for_secrets(view: &View) -> bool {
    let asked: Vec<String> = json::list(&view.remote_app, REQUESTED_SECRETS, "a list of texts").unwrap_or_default();
    [ACCESS_KEY, SECRET_KEY].iter().all(|key| asked.iter().any(|name| name == key))
}
