//! The one door to Juju: every hook tool as a typed call.
//!
//! Two things stand behind it: [`crate::HookTools`], which runs the real tools, and the model in the testing package.
//! The methods are thin: no caching, no judgement. [`crate::Juju`] is what charms call.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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
use crate::tool::Error;

macro_rules! unsupported {
    ($tool:literal) => {
        Err(Error::Unsupported { tool: $tool })
    };
}

/// Juju, as a hook sees it. Every method is one call of the hook tool of that name, except [`Backend::relation_endpoint`].
///
/// A method left out answers [`Error::Unsupported`], so that a test's stand-in can be a few lines.
///
/// # Errors
/// Each method returns what the tool said when it failed; [`Error::is_permission_denied`] and [`Error::is_not_found`]
/// tell the two answers a charm may expect.
#[allow(unused_variables, reason = "the names are the documentation; the defaults don't use them")]
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Backend {
    /// The options that have a value.
    ///
    /// Hook tool [`config-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/config-get/).
    fn config_get(&self) -> Result<Config, Error> {
        unsupported!("config-get")
    }

    /// True if this unit leads, for at least the next thirty seconds.
    ///
    /// Hook tool [`is-leader`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/is-leader/).
    fn is_leader(&self) -> Result<bool, Error> {
        unsupported!("is-leader")
    }

    /// The relations of an endpoint, the one being broken among them, in no particular order.
    ///
    /// Hook tool [`relation-ids`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-ids/).
    fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        unsupported!("relation-ids")
    }

    /// The units at the other side (of a peer relation: the other units), in no particular order.
    ///
    /// Hook tool [`relation-list`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-list/).
    fn relation_units(&self, id: RelationId) -> Result<Vec<UnitName>, Error> {
        unsupported!("relation-list")
    }

    /// The application at the other side.
    ///
    /// Hook tool [`relation-list`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-list/).
    fn relation_app(&self, id: RelationId) -> Result<Option<String>, Error> {
        unsupported!("relation-list")
    }

    /// The databag of one side.
    ///
    /// Hook tool [`relation-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-get/).
    fn relation_get(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        unsupported!("relation-get")
    }

    /// Sets the given keys; an empty value deletes its key.
    ///
    /// Hook tool [`relation-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-set/).
    fn relation_set(&self, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
        unsupported!("relation-set")
    }

    /// Our endpoint of a relation, as far as it is known without a hook tool: a model knows it, the hook tools have no answer.
    fn relation_endpoint(&self, id: RelationId) -> Option<String> {
        None
    }

    /// The UUID of the model the other side is in.
    ///
    /// Hook tool [`relation-model-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/relation-model-get/).
    fn relation_model_uuid(&self, id: RelationId) -> Result<String, Error> {
        unsupported!("relation-model-get")
    }

    /// A secret's content.
    ///
    /// Hook tool [`secret-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-get/).
    fn secret_get(&self, query: &SecretQuery) -> Result<SecretContent, Error> {
        unsupported!("secret-get")
    }

    /// Makes a secret.
    ///
    /// Hook tool [`secret-add`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-add/).
    fn secret_add(&self, secret: &NewSecret) -> Result<SecretId, Error> {
        unsupported!("secret-add")
    }

    /// Changes a secret of ours.
    ///
    /// Hook tool [`secret-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-set/).
    fn secret_set(&self, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
        unsupported!("secret-set")
    }

    /// Lets the other side of a relation, or one unit of it, read a secret of ours.
    ///
    /// Hook tool [`secret-grant`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-grant/).
    fn secret_grant(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        unsupported!("secret-grant")
    }

    /// Revokes what [`Backend::secret_grant`] granted.
    ///
    /// Hook tool [`secret-revoke`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-revoke/).
    fn secret_revoke(&self, id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> Result<(), Error> {
        unsupported!("secret-revoke")
    }

    /// Removes one revision of a secret of ours, or all of it.
    ///
    /// Hook tool [`secret-remove`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-remove/).
    fn secret_remove(&self, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
        unsupported!("secret-remove")
    }

    /// The facts about a secret that this charm owns. Only the id or the label of the query counts.
    ///
    /// Hook tool [`secret-info-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-info-get/).
    fn secret_info(&self, query: &SecretQuery) -> Result<SecretInfo, Error> {
        unsupported!("secret-info-get")
    }

    /// The secrets this unit manages.
    ///
    /// Hook tool [`secret-ids`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/secret-ids/).
    fn secret_ids(&self) -> Result<Vec<SecretId>, Error> {
        unsupported!("secret-ids")
    }

    /// Sets a status, at once: statuses don't wait for the hook's end.
    ///
    /// Hook tool [`status-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/status-set/).
    fn status_set(&self, whose: Whose, status: &Status) -> Result<(), Error> {
        unsupported!("status-set")
    }

    /// The status; `None` if it is a status that a charm can't set.
    ///
    /// Hook tool [`status-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/status-get/).
    fn status_get(&self, whose: Whose) -> Result<Option<Status>, Error> {
        unsupported!("status-get")
    }

    /// The ports this unit has open.
    ///
    /// Hook tool [`opened-ports`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/opened-ports/).
    fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        unsupported!("opened-ports")
    }

    /// Opens a port.
    ///
    /// Hook tool [`open-port`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/open-port/).
    fn open_port(&self, port: &Port) -> Result<(), Error> {
        unsupported!("open-port")
    }

    /// Closes a port.
    ///
    /// Hook tool [`close-port`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/close-port/).
    fn close_port(&self, port: &Port) -> Result<(), Error> {
        unsupported!("close-port")
    }

    /// The unit's state, kept by Juju from hook to hook.
    ///
    /// Hook tool [`state-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/state-get/).
    fn state_get(&self) -> Result<BTreeMap<String, String>, Error> {
        unsupported!("state-get")
    }

    /// Sets keys of the unit's state.
    ///
    /// Hook tool [`state-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/state-set/).
    fn state_set(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        unsupported!("state-set")
    }

    /// Deletes a key of the unit's state.
    ///
    /// Hook tool [`state-delete`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/state-delete/).
    fn state_delete(&self, key: &str) -> Result<(), Error> {
        unsupported!("state-delete")
    }

    /// The action's parameters.
    ///
    /// Hook tool [`action-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/action-get/).
    fn action_get(&self) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
        unsupported!("action-get")
    }

    /// Sets results of the action; a dot in a key makes a map within.
    ///
    /// Hook tool [`action-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/action-set/).
    fn action_set(&self, results: &BTreeMap<String, String>) -> Result<(), Error> {
        unsupported!("action-set")
    }

    /// Has the action fail with this message. It goes on running.
    ///
    /// Hook tool [`action-fail`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/action-fail/).
    fn action_fail(&self, message: &str) -> Result<(), Error> {
        unsupported!("action-fail")
    }

    /// Shows the operator a line while the action runs.
    ///
    /// Hook tool [`action-log`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/action-log/).
    fn action_log(&self, message: &str) -> Result<(), Error> {
        unsupported!("action-log")
    }

    /// Tells the version of the workload.
    ///
    /// Hook tool [`application-version-set`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/application-version-set/).
    fn application_version_set(&self, version: &str) -> Result<(), Error> {
        unsupported!("application-version-set")
    }

    /// The network of an endpoint or extra binding, or of one relation of it.
    ///
    /// Hook tool [`network-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/network-get/).
    fn network_get(&self, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
        unsupported!("network-get")
    }

    /// The planned units and relations of the model. Slow: the tool asks the controller.
    ///
    /// Hook tool [`goal-state`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/goal-state/).
    fn goal_state(&self) -> Result<GoalState, Error> {
        unsupported!("goal-state")
    }

    /// Writes to Juju's log.
    ///
    /// Hook tool [`juju-log`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/juju-log/).
    fn juju_log(&self, level: LogLevel, message: &str) -> Result<(), Error> {
        unsupported!("juju-log")
    }

    /// The path of a resource's file.
    ///
    /// Hook tool [`resource-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/resource-get/).
    fn resource_get(&self, name: &str) -> Result<PathBuf, Error> {
        unsupported!("resource-get")
    }

    /// The attached instances of a storage, or of all.
    ///
    /// Hook tool [`storage-list`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/storage-list/).
    fn storage_list(&self, name: Option<&str>) -> Result<Vec<String>, Error> {
        unsupported!("storage-list")
    }

    /// Kind and location of a storage instance such as `data/0`.
    ///
    /// Hook tool [`storage-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/storage-get/).
    fn storage_get(&self, id: &str) -> Result<StorageInfo, Error> {
        unsupported!("storage-get")
    }

    /// Asks for more instances of a storage.
    ///
    /// Hook tool [`storage-add`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/storage-add/).
    fn storage_add(&self, name: &str, count: u32) -> Result<(), Error> {
        unsupported!("storage-add")
    }

    /// `private-address` or `public-address` of this unit.
    ///
    /// Hook tool [`unit-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/unit-get/).
    fn unit_get(&self, key: &str) -> Result<String, Error> {
        unsupported!("unit-get")
    }

    /// Reboots the machine after the hook, or at once, in which case the hook runs again.
    ///
    /// Hook tool [`juju-reboot`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/juju-reboot/).
    fn reboot(&self, now: bool) -> Result<(), Error> {
        unsupported!("juju-reboot")
    }

    /// The cloud's credential as JSON, for charms the operator trusts with it.
    ///
    /// Hook tool [`credential-get`](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/list-of-hook-commands/credential-get/).
    fn credential_get(&self) -> Result<Secret, Error> {
        unsupported!("credential-get")
    }
}
