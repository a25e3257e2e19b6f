//! Wait for Pebble changes that a killed hook left running.

use juju::Hold;

use super::workload;
use crate::migration;
use crate::seen::Workload;
use crate::steps::{Action, Step};

/// Step that waits for these changes. `None` if no effect of this event could collide with them.
///
/// Waits for a migration only if the status file says that one has begun. Otherwise a command of the same name is not
/// the charm's, but for example an operator's in a shell.
pub(super) fn wait(effects: &[Step], workload: &Workload) -> Option<Step> {
    let touches = |step: &Step| matches!(step.action, Action::Stop { .. } | Action::Replan | Action::Restart { .. });
    let migrates = effects.iter().filter_map(|step| match &step.action {
        Action::Run(run) if run.purpose == workload::MIGRATES => run.command.first(),
        _ => None,
    });
    let began = matches!(workload, Workload::Here(container) if container.migration.status.as_deref() == Some(migration::BEGUN));
    let commands: Vec<_> = migrates.filter(|_| began).cloned().collect();
    let waits = effects.iter().any(touches) || !commands.is_empty();
    waits.then(|| Step::new(Action::Await { commands }, Hold::blocked("cannot wait for Pebble")))
}
