//! relation-ids, relation-list, relation-get, relation-set, relation-model-get.

use super::{Invocation, Output, keyvalue};
use crate::model::HookError;
use juju::{Databag, Entity, Event, RelationId, UnitName, Whose};
use serde_json::json;

impl Invocation<'_, '_> {
    /// The relation that a flag names as `7` or `db:7`; without the flag, the event's relation.
    pub(super) fn relation(&self, named: Option<&str>) -> Result<RelationId, HookError> {
        let Some(named) = named.filter(|named| !named.is_empty()) else {
            return self.t.event_relation().ok_or_else(|| HookError::Usage("no relation id specified".to_owned()));
        };
        let (endpoint, number) = named.rsplit_once(':').map_or((None, named), |(e, n)| (Some(e), n));
        let id: RelationId = number
            .parse()
            .map_err(|_| HookError::Usage(format!("invalid value \"{number}\" for option -r: invalid relation id")))?;
        let relation = self.t.relation(id)?;
        let is_right = |endpoint| relation.side(self.t.unit().app()).is_some_and(|side| side.endpoint == endpoint);
        if endpoint.is_none_or(is_right) { Ok(id) } else { Err(HookError::RelationNotFound(number.to_owned())) }
    }
}

pub(super) fn ids(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(1)?;
    let endpoint = match (call.args().first(), &call.t.hook.event) {
        (Some(named), _) => named.clone(),
        (None, Event::Relation(event)) => event.endpoint.clone(),
        (None, _) => return Err(HookError::Usage("no endpoint name specified".to_owned())),
    };
    Ok(Output::list(call.t.relation_ids(&endpoint).into_iter().map(|id| format!("{endpoint}:{id}"))))
}

pub(super) fn list(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    let id = call.relation(call.flags.get("r"))?;
    if call.flags.is_on("app") {
        return Ok(Output::Value(call.t.relation_app(id)?.into()));
    }
    let mut units: Vec<String> = call.t.relation_units(id)?.iter().map(UnitName::to_string).collect();
    units.sort();
    Ok(Output::list(units))
}

pub(super) fn get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let id = call.relation(call.flags.get("r"))?;
    let key = call.args().first().filter(|key| *key != "-");
    let entity = entity(call, id)?;
    call.at_most(2)?;
    let bag = call.t.relation_get(id, &entity)?;
    Ok(Output::Value(match key {
        None => json!(bag),
        Some(key) => json!(bag.text(key)),
    }))
}

/// Owner of the requested databag: the one that the call names, else the event's remote unit or application.
fn entity(call: &Invocation<'_, '_>, id: RelationId) -> Result<Entity, HookError> {
    let missing = || HookError::Usage("no unit or application specified".to_owned());
    let wants_app = call.flags.is_on("app");
    if let Some(named) = call.args().get(1) {
        return match named.split_once('/') {
            Some((app, _)) if wants_app => Ok(Entity::App(app.to_owned())),
            Some(_) => named.parse().map(Entity::Unit).map_err(|_| missing()),
            None if named.is_empty() => Err(missing()),
            None => Ok(Entity::App(named.clone())),
        };
    }
    match &call.t.hook.event {
        Event::Relation(event) if event.id == id && wants_app => event.app.clone().map(Entity::App),
        Event::Relation(event) if event.id == id => event.unit.clone().map(Entity::Unit),
        _ => None,
    }
    .ok_or_else(missing)
}

pub(super) fn set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let changes = Databag::from(keyvalue::pairs(call.flags, call.args(), call.files)?);
    let id = call.relation(call.flags.get("r"))?;
    let whose = if call.flags.is_on("app") { Whose::App } else { Whose::Unit };
    call.t.relation_set(id, whose, &changes)?;
    Ok(Output::Silent)
}

pub(super) fn model_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(0)?;
    let id = call.relation(call.flags.get("r"))?;
    Ok(Output::Value(json!({"uuid": call.t.relation_model_uuid(id)?})))
}
