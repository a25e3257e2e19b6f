//! What an earlier hook may have left under way: killed midway, it leaves Pebble at what it was asked for.

use super::workload;
use crate::hold::Hold;
use crate::migration;
use crate::seen::Workload;
use crate::steps::{Action, Step};

/// The step that waits for it, before effects which it would be in the way of. An event without such effects asks nothing.
///
/// A migration of ours may be under way only where the status file says that one has begun: a command of the same name
/// may be anybody's, an operator's shell for one.
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
