//! Juju for a hook that a [`Killer`] may end: each call of a hook tool is a step.

use std::collections::BTreeMap;

use juju::{
    Backend, Config, Databag, Entity, Error, GoalState, LogLevel, NewSecret, RelationId, SecretContent, SecretId,
    SecretInfo, SecretQuery, SecretUpdate, Status, UnitName, Whose,
};
use juju_testing::ModelBackend;

use super::killer::Killer;

/// The model's backend with steps.
pub(crate) struct Mortal<'m> {
    pub(crate) juju: ModelBackend<'m>,
    pub(crate) killer: &'m Killer,
}

/// Methods that are a step and then the model's.
macro_rules! steps {
    ($($tool:literal $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $type),*) -> Result<$out, Error> {
            self.killer.step($tool);
            self.juju.$name($($arg),*)
        })*
    };
}

/// The hook tools that this charm uses; a call of another is an error.
impl Backend for Mortal<'_> {
    steps! {
        "config-get" config_get() -> Config;
        "is-leader" is_leader() -> bool;
        "relation-ids" relation_ids(endpoint: &str) -> Vec<RelationId>;
        "relation-list" relation_units(id: RelationId) -> Vec<UnitName>;
        "relation-list" relation_app(id: RelationId) -> Option<String>;
        "relation-get" relation_get(id: RelationId, entity: &Entity) -> Databag;
        "relation-set" relation_set(id: RelationId, whose: Whose, changes: &Databag) -> ();
        "relation-model-get" relation_model_uuid(id: RelationId) -> String;
        "secret-get" secret_get(query: &SecretQuery) -> SecretContent;
        "secret-add" secret_add(secret: &NewSecret) -> SecretId;
        "secret-set" secret_set(id: &SecretId, update: &SecretUpdate) -> ();
        "secret-grant" secret_grant(id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> ();
        "secret-revoke" secret_revoke(id: &SecretId, relation: RelationId, unit: Option<&UnitName>) -> ();
        "secret-remove" secret_remove(id: &SecretId, revision: Option<u64>) -> ();
        "secret-info-get" secret_info(query: &SecretQuery) -> SecretInfo;
        "secret-ids" secret_ids() -> Vec<SecretId>;
        "status-set" status_set(whose: Whose, status: &Status) -> ();
        "status-get" status_get(whose: Whose) -> Option<Status>;
        "state-get" state_get() -> BTreeMap<String, String>;
        "state-set" state_set(changes: &BTreeMap<String, String>) -> ();
        "state-delete" state_delete(key: &str) -> ();
        "application-version-set" application_version_set(version: &str) -> ();
        "goal-state" goal_state() -> GoalState;
        "juju-log" juju_log(level: LogLevel, message: &str) -> ();
    }
}
