//! A hook of the model as a [`Backend`]: the in-process front. Each call counts under the name of its hook tool, and a
//! refusal is the real tool's error, so a charm sees the same as in a pod.

use crate::model::{Call, HookError, HookId, Model, SecretOwner, Transaction};
use juju::{
    Backend, Config, Databag, Entity, Error, GoalState, LogLevel, Network, NewSecret, Port, ReadMode, RelationId,
    SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate, Status, StorageInfo, UnitName, Whose,
};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

/// An open hook of a model, for a charm in this process.
#[derive(Debug)]
pub struct ModelBackend<'m> {
    model: &'m RefCell<Model>,
    hook: HookId,
}

impl<'m> ModelBackend<'m> {
    /// A backend for the hook that [`Model::begin`] opened.
    pub fn new(model: &'m RefCell<Model>, hook: HookId) -> ModelBackend<'m> {
        ModelBackend { model, hook }
    }

    /// Makes one call and records it, with its time and exit code.
    fn call<R>(
        &self,
        tool: &'static str,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<R, HookError>,
    ) -> Result<R, Error> {
        let start = Instant::now();
        let mut model = self.model.borrow_mut();
        let Some(mut hook) = model.transaction(self.hook.as_str()) else {
            return Err(Error::refusal(
                tool,
                1,
                format!("ERROR bad request: unknown context \"{}\"", self.hook.as_str()),
            ));
        };
        let result = work(&mut hook);
        let exit = result.as_ref().err().map_or(0, HookError::exit_code);
        let stderr = result.as_ref().err().map(refusal).unwrap_or_default();
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        hook.hook.calls.push(Call { tool: tool.to_owned(), argv: Vec::new(), ms, exit, stderr: stderr.clone() });
        result.map_err(|_| Error::refusal(tool, exit, stderr))
    }
}

/// The real tool's message, then the model's own in parentheses if it says more.
fn refusal(error: &HookError) -> String {
    let (juju, whole) = (error.tool_message(), error.to_string());
    if juju == whole { format!("ERROR {juju}") } else { format!("ERROR {juju} ({whole})") }
}

impl Backend for ModelBackend<'_> {
    fn config_get(&self) -> Result<Config, Error> {
        self.call("config-get", |hook| Ok(hook.config()))
    }

    fn is_leader(&self) -> Result<bool, Error> {
        self.call("is-leader", |hook| Ok(hook.is_leader()))
    }

    fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        self.call("relation-ids", |hook| Ok(hook.relation_ids(endpoint)))
    }

    fn relation_units(&self, id: RelationId) -> Result<Vec<UnitName>, Error> {
        self.call("relation-list", |hook| hook.relation_units(id))
    }

    fn relation_app(&self, id: RelationId) -> Result<Option<String>, Error> {
        self.call("relation-list", |hook| hook.relation_app(id).map(Some))
    }

    fn relation_get(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        self.call("relation-get", |hook| hook.relation_get(id, entity))
    }

    fn relation_set(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        self.call("relation-set", |hook| hook.relation_set(id, whose, changes))
    }

    fn relation_endpoint(&self, id: RelationId) -> Option<String> {
        self.model.borrow_mut().transaction(self.hook.as_str())?.relation_endpoint(id)
    }

    fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        self.call("relation-model-get", |hook| hook.relation_model_uuid(id))
    }

    fn secret_get(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        self.call("secret-get", |hook| hook.secret_get(query))
    }

    fn secret_add(&self, secret: &NewSecret) -> Result<SecretId, Error> {
        self.call("secret-add", |hook| hook.secret_add(secret))
    }

    fn secret_set(&self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        self.call("secret-set", |hook| hook.secret_set(id, update))
    }

    fn secret_grant(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        self.call("secret-grant", |hook| hook.secret_grant(id, relation, unit))
    }

    fn secret_revoke(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        self.call("secret-revoke", |hook| hook.secret_revoke(id, Some(relation), unit))
    }

    fn secret_remove(&self, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
        self.call("secret-remove", |hook| hook.secret_remove(id, revision))
    }

    fn secret_info(&self, query: &SecretQuery) -> Result<SecretInfo, Error> {
        self.call("secret-info-get", |hook| {
            let query = SecretQuery { mode: ReadMode::Tracked, ..query.clone() };
            let secret = hook.secret_info(&query)?;
            let about = secret.about.clone();
            Ok(SecretInfo {
                id: secret.id.clone(),
                revision: secret.latest(),
                label: about.label,
                owner: if matches!(secret.owner, SecretOwner::App(_)) { Whose::App } else { Whose::Unit },
                description: about.description,
                rotate: about.rotate,
                expiry: about.expire,
                rotates: None,
            })
        })
    }

    fn secret_ids(&self) -> Result<Vec<SecretId>, Error> {
        self.call("secret-ids", |hook| Ok(hook.secret_ids()))
    }

    fn status_set(&self, whose: Whose, status: &Status) -> Result<(), Error> {
        self.call("status-set", |hook| hook.status_set(whose, status))
    }

    fn status_get(&self, whose: Whose) -> Result<Option<Status>, Error> {
        self.call("status-get", |hook| hook.status(whose))
    }

    fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        self.call("opened-ports", |hook| Ok(hook.ports()))
    }

    fn open_port(&self, port: &Port) -> Result<(), Error> {
        self.call("open-port", |hook| {
            hook.open_port(*port);
            Ok(())
        })
    }

    fn close_port(&self, port: &Port) -> Result<(), Error> {
        self.call("close-port", |hook| {
            hook.close_port(*port);
            Ok(())
        })
    }

    fn state_get(&self) -> Result<BTreeMap<String, String>, Error> {
        self.call("state-get", |hook| Ok(hook.state()))
    }

    fn state_set(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        self.call("state-set", |hook| {
            changes.iter().for_each(|(key, value)| hook.set_state(key, Some(value)));
            Ok(())
        })
    }

    fn state_delete(&self, key: &str) -> Result<(), Error> {
        self.call("state-delete", |hook| {
            hook.set_state(key, None);
            Ok(())
        })
    }

    fn action_get(&self) -> Result<Map<String, Value>, Error> {
        self.call("action-get", |hook| hook.action_params())
    }

    fn action_set(&self, results: &BTreeMap<String, String>) -> Result<(), Error> {
        self.call("action-set", |hook| results.iter().try_for_each(|(key, value)| hook.action_set(key, value)))
    }

    fn action_fail(&self, message: &str) -> Result<(), Error> {
        self.call("action-fail", |hook| hook.action_fail(message))
    }

    fn action_log(&self, message: &str) -> Result<(), Error> {
        self.call("action-log", |hook| hook.action_log(message))
    }

    fn application_version_set(&self, version: &str) -> Result<(), Error> {
        self.call("application-version-set", |hook| {
            hook.set_version(version);
            Ok(())
        })
    }

    fn network_get(&self, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
        self.call("network-get", |hook| hook.network(binding, relation))
    }

    fn goal_state(&self) -> Result<GoalState, Error> {
        self.call("goal-state", |hook| Ok(hook.goal_state()))
    }

    fn juju_log(&self, level: LogLevel, message: &str) -> Result<(), Error> {
        self.call("juju-log", |hook| {
            hook.juju_log(level, message);
            Ok(())
        })
    }

    fn resource_get(&self, name: &str) -> Result<PathBuf, Error> {
        self.call("resource-get", |hook| hook.resource(name))
    }

    fn storage_list(&self, name: Option<&str>) -> Result<Vec<String>, Error> {
        self.call("storage-list", |hook| Ok(hook.storage_ids(name)))
    }

    fn storage_get(&self, id: &str) -> Result<StorageInfo, Error> {
        self.call("storage-get", |hook| {
            let storage = hook.storage(Some(id))?;
            Ok(StorageInfo { kind: storage.kind.clone(), location: storage.location.clone() })
        })
    }

    fn storage_add(&self, name: &str, count: u32) -> Result<(), Error> {
        self.call("storage-add", |hook| hook.storage_add(name, count))
    }

    fn unit_get(&self, key: &str) -> Result<String, Error> {
        self.call("unit-get", |hook| hook.unit_get(key))
    }

    fn reboot(&self, now: bool) -> Result<(), Error> {
        self.call("juju-reboot", |hook| hook.reboot(now))
    }

    fn credential_get(&self) -> Result<juju::Secret, Error> {
        self.call("credential-get", |hook| hook.credential().map(juju::Secret::from))
    }
}
