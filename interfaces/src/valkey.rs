//! Interface `valkey_client`: a store of keys and values, by version 1 of the data interfaces.
//!
//! In that version requests and responses are JSON lists. The requirer's leader asks once, for all keys (`*`), with a
//! random id and a random salt; every unit keeps in `data` a copy of the responses, from which the Python framework
//! derives its events. The provider answers with its addresses, and with the secrets of user and password and of TLS's
//! certificates.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it refuses a server with TLS; this crate reads TLS and its certificate;
//! - it takes the first response, even an incomplete one, and then publishes an address with the host `None`; this
//!   crate takes the response to our request, and waits for its missing fields.

pub mod provider;
mod response;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use juju::{Changes, Databag, Draft, Needs, Secret, View};
use serde::Serialize;
use serde_json::Value;

use crate::field::{self, checked, list};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::uri;
use response::Response;

/// The name of the interface.
pub const INTERFACE: &str = "valkey_client";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// Count of random bytes that a request's id and salt are made of.
pub const RANDOM_BYTES: usize = 16;

/// The key of either side's list, and the one that says how it's written.
const REQUESTS: &str = "requests";
const VERSION: (&str, &str) = ("version", "v1");

const USER: &str = "secret-user";
const TLS: &str = "secret-tls";
const ENDPOINTS: &str = "endpoints";

/// Server with its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valkey {
    /// The user.
    pub username: Secret,
    /// Its password.
    pub password: Secret,
    /// `host:port` of each server that takes writes; at least one.
    pub endpoints: Vec<String>,
    /// `host:port` of each server that only answers.
    pub read_only_endpoints: Vec<String>,
    /// `host:port` of each sentinel.
    pub sentinel_endpoints: Vec<String>,
    /// Mode of the deployment: `sentinel` for instance.
    pub mode: Option<String>,
    /// The servers' version.
    pub version: Option<String>,
    /// The servers speak TLS.
    pub tls: bool,
    /// CA certificates of the servers.
    pub tls_ca: Option<String>,
}

impl Valkey {
    /// The first server's address, as `valkey://…`, or `valkeys://…` with TLS.
    #[must_use]
    pub fn uri(&self) -> Secret {
        let scheme = if self.tls { "valkeys" } else { "valkey" };
        uri::server(scheme, self.username.expose(), &self.password, self.endpoints.first().map_or("", String::as_str))
    }
}

/// The secrets that our response refers to.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    let Ok(Some(response)) = response::ours(view) else { return Vec::new() };
    let reference = |group: &str, address: Option<&String>| -> Vec<SecretRef> {
        let label = response.label(view, group);
        let refs = field::reference(address.map(String::as_str), group).into_iter();
        refs.map(|one| SecretRef { label: label.clone(), ..one }).collect()
    };
    [reference("user", response.secret_user.as_ref()), reference("tls", response.secret_tls.as_ref())].concat()
}

/// Reads the response to our request, with the secrets it names.
///
/// ```
/// use interfaces::{Read, Secrets, valkey};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("valkey", RelationId(8));
/// view.app = Some("valkey".into());
/// assert_eq!(valkey::read(&view, &Secrets::new()), Read::Waiting("requests".into()));
/// let response = r#"[{"request-id": "d0c352f7d809734b", "endpoints": "valkey-0:6379"}]"#;
/// view.remote_app = Databag::from_iter([("requests", response)]);
/// assert_eq!(valkey::read(&view, &Secrets::new()), Read::Waiting("secret-user".into()));
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Valkey> {
    Read::of(view, || server(view, secrets))
}

fn server(view: &View, secrets: &Secrets) -> Result<Valkey, Stop> {
    if view.remote_app.text(VERSION.0).is_some_and(|version| ![VERSION.1, "\"v1\""].contains(&version)) {
        return Err(Stop::invalid(VERSION.0, "it is not v1"));
    }
    let response = response::ours(view)?.ok_or_else(|| Stop::waiting(REQUESTS))?;
    let user = field::content(USER, response.secret_user.as_deref().ok_or_else(|| Stop::waiting(USER))?, secrets)?;
    let (username, password) = (field::secret(USER, user, "username")?, field::secret(USER, user, "password")?);
    let (tls, tls_ca) = tls(&response, secrets)?;
    Ok(Valkey {
        username: username.ok_or_else(|| Stop::waiting(USER))?,
        password: password.ok_or_else(|| Stop::waiting(USER))?,
        endpoints: endpoints(&response)?,
        read_only_endpoints: servers("read-only-endpoints", response.read_only_endpoints.as_deref())?,
        sentinel_endpoints: servers("sentinel-endpoints", response.sentinel_endpoints.as_deref())?,
        mode: checked("mode", response.mode.as_deref())?,
        version: checked("version", response.version.as_deref())?,
        tls,
        tls_ca,
    })
}

/// The servers that are listed under `key`.
fn servers(key: &str, text: Option<&str>) -> Result<Vec<String>, Stop> {
    list(key, checked(key, text)?.as_deref())
}

fn endpoints(response: &Response) -> Result<Vec<String>, Stop> {
    let endpoints = servers(ENDPOINTS, response.endpoints.as_deref())?;
    for endpoint in &endpoints {
        uri::check_endpoint(endpoint).map_err(|why| Stop::invalid(ENDPOINTS, &format!("an entry {why}")))?;
    }
    if endpoints.is_empty() { Err(Stop::waiting(ENDPOINTS)) } else { Ok(endpoints) }
}

/// TLS of the servers: true if they speak it, and their CA certificates.
fn tls(response: &Response, secrets: &Secrets) -> Result<(bool, Option<String>), Stop> {
    let Some(address) = &response.secret_tls else { return Ok((false, None)) };
    let content = field::content(TLS, address, secrets)?;
    let on = content.get("tls").is_some_and(|tls| tls.expose().eq_ignore_ascii_case("true"));
    let ca = content.get("tls-ca").filter(|ca| on && !ca.expose().is_empty());
    Ok((on, ca.map(|ca| field::certificates(TLS, ca.expose())).transpose()?))
}

/// Request as JSON, its fields in the order in which the Python framework writes them.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Request<'a> {
    resource: &'a str,
    request_id: &'a str,
    salt: &'a str,
    extra_user_roles: Option<&'a str>,
    extra_group_roles: Option<&'a str>,
    external_node_connectivity: bool,
    entity_type: Option<&'a str>,
    entity_permissions: Option<&'a str>,
    secret_mtls: Option<&'a str>,
}

/// Changes of the requirer: if this unit leads, `version`, and the request unless the databag has one; for every unit,
/// the copy of all responses. `random` is used only for a new request.
#[must_use]
pub fn request(view: &View, random: &[u8; RANDOM_BYTES]) -> Changes {
    let mut wanted = Databag::from_iter([VERSION]);
    if view.local_app.as_ref().is_some_and(|own| response::request_id(own).is_none()) {
        wanted.insert(REQUESTS.to_owned(), asked(random));
    }
    let copy = seen(view).map(|copy| ("data", copy));
    let unit = Draft::differing(&view.local_unit, &copy.into_iter().collect());
    Changes { unit, ..Changes::of_leader(view, &wanted) }
}

fn asked(random: &[u8; RANDOM_BYTES]) -> String {
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let (request_id, salt) = digits.split_at(RANDOM_BYTES);
    json::text(&[Request {
        resource: "*",
        request_id,
        salt,
        extra_user_roles: None,
        extra_group_roles: None,
        external_node_connectivity: false,
        entity_type: None,
        entity_permissions: None,
        secret_mtls: None,
    }])
}

/// The copy for our unit's `data`: the responses by id, without what they leave open.
fn seen(view: &View) -> Option<String> {
    let responses: Vec<BTreeMap<String, Value>> =
        json::value(&view.remote_app, REQUESTS, "a list of responses").ok().flatten().unwrap_or_default();
    let by_id = |mut response: BTreeMap<String, Value>| {
        response.retain(|_, value| !value.is_null());
        Some((response.get("request-id")?.as_str()?.to_owned(), response))
    };
    let copy: BTreeMap<_, _> = responses.into_iter().filter_map(by_id).collect();
    let stood = view.local_unit.text("data").is_some_and(|data| !data.is_empty());
    (stood || !copy.is_empty()).then(|| json::text(&copy))
}
