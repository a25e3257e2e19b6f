//! What an event asks of the charm. It's all an event decides: whatever is asked for is the same work for every event.

use juju::{Event, RelationKind, SecretKind, WorkloadKind};

use crate::charm::Shape;

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Nothing to decide: the hook ends without a look.
    Nothing,
    /// Our half of the relations: what the leader owes the others. The workload is left alone.
    Requests,
    /// The whole pipeline.
    Everything,
}

/// What this event asks of a charm of this shape.
#[must_use]
pub fn by(event: &Event, shape: &Shape) -> Asked {
    match event {
        Event::ConfigChanged | Event::UpdateStatus => Asked::Everything,
        Event::LeaderElected | Event::UpgradeCharm => Asked::Requests,
        Event::Relation(relation) if !shape.uses(&relation.endpoint) => Asked::Nothing,
        Event::Relation(relation) if relation.kind == RelationKind::Created => Asked::Requests,
        Event::Relation(_) => Asked::Everything,
        Event::Secret(secret) if secret.kind == SecretKind::Changed => Asked::Everything,
        Event::Workload(workload) if workload.container == shape.container => match workload.kind {
            WorkloadKind::PebbleReady => Asked::Everything,
            _ => Asked::Nothing,
        },
        _ => Asked::Nothing,
    }
}
