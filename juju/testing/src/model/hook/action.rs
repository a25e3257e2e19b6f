//! action-get, action-set, action-fail, action-log; and juju-log, which any hook may use.

use super::error::usage;
use super::{Error, Transaction};
use crate::model::{Action, LogLine};
use juju::LogLevel;
use serde_json::{Map, Value};

impl Transaction<'_> {
    fn action(&mut self) -> Result<&mut Action, Error> {
        self.hook.action.as_mut().ok_or_else(not_running)
    }

    /// The action's parameters, including the declared defaults.
    pub(crate) fn action_params(&self) -> Result<Map<String, Value>, Error> {
        self.hook.action.as_ref().map(|action| action.params.clone()).ok_or_else(not_running)
    }

    /// Sets a result. A dot in the key separates the keys of nested maps.
    pub(crate) fn action_set(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let action = self.action()?;
        if let Some(part) = key.split('.').find(|part| !is_key(part)) {
            return Err(usage(format!(
                "key \"{part}\" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods"
            )));
        }
        if ["stdout", "stdout-encoding", "stderr", "stderr-encoding"].contains(&key) {
            return Err(usage(format!("cannot set reserved action key \"{key}\"")));
        }
        put(&mut action.results, key, value);
        Ok(())
    }

    /// Marks the action as failed. A later message replaces an earlier one.
    pub(crate) fn action_fail(&mut self, message: &str) -> Result<(), Error> {
        self.action()?.failure = Some(message.to_owned());
        Ok(())
    }

    /// Adds a line to the action's log.
    pub(crate) fn action_log(&mut self, message: &str) -> Result<(), Error> {
        self.action()?.log.push(message.to_owned());
        Ok(())
    }

    /// Adds lines to the model's log, at once.
    pub(crate) fn juju_log(&mut self, level: LogLevel, message: &str) {
        for line in message.lines() {
            self.log.push(LogLine { unit: self.hook.unit.clone(), level, message: line.to_owned() });
        }
    }
}

fn not_running() -> Error {
    Error::Refused("not running an action".to_owned())
}

fn put(map: &mut Map<String, Value>, key: &str, value: &str) {
    match key.split_once('.') {
        None => {
            map.insert(key.to_owned(), value.into());
        }
        Some((head, rest)) => {
            let inner = map.entry(head).or_insert_with(|| Map::new().into());
            if !inner.is_object() {
                *inner = Map::new().into();
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn is_key(part: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(is_end) && part.ends_with(is_end) && part.chars().all(|c| is_end(c) || c == '-' || c == '.')
}
