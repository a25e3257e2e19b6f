//! Events of the world's relations.

use juju::{Event, RelationEvent, RelationKind, SecretEvent, SecretKind, UnitName};

use super::{APP, World};

pub(crate) fn created(world: &World, endpoint: &str) -> Event {
    relation(world, endpoint, RelationKind::Created)
}

pub(crate) fn changed(world: &World, endpoint: &str) -> Event {
    relation(world, endpoint, RelationKind::Changed)
}

/// secret-changed of the application's secret.
pub(crate) fn secret_changed(world: &World) -> Event {
    let id = world.shared().text("auth_file").unwrap().parse().unwrap();
    Event::Secret(SecretEvent { kind: SecretKind::Changed, id, label: None, revision: None })
}

pub(crate) fn relation(world: &World, endpoint: &str, kind: RelationKind) -> Event {
    let model = world.model.borrow();
    let found = model.relations().find(|relation| relation.endpoint(APP) == Some(endpoint)).unwrap();
    let app = found.sides.iter().map(|side| side.0.clone()).find(|app| *app != APP).unwrap_or_else(|| APP.to_owned());
    Event::Relation(RelationEvent {
        kind,
        endpoint: endpoint.to_owned(),
        id: found.id,
        unit: (kind == RelationKind::Departed).then(|| UnitName::new(app.clone(), 0)),
        app: Some(app),
        departing: None,
    })
}

pub(crate) fn departed(world: &World, endpoint: &str, departing: &UnitName) -> Event {
    let Event::Relation(event) = relation(world, endpoint, RelationKind::Departed) else { unreachable!() };
    Event::Relation(RelationEvent { departing: Some(departing.clone()), ..event })
}
