//! Applications without a charm, speaking through the same handle as charms.

use crate::backend::ModelBackend;
use crate::environment::{self, JUJU_VERSION};
use crate::model::{Error, Model};
use juju::{Context, Event, Juju, UnitName};
use std::cell::RefCell;
use std::path::Path;

impl Model {
    /// Runs `work` as a hook of the application's leader, and commits its writes if it succeeds. For an application without
    /// a charm: the playground's providers and tests publish through this.
    ///
    /// ```
    /// use juju::{Changes, Databag, Entity, Needs, Role};
    /// use webcharm_juju_testing::{Model, endpoint};
    ///
    /// let mut model = Model::new("demo");
    /// model.add_application("web", vec![endpoint("db", Role::Requires, "pg")], 1)?;
    /// model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1)?;
    /// let id = model.integrate("web", "pg")?;
    /// model.speak_as("pg", |juju| {
    ///     let view = juju.view("database", id, Needs { local_app: true, ..Needs::default() })?;
    ///     juju.publish(&view, &Changes::of_leader(&view, &Databag::from_iter([("version", "15")])))?;
    ///     Ok::<(), Box<dyn std::error::Error>>(())
    /// })?;
    /// assert_eq!(model.databag(id, &Entity::App("pg".into()))?.text("version"), Some("15"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The error of `work`. Its writes are dropped then. Before `work`: there is no such application, it has no leader,
    /// or its leader runs a hook.
    pub fn speak_as<R, E: From<Error>>(
        &mut self,
        app: &str,
        work: impl FnOnce(&Juju<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let no_unit = || Error::Mute { app: app.to_owned(), why: "it has no unit".to_owned() };
        let unit = self.leader(app)?.cloned().ok_or_else(no_unit)?;
        self.speak_as_unit(&unit, work)
    }

    /// Runs `work` as a hook of a unit, which need not lead, as [`Model::speak_as`] does for the leader.
    ///
    /// # Errors
    /// The error of `work`. Its writes are dropped then. Before `work`: there is no such unit, or it runs a hook.
    pub fn speak_as_unit<R, E: From<Error>>(
        &mut self,
        unit: &UnitName,
        work: impl FnOnce(&Juju<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mute = |why: String| Error::Mute { app: unit.app().to_owned(), why };
        let hook = self.begin(unit, Event::UpdateStatus)?;
        let vars = environment::variables(self, unit, &Event::UpdateStatus, &hook, JUJU_VERSION, Path::new("/"));
        let context = Context::read(&vars).map_err(|error| mute(error.to_string()));
        let model = RefCell::new(std::mem::take(self));
        let result = context.map_err(E::from).and_then(|context| {
            let backend = ModelBackend::new(&model, hook.clone());
            let juju = Juju::new(&context, &backend);
            let result = work(&juju)?;
            juju.flush().map_err(|error| mute(juju::chain(&error)))?;
            Ok(result)
        });
        *self = model.into_inner();
        self.finish(&hook, result.is_ok())?;
        result
    }
}

#[cfg(test)]
mod tests {
    use juju::{Changes, Databag, Entity, Role, View};

    use super::*;
    use crate::endpoint;

    #[test]
    fn a_unit_that_does_not_lead_speaks_for_itself_alone() {
        let mut model = Model::new("demo");
        model.add_application("web", vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 2).unwrap();
        let id = model.integrate("web", "pg").unwrap();
        let unit = UnitName::new("pg", 1);
        let view = View { local_app: Some(Databag::new()), ..View::empty("database", id) };
        let mut changes = Changes::of_leader(&view, &Databag::from_iter([("version", "15")]));
        changes.unit.set("host", "pg-1".to_owned());
        let publish = |juju: &Juju<'_>| -> Result<_, Box<dyn std::error::Error>> { Ok(juju.publish(&view, &changes)?) };
        assert!(model.speak_as_unit(&unit, publish).unwrap());
        assert_eq!(model.databag(id, &Entity::Unit(unit)).unwrap().text("host"), Some("pg-1"));
        assert_eq!(model.databag(id, &Entity::App("pg".into())).unwrap().text("version"), None);
        model.speak_as_unit(&UnitName::new("pg", 7), publish).unwrap_err();
    }
}
