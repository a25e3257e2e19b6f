//! Interface `s3`, versions 0 and 1: a bucket of object storage, and the keys to it.
//!
//! The requirer's leader asks for a `bucket`; the provider answers with the keys, the bucket it gives, and how to reach
//! it, in plain text but for two lists, which are JSON. In version 1 the keys are in the secret that `secret-extra` names; a
//! requirer of version 1 asks for that with `requested-secrets`. Web apps ask as in version 0, and read both.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it takes every value for JSON if it can be, and then refuses what isn't text, such as the `4` that providers send as
//!   `s3-api-version`; here only the two lists are JSON;
//! - a databag without keys, as every provider's is at first, blocks it; here the keys are waited for.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Changes, Databag, Needs, Secret, View};

use crate::field::{self, needed, text};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "s3";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

const BUCKET: &str = "bucket";

/// Databag key of version 1's secret, which holds the access keys.
const KEYS_IN_SECRET: &str = "secret-extra";

/// Databag key of version 1's request for secrets.
const REQUESTED_SECRETS: &str = "requested-secrets";

const ACCESS_KEY: &str = "access-key";
const SECRET_KEY: &str = "secret-key";

/// Request of a requirer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The bucket's name; web apps ask for one of the application's name.
    pub bucket: String,
}

/// Bucket with its access keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name as the provider gives it; may differ from the request.
    pub bucket: String,
    /// Access key id.
    pub access_key: Secret,
    /// Secret access key.
    pub secret_key: Secret,
    /// URL of the storage; absent for Amazon's own.
    pub endpoint: Option<Url>,
    /// Its region.
    pub region: Option<String>,
    /// Folder inside the bucket.
    pub path: Option<String>,
    /// The class that objects are stored in.
    pub storage_class: Option<String>,
    /// The version of the API or of its signatures.
    pub api_version: Option<String>,
    /// Part of a request's URL that names the bucket: `host` or `path`.
    pub uri_style: Option<String>,
    /// CA certificates of the storage's server, as the provider writes them.
    pub tls_ca_chain: Vec<String>,
    /// Headers for stored objects.
    pub attributes: Vec<String>,
}

impl Bucket {
    /// The URI style by the name that clients have for it: `virtual` for `host`.
    #[must_use]
    pub fn addressing_style(&self) -> Option<&str> {
        self.uri_style.as_deref().map(|style| if style == "host" { "virtual" } else { style })
    }
}

/// The secret with the keys, of a provider of version 1.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    field::reference(secret_address(&view.remote_app), "extra")
}

/// Address of the secret with the keys, unless they are in clear.
fn secret_address(app: &Databag) -> Option<&str> {
    app.text(KEYS_IN_SECRET).filter(|address| !address.is_empty() && app.text(ACCESS_KEY).is_none_or(str::is_empty))
}

/// Reads the provider's answer; the keys come from `secrets` if the databag names a secret.
///
/// ```
/// use interfaces::{Read, Secrets, s3};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("s3", RelationId(12));
/// view.app = Some("s3-integrator".into());
/// assert_eq!(s3::read(&view, &Secrets::new()), Read::Waiting("access-key".into()));
/// view.remote_app = Databag::from_iter([("access-key", "AKIA"), ("secret-key", "x"), ("bucket", "media")]);
/// assert_eq!(s3::read(&view, &Secrets::new()).ready().unwrap().bucket, "media");
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Bucket> {
    Read::of(view, || bucket(&view.remote_app, secrets))
}

fn bucket(app: &Databag, secrets: &Secrets) -> Result<Bucket, Stop> {
    let (access_key, secret_key) = keys(app, secrets)?;
    let list = |key: &str| list(app, key);
    Ok(Bucket {
        access_key,
        secret_key,
        bucket: needed(app, BUCKET)?,
        endpoint: text(app, "endpoint")?.map(Url::from),
        region: text(app, "region")?,
        path: text(app, "path")?,
        storage_class: text(app, "storage-class")?,
        api_version: text(app, "s3-api-version")?,
        uri_style: text(app, "s3-uri-style")?,
        tls_ca_chain: list("tls-ca-chain")?,
        attributes: list("attributes")?,
    })
}

/// The two keys.
fn keys(app: &Databag, secrets: &Secrets) -> Result<(Secret, Secret), Stop> {
    let Some(address) = secret_address(app) else {
        return Ok((needed(app, ACCESS_KEY)?.into(), needed(app, SECRET_KEY)?.into()));
    };
    let content = field::content(KEYS_IN_SECRET, address, secrets)?;
    let key = |name: &str| field::secret(KEYS_IN_SECRET, content, name)?.ok_or_else(|| Stop::waiting(KEYS_IN_SECRET));
    Ok((key(ACCESS_KEY)?, key(SECRET_KEY)?))
}

/// A list of texts, short enough for an environment variable however it's escaped there.
fn list(app: &Databag, key: &str) -> Result<Vec<String>, Stop> {
    let items = json::list(app, key, "a list of texts")?;
    field::within(key, &json::text(&items), json::MAX_BYTES)?;
    Ok(items)
}

/// Changes of the requirer: the bucket's name, if this unit leads.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let wanted = Databag::from_iter([(BUCKET, request.bucket.clone())]);
    Changes::of_leader(view, &wanted)
}
