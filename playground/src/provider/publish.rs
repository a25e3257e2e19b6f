//! Publishing what a provider answers, by the same code as a charm.

use juju::{Changes, UnitName, View};
use juju_testing::{Model, ModelError};

/// Why an answer can't be published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model refuses.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A hook tool refuses.
    #[error(transparent)]
    Juju(#[from] juju::Error),
}

/// Writes `changes` of a unit into the relation of `view`. Returns true if anything was written.
///
/// # Errors
/// When the model refuses.
pub(super) fn publish(model: &mut Model, unit: &UnitName, view: &View, changes: &Changes) -> Result<bool, Error> {
    model.speak_as_unit(unit, |juju| Ok(juju.publish(view, changes)?))
}

/// Removes the secrets of the application `app` that no other application can read: their relations are gone.
///
/// # Errors
/// When the model refuses.
pub(super) fn remove_unread(model: &mut Model, app: &str) -> Result<(), Error> {
    for secret in model.speak_as(app, |juju| Ok::<_, Error>(juju.secret_ids()?))? {
        if model.secret_readers(&secret)?.is_empty() {
            model.remove_secret(&secret)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use juju::{Entity, Offer, RelationId, Role};
    use juju_testing::endpoint;

    use super::*;

    /// `web` and `other`, each in a relation with `pg`.
    fn model() -> (Model, [RelationId; 2]) {
        let mut model = Model::new("test");
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
        for app in ["web", "other"] {
            model.add_application(app, vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
        }
        let relations = ["web", "other"].map(|app| model.integrate(app, "pg").unwrap());
        (model, relations)
    }

    fn pg(number: u32) -> UnitName {
        UnitName::new("pg", number)
    }

    /// An answer with a secret, and with data of the application and of the unit.
    fn answer(id: RelationId) -> (View, Changes) {
        let mut changes = Changes::default();
        let content = [("password".to_owned(), "hunter2".into())].into();
        changes.app.set("secret-user", Offer { label: format!("database.{id}.user.secret"), content });
        changes.app.set("version", "15".to_owned());
        changes.unit.set("host", "pg-0".to_owned());
        (View::empty("database", id), changes)
    }

    #[test]
    fn data_of_application_and_unit_is_written_once() {
        let (mut model, [id, _]) = model();
        let (view, changes) = answer(id);
        assert!(publish(&mut model, &pg(0), &view, &changes).unwrap());
        let bag = |entity| model.databag(id, &entity).unwrap();
        let (app, unit) = (bag(Entity::App("pg".to_owned())), bag(Entity::Unit("pg/0".parse().unwrap())));
        let secret = app.text("secret-user").unwrap().parse().unwrap();
        assert_eq!((app.text("version"), unit.text("host")), (Some("15"), Some("pg-0")));
        assert_eq!(model.secret_readers(&secret).unwrap(), ["web"]);
        assert!(!publish(&mut model, &pg(0), &view, &changes).unwrap());
        assert_eq!(model.databag(id, &Entity::App("pg".to_owned())).unwrap(), app);
        assert_eq!(model.secrets().count(), 1);
    }

    #[test]
    fn a_unit_that_does_not_lead_writes_its_own_databag_alone() {
        let (mut model, [id, _]) = model();
        model.add_unit("pg").unwrap();
        let view = View::empty("database", id);
        let mut changes = Changes::default();
        changes.unit.set("host", "pg-1".to_owned());
        assert!(publish(&mut model, &pg(1), &view, &changes).unwrap());
        let hosts =
            [0, 1].map(|number| model.databag(id, &Entity::Unit(pg(number))).unwrap().text("host").map(str::to_owned));
        assert_eq!(hosts, [None, Some("pg-1".to_owned())]);
        publish(&mut model, &pg(1), &view, &answer(id).1).unwrap();
        assert_eq!(model.databag(id, &Entity::App("pg".to_owned())).unwrap().text("version"), None);
    }

    #[test]
    fn a_secret_goes_with_its_relation() {
        let (mut model, relations) = model();
        for id in relations {
            let (view, changes) = answer(id);
            publish(&mut model, &pg(0), &view, &changes).unwrap();
        }
        let mine = model.add_secret("web", [("password".to_owned(), "hunter2".into())].into()).unwrap();
        remove_unread(&mut model, "pg").unwrap();
        assert_eq!(model.secrets().count(), 3);
        model.remove_relation(relations[0]).unwrap();
        remove_unread(&mut model, "pg").unwrap();
        let kept: Vec<_> = model.secrets().filter(|id| **id != mine).cloned().collect();
        let readers: Vec<_> = kept.iter().map(|id| model.secret_readers(id).unwrap()).collect();
        assert_eq!(readers, [["other"]]);
    }
}
