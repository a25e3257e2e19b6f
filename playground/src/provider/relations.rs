//! The relations of an application without a charm, read from the model.

use interfaces::Read;
use juju::{Changes, Databag, Entity, RelationId, UnitName, View};
use juju_testing::{Model, RelationInfo};

use super::{Answer, Error, Relation};

/// The relations of an endpoint of the application `app`.
pub(super) fn of(model: &Model, app: &str, endpoint: &str) -> Vec<Relation> {
    let all = model.relations().filter(|relation| relation.endpoint(app) == Some(endpoint));
    all.map(|info| relation(model, &info, app)).collect()
}

fn relation(model: &Model, info: &RelationInfo, app: &str) -> Relation {
    let bag = |entity: Entity| -> Databag { model.databag(info.id, &entity).unwrap_or_default() };
    let mut view = View::empty(info.endpoint(app).unwrap_or_default(), info.id);
    let remote = info.sides.iter().map(|(name, ..)| name).find(|name| *name != app);
    if let Some(remote) = remote {
        view.remote_app = bag(Entity::App(remote.clone()));
        let units = info.members.iter().filter(|unit| unit.app() == remote);
        view.units = units.map(|unit| (unit.clone(), bag(Entity::Unit(unit.clone())))).collect();
    }
    view.app = remote.cloned();
    view.local_app = Some(bag(Entity::App(app.to_owned())));
    view.local_unit = bag(Entity::Unit(UnitName::new(app, 0)));
    let ports = view.units.keys().map(|unit| (unit.clone(), model.ports(unit).cloned().unwrap_or_default()));
    Relation { ports: ports.collect(), view, is_dying: info.is_dying }
}

/// The answers to the relations that are not being removed; `answer` gives none while nothing is requested.
pub(super) fn answers(
    relations: &[Relation],
    mut answer: impl FnMut(&Relation) -> Result<Option<Changes>, Error>,
) -> Vec<Answer> {
    let present = relations.iter().filter(|relation| !relation.is_dying);
    present.filter_map(|relation| Some((relation.view.id, answer(relation).transpose()?))).collect()
}

/// The request of an application, if it is complete.
///
/// # Errors
/// When the request is wrong.
pub(super) fn requested<T>(relation: RelationId, read: Read<T>) -> Result<Option<T>, Error> {
    match read {
        Read::Ready(request) => Ok(Some(request)),
        Read::Invalid { key, why } => Err(Error::Refused { relation, key, why }),
        Read::Waiting(_) | Read::Absent => Ok(None),
    }
}
