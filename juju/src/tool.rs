//! Runs a hook tool: one function, one error. The process itself is in `tool/process.rs`.
//!
//! The families beside this file say what each tool takes and answers. Values of databags, secrets, state and action
//! results never get into an error, and never into a process listing where the tool has another way to take them.

mod action;
mod call;
mod config;
mod error;
mod machine;
mod network;
pub(crate) mod private;
mod process;
mod relation;
mod secret;
mod state;
mod status;
mod storage;
mod streams;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use call::Call;
pub use error::{Error, Result};
use serde::de::DeserializeOwned;

use crate::backend::Backend;
use crate::config::Config;
use crate::databag::Databag;
use crate::log::LogLevel;
use crate::name::{RelationId, UnitName};
use crate::network::{GoalState, Network};
use crate::owner::{Entity, Whose};
use crate::port::Port;
use crate::secret::{NewSecret, Secret, SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate};
use crate::status::Status;
use crate::storage::StorageInfo;

/// The longest that a tool may run. Most answer within a second, and a controller that is being upgraded or moved within
/// minutes; Juju ends no hook, so a tool that hangs would hold up all events of the unit for good.
const PATIENCE: Duration = Duration::from_secs(300);
/// The same of `resource-get`, which may have to fetch gigabytes first.
const DOWNLOAD: Duration = Duration::from_secs(3600);

/// The hook tools Juju puts on PATH. One that runs longer than five minutes (`resource-get`: an hour) is killed.
#[derive(Clone, Debug)]
pub struct HookTools {
    dir: Option<PathBuf>,
    patience: Duration,
}

impl Default for HookTools {
    fn default() -> Self {
        Self::new()
    }
}

impl HookTools {
    /// The tools on PATH.
    #[must_use]
    pub const fn new() -> Self {
        Self { dir: None, patience: PATIENCE }
    }

    /// The tools in one folder.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self { dir: Some(dir.into()), ..Self::new() }
    }

    /// The same tools, each given up after this time.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn run(&self, call: &Call) -> Result<Vec<u8>, Error> {
        let started = Instant::now();
        let program = self.dir.as_deref().map_or_else(|| PathBuf::from(call.tool), |dir| dir.join(call.tool));
        let patience = if call.tool == "resource-get" { self.patience.max(DOWNLOAD) } else { self.patience };
        let ended = process::run(&program, call, patience).map_err(|fault| call.failed(fault))?;
        if call.tool != "juju-log" {
            tracing::debug!(tool = %call, ms = started.elapsed().as_millis(), "hook tool");
        }
        if ended.status.success() {
            return Ok(ended.stdout);
        }
        let stderr = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        Err(Error::Tool { command: call.to_string(), code: ended.status.code(), stderr })
    }

    /// Runs a tool that answers in JSON. The default value if it prints `null` or no text.
    fn ask<T: DeserializeOwned + Default>(&self, call: Call) -> Result<T, Error> {
        let call = call.arg("--format=json");
        let answer = self.run(&call)?;
        if answer.trim_ascii().is_empty() {
            return Ok(T::default());
        }
        let value: Option<T> = serde_json::from_slice(&answer).map_err(|e| call.unreadable(&e))?;
        Ok(value.unwrap_or_default())
    }

    /// Runs a tool and discards its output.
    fn tell(&self, call: &Call) -> Result<(), Error> {
        self.run(call).map(drop)
    }
}

/// The table of tools: which family has which.
impl Backend for HookTools {
    fn config_get(&self) -> Result<Config, Error> {
        config::get(self)
    }
    fn is_leader(&self) -> Result<bool, Error> {
        status::is_leader(self)
    }
    fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        relation::ids(self, endpoint)
    }
    fn relation_units(&self, id: RelationId) -> Result<Vec<UnitName>, Error> {
        relation::units(self, id)
    }
    fn relation_app(&self, id: RelationId) -> Result<Option<String>, Error> {
        relation::app(self, id)
    }
    fn relation_get(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        relation::get(self, id, entity)
    }
    fn relation_set(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        relation::set(self, id, whose, changes)
    }
    fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        relation::model_uuid(self, id)
    }
    fn secret_get(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        secret::get(self, query)
    }
    fn secret_add(&self, secret: &NewSecret) -> Result<SecretId, Error> {
        secret::add(self, secret)
    }
    fn secret_set(&self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        secret::set(self, id, update)
    }
    fn secret_grant(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        secret::grant(self, id, relation, unit)
    }
    fn secret_revoke(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        secret::revoke(self, id, relation, unit)
    }
    fn secret_remove(&self, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
        secret::remove(self, id, revision)
    }
    fn secret_info(&self, query: &SecretQuery) -> Result<SecretInfo, Error> {
        secret::info(self, query)
    }
    fn secret_ids(&self) -> Result<Vec<SecretId>, Error> {
        secret::ids(self)
    }
    fn status_set(&self, whose: Whose, status: &Status) -> Result<(), Error> {
        status::set(self, whose, status)
    }
    fn status_get(&self, whose: Whose) -> Result<Option<Status>, Error> {
        status::get(self, whose)
    }
    fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        network::opened_ports(self)
    }
    fn open_port(&self, port: &Port) -> Result<(), Error> {
        self.tell(&Call::new("open-port").arg(port.to_string()))
    }
    fn close_port(&self, port: &Port) -> Result<(), Error> {
        self.tell(&Call::new("close-port").arg(port.to_string()))
    }
    fn state_get(&self) -> Result<BTreeMap<String, String>, Error> {
        state::get(self)
    }
    fn state_set(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        state::set(self, changes)
    }
    fn state_delete(&self, key: &str) -> Result<(), Error> {
        state::delete(self, key)
    }
    fn action_get(&self) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
        action::get(self)
    }
    fn action_set(&self, results: &BTreeMap<String, String>) -> Result<(), Error> {
        action::set(self, results)
    }
    fn action_fail(&self, message: &str) -> Result<(), Error> {
        action::fail(self, message)
    }
    fn action_log(&self, message: &str) -> Result<(), Error> {
        action::log(self, message)
    }
    fn application_version_set(&self, version: &str) -> Result<(), Error> {
        status::version(self, version)
    }
    fn network_get(&self, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
        network::get(self, binding, relation)
    }
    fn goal_state(&self) -> Result<GoalState, Error> {
        network::goal_state(self)
    }
    fn juju_log(&self, level: LogLevel, message: &str) -> Result<(), Error> {
        status::log(self, level, message)
    }
    fn resource_get(&self, name: &str) -> Result<PathBuf, Error> {
        storage::resource(self, name)
    }
    fn storage_list(&self, name: Option<&str>) -> Result<Vec<String>, Error> {
        storage::list(self, name)
    }
    fn storage_get(&self, id: &str) -> Result<StorageInfo, Error> {
        storage::get(self, id)
    }
    fn storage_add(&self, name: &str, count: u32) -> Result<(), Error> {
        storage::add(self, name, count)
    }
    fn unit_get(&self, key: &str) -> Result<String, Error> {
        machine::unit_get(self, key)
    }
    fn reboot(&self, now: bool) -> Result<(), Error> {
        machine::reboot(self, now)
    }
    fn credential_get(&self) -> Result<Secret, Error> {
        machine::credential(self)
    }
}

#[cfg(test)]
mod tests;
