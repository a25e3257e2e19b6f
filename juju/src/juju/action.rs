//! The action that runs, through the handle.

use std::collections::BTreeMap;

use super::{Juju, Params};
use crate::tool::Error;

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The parameters of the action that runs.
    pub fn action_params(&self) -> Result<&Params, Error> {
        self.once(&self.params, |juju| juju.action_get())
    }

    /// Sets results of the action.
    pub fn set_action_results(&self, results: &BTreeMap<String, String>) -> Result<(), Error> {
        if results.is_empty() { Ok(()) } else { self.call(|juju| juju.action_set(results)) }
    }

    /// Has the action fail with this message. It goes on running.
    pub fn fail_action(&self, message: &str) -> Result<(), Error> {
        self.call(|juju| juju.action_fail(message))
    }

    /// Shows the operator a line while the action runs.
    pub fn log_action(&self, message: &str) -> Result<(), Error> {
        self.call(|juju| juju.action_log(message))
    }
}
