//! Writes to Juju. This is the last stage, and the only one that writes. Juju discards the writes of a hook that fails.

use juju::{Juju, Status, StatusKind, Whose};

use crate::action_result::ActionResult;
use crate::conclude::Report;
use crate::steps::Steps;

/// Sets a maintenance status before effects that may take long. The only write before the last stage.
///
/// # Errors
///
/// A hook tool failed.
pub fn progress(juju: &Juju<'_>, steps: &Steps) -> Result<(), juju::Error> {
    if !steps.holds.is_empty() || !steps.take_time() {
        return Ok(());
    }
    let message = "Preparing service for restart".to_owned();
    status(juju, &Status { kind: StatusKind::Maintenance, message })
}

/// Writes a report to Juju.
///
/// # Errors
///
/// A hook tool failed.
pub fn to(juju: &Juju<'_>, report: &Report) -> Result<(), juju::Error> {
    for line in &report.log {
        tracing::warn!("{line}");
    }
    match &report.action_result {
        Some(ActionResult::Results(results)) => juju.set_action_results(results)?,
        Some(ActionResult::Failure(why)) => juju.fail_action(why)?,
        Some(ActionResult::Failed { why, results }) => {
            juju.set_action_results(results)?;
            juju.fail_action(why)?;
        }
        None => {}
    }
    for write in &report.relations {
        juju.publish(&write.view, &write.changes)?;
    }
    juju.set_state(&report.memory.entries())?;
    juju.flush()?;
    if let Some(version) = &report.memory.version {
        juju.set_version(version)?;
    }
    for port in &report.close {
        juju.close_port(port)?;
    }
    for port in &report.open {
        juju.open_port(port)?;
    }
    report.status.as_ref().map_or(Ok(()), |changed| status(juju, changed))
}

/// Sets the unit's status, and on the leader the application's too.
fn status(juju: &Juju<'_>, status: &Status) -> Result<(), juju::Error> {
    juju.set_status(Whose::Unit, status)?;
    if juju.is_leader()? { juju.set_status(Whose::App, status) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use juju::{Changes, Entity, Offer, RelationId, Role, SecretContent, View};
    use juju_testing::{Model, endpoint};

    use super::*;
    use crate::steps::RelationWrite;

    #[test]
    fn the_secret_of_a_request_is_made_and_named() {
        let mut model = Model::new("test");
        model.add_application("shop", vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
        model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
        let id: RelationId = model.integrate("shop", "pg").unwrap();
        let mut changes = Changes::default();
        let content: SecretContent = [("password".to_owned(), "hunter2".into())].into();
        changes.app.set("secret-user", Offer { label: "db.user".to_owned(), content: content.clone() });
        let write = RelationWrite { view: View::empty("db", id), changes };
        let report = Report { relations: vec![write], ..Report::default() };
        let published: Result<(), Box<dyn std::error::Error>> =
            model.speak_as("shop", |juju| to(juju, &report).map_err(Into::into));
        published.unwrap();
        let bag = model.databag(id, &Entity::App("shop".to_owned())).unwrap();
        let secret = bag.text("secret-user").unwrap().parse().unwrap();
        assert_eq!(
            (model.secret(&secret).unwrap(), model.secret_readers(&secret).unwrap()),
            (&content, vec!["pg".to_owned()])
        );
    }
}
