//! Actions that an operator runs on a unit.

use super::{Error, Model};
use juju::{ActionDeclaration, ActionEvent, Event, UnitName};
use serde_json::{Map, Value};

/// Progress of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionStatus {
    /// Queued.
    Pending,
    /// The hook runs.
    Running,
    /// Succeeded.
    Completed,
    /// Called `action-fail`, or its hook failed.
    Failed,
}

/// One run of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Number of the run, as text.
    pub id: String,
    /// Name of the action.
    pub name: String,
    /// The unit that runs it.
    pub unit: UnitName,
    /// Parameters, including the declared defaults.
    pub params: Map<String, Value>,
    /// Progress of the run.
    pub status: ActionStatus,
    /// Results that the charm has set.
    pub results: Map<String, Value>,
    /// Message of the last `action-fail`.
    pub failure: Option<String>,
    /// Lines of `action-log`.
    pub log: Vec<String>,
}

impl Model {
    /// Queues an action on a unit and returns its number.
    ///
    /// # Errors
    /// The unit, the action or a parameter is unknown, or a required parameter is missing.
    pub fn run_action(&mut self, unit: &UnitName, name: &str, params: &Map<String, Value>) -> Result<String, Error> {
        let app = self.application(unit.app())?;
        let actions = app.charm.as_ref().map(|charm| &charm.actions);
        let declared =
            actions.and_then(|actions| actions.get(name)).ok_or_else(|| Error::UnknownAction(name.to_owned()))?;
        let params =
            complete(declared, params).map_err(|reason| Error::ActionParameter { action: name.to_owned(), reason })?;
        self.next_action += 1;
        let id = self.next_action.to_string();
        let action = Action {
            id: id.clone(),
            name: name.to_owned(),
            unit: unit.clone(),
            params,
            status: ActionStatus::Pending,
            results: Map::new(),
            failure: None,
            log: Vec::new(),
        };
        self.push(unit, Event::Action(ActionEvent { name: name.to_owned(), id: id.clone() }))?;
        self.actions.insert(id.clone(), action);
        Ok(id)
    }

    /// The run with that number. While its hook runs, results and log are those from before the hook.
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.get(id)
    }
}

/// The given parameters and the declared defaults of the others. The error is a sentence.
pub(crate) fn complete(declared: &ActionDeclaration, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    if let Some(name) =
        given.keys().find(|name| !declared.additional_properties && !declared.params.contains_key(*name))
    {
        return Err(format!("parameter \"{name}\" is not declared"));
    }
    if let Some(name) = declared.required.iter().find(|name| !given.contains_key(*name)) {
        return Err(format!("parameter \"{name}\" is required"));
    }
    let mut params = Map::new();
    for (name, schema) in &declared.params {
        if let Some(default) = schema.get("default") {
            params.insert(name.clone(), default.clone());
        }
        if let Some(value) = given.get(name) {
            check_type(name, schema, value)?;
        }
    }
    params.extend(given.clone());
    Ok(params)
}

fn check_type(name: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(kind) = schema.get("type").and_then(Value::as_str) else { return Ok(()) };
    let is_right = match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if is_right { Ok(()) } else { Err(format!("parameter \"{name}\" must be of type {kind}")) }
}
