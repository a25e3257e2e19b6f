//! The response to our request, among those that a provider writes.

use juju::{Databag, View};
use serde::Deserialize;

use super::REQUESTS;
use crate::json;
use crate::read::Stop;

/// The fields of a response that the requirer uses. Unknown keys are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Response {
    pub(super) request_id: Option<String>,
    pub(super) endpoints: Option<String>,
    pub(super) read_only_endpoints: Option<String>,
    pub(super) sentinel_endpoints: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) version: Option<String>,
    pub(super) secret_user: Option<String>,
    pub(super) secret_tls: Option<String>,
}

impl Response {
    /// The label of a group's secret, at both sides.
    pub(super) fn label(&self, view: &View, group: &str) -> Option<String> {
        let id = self.request_id.as_ref()?;
        Some(format!("{}.{}.{id}.{group}.secret", view.endpoint, view.id))
    }
}

/// The response to our request. Only the leader knows what that was; other units take the first, since there is one.
pub(super) fn ours(view: &View) -> Result<Option<Response>, Stop> {
    let responses: Option<Vec<Response>> = json::value(&view.remote_app, REQUESTS, "a list of responses")?;
    let id = view.local_app.as_ref().and_then(request_id);
    let is_ours = |response: &Response| id.is_none() || response.request_id == id;
    Ok(responses.into_iter().flatten().find(is_ours))
}

/// The id of the request that stands in a requirer's databag.
pub(super) fn request_id(requirer: &Databag) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Request {
        request_id: String,
    }
    let requests: Option<Vec<Request>> = json::value(requirer, REQUESTS, "a list of requests").ok()?;
    requests?.into_iter().next().map(|request| request.request_id)
}
