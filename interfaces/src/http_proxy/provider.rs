//! The provider's half of [`http_proxy`](super).

use juju::{Databag, Needs, View};

pub use super::Request;
use super::{REQUESTS, RESPONSES, Response};
use crate::change::Changes;
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
        /// The address of a secret with `username` and `password`, granted to the relation, if it wants to see one.
        user: Option<String>,
    },
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
    let mut responses: Vec<_> = requests.iter().map(|request| response(&request.requirer, verdict)).collect();
    responses.sort_by(|one, other| one.requirer.cmp(&other.requirer));
    Changes::of_leader(view, &Databag::from_iter([(RESPONSES, json::text(&responses))]))
}

fn response(requirer: &str, verdict: &Verdict) -> Response {
    let (status, url, user) = match verdict {
        Verdict::Pending => ("pending", None, None),
        Verdict::Accepted => ("accepted", None, None),
        Verdict::Rejected => ("rejected", None, None),
        Verdict::Ready { url, user } => ("ready", Some(url.clone()), user.clone()),
    };
    Response {
        auth: url.is_some().then(|| if user.is_some() { "userpass" } else { "none" }.to_owned()),
        http_proxy: url.clone(),
        https_proxy: url,
        requirer: requirer.to_owned(),
        status: status.to_owned(),
        user,
    }
}
