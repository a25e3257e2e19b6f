//! An allowed request with its parameters and body, as handlers get it.

use std::rc::Rc;

use http::Request;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use crate::access::User;
use crate::daemon::Daemon;
use crate::go_json::decode;
use crate::go_json::shape::Struct;
use crate::journal::Event;
use crate::query::Query;
use crate::request_body::RequestBody;
use crate::response::ApiError;

/// The longest JSON body in bytes. Layers need the most.
const LONGEST_JSON: usize = 16 << 20;

/// A request that matched a route and passed its access check.
pub(super) struct Call {
    pub(super) daemon: Rc<Daemon>,
    pub(super) user: Option<User>,
    /// Segments of the path that the route leaves open.
    pub(super) params: Vec<String>,
    pub(super) query: Query,
    pub(super) request: Request<RequestBody>,
}

impl Call {
    /// The open segment at `index`; empty if there are fewer.
    pub(super) fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// Writes an administrator's action to the security log.
    pub(super) fn admit(&self, action: &str, description: &str) {
        self.daemon.journal.security(Event::Admin, &format!("{},{action}", self.user_name()), description);
    }

    /// The user's name in the security log.
    pub(super) fn user_name(&self) -> String {
        self.user.as_ref().map_or_else(|| "<unknown>".to_owned(), User::shown)
    }

    /// Reads the body as JSON of this shape. `what` names the body in an error.
    pub(super) async fn json<T: DeserializeOwned>(
        &mut self,
        shape: &'static Struct,
        what: &str,
    ) -> Result<T, ApiError> {
        self.json_within(LONGEST_JSON, shape, what).await
    }

    /// [`Call::json`] with a limit in bytes of its own.
    pub(super) async fn json_within<T: DeserializeOwned>(
        &mut self,
        limit: usize,
        shape: &'static Struct,
        what: &str,
    ) -> Result<T, ApiError> {
        let body = Limited::new(self.request.body_mut(), limit).collect().await;
        let body = body.map_err(|error| ApiError::bad_request(format!("cannot decode {what}: {error}")))?.to_bytes();
        decode(&body, shape).map_err(|why| ApiError::bad_request(format!("cannot decode {what}: {why}")))
    }
}
