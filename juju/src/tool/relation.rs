//! `relation-ids`, `relation-list`, `relation-get`, `relation-set`, `relation-model-get`.

use std::collections::BTreeMap;

use super::text::yaml;
use super::{Call, Error, HookTools};
use crate::databag::Databag;
use crate::name::{RelationId, UnitName};
use crate::owner::{Entity, Whose};

pub(super) fn ids(tools: &HookTools, endpoint: &str) -> Result<Vec<RelationId>, Error> {
    let call = || Call::new("relation-ids").arg(endpoint);
    let ids: Vec<String> = tools.ask(call())?;
    ids.iter().map(|id| id.parse().map_err(|_| call().nonsense(format!("{id:?} is not a relation id")))).collect()
}

pub(super) fn units(tools: &HookTools, id: RelationId) -> Result<Vec<UnitName>, Error> {
    let call = || Call::new("relation-list").arg("-r").arg(id.to_string());
    let units: Vec<String> = tools.ask(call())?;
    units.iter().map(|unit| unit.parse().map_err(|_| call().nonsense(format!("{unit:?} is not a unit")))).collect()
}

pub(super) fn app(tools: &HookTools, id: RelationId) -> Result<Option<String>, Error> {
    let app: String = tools.ask(Call::new("relation-list").arg("-r").arg(id.to_string()).arg("--app"))?;
    Ok(Some(app).filter(|app| !app.is_empty()))
}

pub(super) fn get(tools: &HookTools, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
    let call = Call::new("relation-get").arg("-r").arg(id.to_string()).arg("-").arg(entity.to_string());
    tools.ask(call.flag("--app", matches!(entity, Entity::App(_))))
}

/// The settings go through stdin, so that neither their length nor their content meets the process table.
pub(super) fn set(tools: &HookTools, id: RelationId, whose: Whose, changes: &Databag) -> Result<(), Error> {
    let call = Call::new("relation-set").arg("-r").arg(id.to_string()).flag("--app", whose == Whose::App);
    tools.tell(&call.arg("--file").arg("-").stdin(yaml(changes)))
}

pub(super) fn model_uuid(tools: &HookTools, id: RelationId) -> Result<String, Error> {
    let call = || Call::new("relation-model-get").arg("-r").arg(id.to_string());
    let mut answer: BTreeMap<String, String> = tools.ask(call())?;
    answer.remove("uuid").ok_or_else(|| call().nonsense("there is no uuid"))
}
