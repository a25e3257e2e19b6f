//! The steps of the migration.

use juju::Hold;

use super::{DesiredWorkload, plain};
use crate::charm_spec::CharmSpec;
use crate::decide::gate::Ready;
use crate::framework::Framework;
use crate::migration::{self, MigrationInputs};
use crate::relation;
use crate::seen::Seen;
use crate::steps::{Action, Run, Step, Steps};

/// Purpose of the migration's command.
pub(in crate::decide) const MIGRATES: &str = "run the database migration";

/// Steps of a migration that is due. They come before every effect that starts a service with the new database. The
/// status file in the container holds `FAILED` from the start of the migration to its success.
pub(super) fn steps(
    desired: &DesiredWorkload,
    ready: &Ready<'_>,
    seen: &Seen,
    spec: &CharmSpec,
    decided: &mut Steps,
) -> Vec<Step> {
    let (framework, migration) = (spec.framework, &ready.container.migration);
    let Some(script) = &migration.script else { return Vec::new() };
    let inputs = MigrationInputs::of(migration, script, &relation::databases(&ready.provided));
    if !migration::is_due(migration, &inputs, seen.memory.migration.as_ref()) {
        decided.on_success.memory.migration = Some(inputs);
        return Vec::new();
    }
    let command = migration::command(framework, script.name);
    let refused =
        format!("database migration command {} failed, will retry in next update-status", migration::shown(&command));
    let run = Run {
        purpose: MIGRATES.into(),
        command,
        working_dir: Some(framework.app_dir.to_owned()),
        as_workload: true,
        environment: desired.environment.clone(),
        timeout: spec.migration_timeout,
        tells: true,
        reports: false,
        service_context: None,
    };
    let mut completed = status(framework, "COMPLETED");
    completed.on_success.memory.migration = Some(inputs);
    let mut steps = vec![status(framework, "FAILED"), Step::new(Action::Run(run), Hold::blocked(refused)), completed];
    if migration.status.as_deref() == Some(migration::BEGUN) {
        steps.remove(0);
    }
    steps
}

fn status(framework: &Framework, status: &str) -> Step {
    let (path, content) = (migration::status_path(framework), status.as_bytes().to_vec());
    plain(Action::Write { path, content, workload_owned: false })
}
