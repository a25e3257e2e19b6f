//! Interface `http_proxy`, version 0: a proxy out of the cluster, which an administrator has to allow.
//!
//! The requirer's leader asks with a random id and keeps it: another id would be another request, which the
//! administrator would have to allow again. The provider answers under that id with the status of the request, and once
//! it is allowed with two addresses. If the proxy wants user and password, these are in a secret.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - its units all read the id from a databag that only the leader may read, so the hooks of an application with
//!   several units fail; here a unit without access to the id takes the only response;
//! - it puts user and password into an address as they are; here they are percent-encoded;
//! - it treats a missing response like a refusal; here a missing response is waited for.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Changes, Databag, Needs, Secret, View};
use serde::{Deserialize, Serialize};

use crate::address::{check, normalised};
use crate::field;
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::uri::{self, Uri};

/// The name of the interface.
pub const INTERFACE: &str = "http_proxy";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

/// Count of random bytes that a request's id is made of.
pub const RANDOM_BYTES: usize = 16;

const REQUESTS: &str = "requests";
const RESPONSES: &str = "responses";

/// Request of a requirer. Ours leaves `auth` and `domains` empty. Keys in alphabetical order, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Accepted methods of authentication; empty for any.
    #[serde(default)]
    pub auth: Vec<String>,
    /// Hosts to reach; empty to leave the choice to the proxy's administrator.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The request's id.
    pub requirer: String,
}

/// An answer to a request, whose addresses may hold a password.
#[derive(Deserialize)]
struct Response {
    auth: Option<String>,
    http_proxy: Option<String>,
    https_proxy: Option<String>,
    requirer: String,
    status: String,
    user: Option<String>,
}

/// The proxies. Their addresses may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    /// For what goes by HTTP.
    pub http: Secret,
    /// For what goes by HTTPS.
    pub https: Secret,
}

/// The secret of the proxy's user, if it wants one.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    let response = response(view).ok().filter(wants_user);
    field::reference(response.and_then(|response| response.user).as_deref(), "user")
}

/// Reads the response to our request. A unit that can't read our application's databag takes the only response, and
/// waits if there are several. If `auth` has `userpass`, user and password come from the secret in `user`; else `user`
/// is ignored.
///
/// ```
/// use interfaces::{Read, Secrets, http_proxy};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("http-proxy", RelationId(17));
/// view.app = Some("http-proxy-policy".into());
/// let pending = r#"[{"requirer": "7864f169-efb2-40fe-86ca-113a05dab5fb", "status": "pending"}]"#;
/// view.remote_app = Databag::from_iter([("responses", pending)]);
/// assert_eq!(http_proxy::read(&view, &Secrets::new()), Read::Waiting("responses".into()));
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Proxies> {
    Read::of(view, || proxies(&response(view)?, secrets))
}

/// The response to our request, or the only one if this unit can't read the request.
fn response(view: &View) -> Result<Response, Stop> {
    let responses: Option<Vec<Response>> = json::value(&view.remote_app, RESPONSES, "a list of responses")?;
    let mut responses = responses.unwrap_or_default();
    if let Some(own) = &view.local_app {
        let id = request_id(own);
        responses.retain(|response| id.as_ref() == Some(&response.requirer));
    }
    let only = responses.pop().filter(|_| responses.is_empty());
    only.ok_or_else(|| Stop::waiting(RESPONSES))
}

/// The id of the request that stands in a requirer's databag.
fn request_id(requirer: &Databag) -> Option<String> {
    let requests: Option<Vec<Request>> = json::value(requirer, REQUESTS, "a list of requests").ok()?;
    requests?.into_iter().next().map(|request| request.requirer)
}

fn wants_user(response: &Response) -> bool {
    response.auth.as_ref().is_some_and(|auth| auth.contains("userpass"))
}

fn proxies(response: &Response, secrets: &Secrets) -> Result<Proxies, Stop> {
    match response.status.as_str() {
        "ready" => {}
        "pending" | "accepted" => return Err(Stop::waiting(RESPONSES)),
        no @ ("rejected" | "invalid" | "unsupported" | "error") => {
            return Err(Stop::invalid(RESPONSES, &format!("the proxy says {no}")));
        }
        _ => return Err(Stop::invalid(RESPONSES, "the proxy's status is unknown")),
    }
    let lacks = |what: &str| Stop::invalid(RESPONSES, &format!("{what} is missing"));
    response.auth.as_ref().ok_or_else(|| lacks("auth"))?;
    let http = response.http_proxy.as_deref().ok_or_else(|| lacks("http_proxy"))?;
    let https = response.https_proxy.as_deref().ok_or_else(|| lacks("https_proxy"))?;
    let user = match &response.user {
        Some(address) if wants_user(response) => Some(user(address, secrets)?),
        None if wants_user(response) => return Err(lacks("user")),
        _ => None,
    };
    Ok(Proxies { http: address(http, user.as_ref())?, https: address(https, user.as_ref())? })
}

/// The proxy's user and password.
fn user(address: &str, secrets: &Secrets) -> Result<(Secret, Secret), Stop> {
    let content = field::content(RESPONSES, address, secrets)?;
    let field = |name: &str| field::secret(RESPONSES, content, name)?.ok_or_else(|| Stop::waiting(RESPONSES));
    Ok((field("username")?, field("password")?))
}

/// A proxy's address in normal form. With a user it has the user's name and password, and no path.
fn address(url: &str, user: Option<&(Secret, Secret)>) -> Result<Secret, Stop> {
    check(url).map_err(|why| Stop::invalid(RESPONSES, &format!("a proxy's address {why}")))?;
    let Some((username, password)) = user else { return Ok(normalised(url).into()) };
    let uri = Uri::first(url);
    let place = uri.netloc.expose().rsplit('@').next().unwrap_or_default().to_lowercase();
    Ok(uri::server(&uri.scheme, username.expose(), password, &place))
}

/// Changes of the requirer: the request, if this unit leads and hasn't made it yet. `random` is used only then.
#[must_use]
pub fn request(view: &View, random: &[u8; RANDOM_BYTES]) -> Changes {
    if view.local_app.as_ref().and_then(request_id).is_some() {
        return Changes::default();
    }
    let request = Request { auth: Vec::new(), domains: Vec::new(), requirer: uuid(*random) };
    Changes::of_leader(view, &Databag::from_iter([(REQUESTS, json::text(&[request]))]))
}

/// A UUID of version 4.
fn uuid(mut random: [u8; RANDOM_BYTES]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
