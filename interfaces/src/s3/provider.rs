//! The provider's half of [`s3`](super). Its application's `data` keeps a copy of the request, which tells other
//! implementations that it has been seen.

use juju::{Changes, Databag, Needs, View};

use super::{BUCKET, Bucket};
use crate::field::needed;
use crate::json;
use crate::needs::APPS;
use crate::read::Read;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// The name of the bucket that the requirer asks for.
#[must_use]
pub fn read(view: &View) -> Read<String> {
    Read::of(view, || needed(&view.remote_app, BUCKET))
}

/// Changes of the **leader**: the bucket it gives.
#[must_use]
pub fn answer(view: &View, bucket: &Bucket) -> Changes {
    let clear = |value: &Option<String>| value.clone().unwrap_or_default();
    let list = |list: &Vec<String>| if list.is_empty() { String::new() } else { json::text(list) };
    let wanted = Databag::from_iter([
        ("access-key", bucket.access_key.expose().to_owned()),
        ("secret-key", bucket.secret_key.expose().to_owned()),
        (BUCKET, bucket.bucket.clone()),
        ("endpoint", bucket.endpoint.clone().map(String::from).unwrap_or_default()),
        ("region", clear(&bucket.region)),
        ("path", clear(&bucket.path)),
        ("storage-class", clear(&bucket.storage_class)),
        ("s3-api-version", clear(&bucket.api_version)),
        ("s3-uri-style", clear(&bucket.uri_style)),
        ("tls-ca-chain", list(&bucket.tls_ca_chain)),
        ("attributes", list(&bucket.attributes)),
        ("data", json::copy(&view.remote_app).unwrap_or_default()),
    ]);
    Changes::of_leader(view, &wanted)
}
