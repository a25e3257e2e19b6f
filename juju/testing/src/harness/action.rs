//! Actions that the test runs as an operator does.

use super::{Done, Harness, HarnessError};
use crate::model::Action;
use juju::{ActionEvent, Charm, Event};
use serde_json::{Map, Value};

impl<C: Charm> Harness<C> {
    /// Runs an action to its end, and returns it with its results and log lines.
    ///
    /// # Errors
    /// The action or a parameter is unknown, a required parameter is missing, or a parameter is of another type;
    /// [`HarnessError::NotBegun`]; [`HarnessError::ActionFailed`] if the charm calls `action-fail`, with the message of
    /// its last call; the charm fails.
    pub fn run_action(&mut self, name: &str, params: &Value) -> Done<C, Action> {
        self.must_have_begun()?;
        let params = params.as_object().cloned().unwrap_or_else(Map::new);
        let unit = self.unit.clone();
        let id = self.model.run_action(&unit, name, &params)?;
        let finished = self.dispatch(&Event::Action(ActionEvent { name: name.to_owned(), id: id.clone() }))?;
        let action = finished.action.expect("the model finishes an action's hook with the action");
        match action.failure.clone() {
            Some(message) => Err(HarnessError::ActionFailed { message, action: Box::new(action) }),
            None => Ok(action),
        }
    }
}
