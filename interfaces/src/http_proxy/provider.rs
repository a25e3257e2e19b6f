//! The provider's half of [`http_proxy`](super).

use std::collections::BTreeMap;

use juju::{Changes, Needs, Offer, Part, Secret, View};

pub use super::Request;
use super::{REQUESTS, RESPONSES};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// State of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The administrator hasn't decided yet.
    Pending,
    /// It's allowed, but the proxy isn't there yet.
    Accepted,
    /// It isn't allowed.
    Rejected,
    /// There is a proxy.
    Ready {
        /// Its address for both protocols.
        url: String,
        /// The user of all requests, if it wants one. Published in a secret.
        user: Option<User>,
    },
}

/// User of the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub username: Secret,
    /// The password.
    pub password: Secret,
}

/// Reads the requests; one relation may carry several requests.
#[must_use]
pub fn read(view: &View) -> Read<Vec<Request>> {
    Read::of(view, || {
        let requests = json::value(&view.remote_app, REQUESTS, "a list of requests")?;
        requests.ok_or_else(|| Stop::waiting(REQUESTS))
    })
}

/// Changes of the **leader**: the same verdict on each request.
#[must_use]
pub fn answer(view: &View, requests: &[Request], verdict: &Verdict) -> Changes {
    let mut names: Vec<_> = requests.iter().map(|request| request.requirer.as_str()).collect();
    names.sort_unstable();
    let responses: Vec<_> = names.into_iter().map(|requirer| response(view, requirer, verdict)).collect();
    let mut changes = Changes::default();
    if view.local_app.is_some() {
        changes.app.set(RESPONSES, json::objects(&responses));
    }
    changes
}

fn response(view: &View, requirer: &str, verdict: &Verdict) -> BTreeMap<&'static str, Part> {
    let text = |text: &str| Part::Text(text.to_owned());
    let (status, ready) = match verdict {
        Verdict::Pending => ("pending", None),
        Verdict::Accepted => ("accepted", None),
        Verdict::Rejected => ("rejected", None),
        Verdict::Ready { url, user } => ("ready", Some((url, user))),
    };
    let mut fields = BTreeMap::from([("requirer", text(requirer)), ("status", text(status))]);
    if let Some((url, user)) = ready {
        let auth = if user.is_some() { "userpass" } else { "none" };
        fields.extend([("auth", text(auth)), ("http_proxy", text(url)), ("https_proxy", text(url))]);
        fields.extend(user.iter().map(|user| ("user", Part::Secret(offer(view, user)))));
    }
    fields
}

fn offer(view: &View, user: &User) -> Offer {
    let fields = [("username", &user.username), ("password", &user.password)];
    let content = fields.map(|(key, value)| (key.to_owned(), value.clone())).into();
    Offer { label: format!("http_proxy.{}.user", view.id), content }
}
