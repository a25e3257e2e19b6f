//! Actions of the charm, for `webcharm run`.

use std::sync::mpsc::Sender;

use juju::UnitName;
use juju_testing::{ActionStatus, ModelError};
use serde_json::{Map, Value};

use super::{Input, Session};
use crate::control::Answer;

impl Session {
    /// Runs an action and waits for its end.
    pub(super) fn act(
        &self,
        unit: &str,
        name: &str,
        params: &Map<String, Value>,
        inputs: &Sender<Input>,
    ) -> Result<Answer, String> {
        let unit = self.unit(unit)?;
        let id = self
            .server
            .with(|model| model.run_action(&unit, name, params))
            .map_err(|error| self.refusal(&unit, &error))?;
        self.await_settled(inputs)?;
        let action = self.server.with(|model| model.action(&id).cloned()).ok_or("the action is gone")?;
        let failure = match action.status {
            ActionStatus::Completed => None,
            ActionStatus::Failed => Some(action.failure.unwrap_or_else(|| "the charm failed".to_owned())),
            ActionStatus::Pending | ActionStatus::Running => {
                let why = || "a hook before it failed, `webcharm debug-log` shows why".to_owned();
                let why = self.problems().into_iter().next().unwrap_or_else(why);
                return Err(format!("{unit} can't run the action: {why}"));
            }
        };
        Ok(Answer::Ran { id, results: action.results, failure, log: action.log })
    }

    fn refusal(&self, unit: &UnitName, error: &ModelError) -> String {
        match error {
            ModelError::UnknownAction(name) => {
                let app = self.application(unit.app());
                let known: Vec<_> = app.iter().flat_map(|app| app.files.actions.keys()).map(String::as_str).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                format!("the charm has no action {name:?}; there is: {known}")
            }
            other => crate::chain(other),
        }
    }
}
