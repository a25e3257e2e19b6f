//! What an event asks of the charm: how much to look at, and whether an action waits for an answer. It's all that an
//! event decides; the work itself is the same for every event.

use juju::{Event, RelationKind, SecretKind, WorkloadKind};

use crate::shape::Shape;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// How much.
    pub scope: Scope,
    /// The action to be answered.
    pub action: Option<Action>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Nothing to decide: the hook ends without a look.
    Nothing,
    /// Our half of the relations: what the leader owes the others. The workload is left alone.
    Requests,
    /// The whole pipeline.
    Everything,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `rotate-secret-key`: a new secret key for the application.
    RotateSecretKey,
    /// One that the charm declares and nobody wrote.
    Unknown(String),
}

impl Asked {
    /// Whether there is nothing to do at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.scope == Scope::Nothing && self.action.is_none()
    }
}

/// What this event asks of a charm of this shape.
#[must_use]
pub fn by(event: &Event, shape: &Shape) -> Asked {
    let Event::Action(action) = event else { return Asked { scope: scope(event, shape), action: None } };
    let (scope, action) = match action.name.as_str() {
        "rotate-secret-key" => (Scope::Everything, Action::RotateSecretKey),
        name => (Scope::Requests, Action::Unknown(name.to_owned())),
    };
    Asked { scope, action: Some(action) }
}

fn scope(event: &Event, shape: &Shape) -> Scope {
    match event {
        Event::LeaderElected | Event::UpgradeCharm => Scope::Requests,
        Event::Relation(relation) if !shape.uses(&relation.endpoint) => Scope::Nothing,
        Event::Relation(relation) if relation.kind == RelationKind::Created => Scope::Requests,
        Event::ConfigChanged | Event::UpdateStatus | Event::Relation(_) => Scope::Everything,
        Event::Secret(secret) if secret.kind == SecretKind::Changed => Scope::Everything,
        Event::Workload(workload) if workload.container == shape.container => match workload.kind {
            WorkloadKind::PebbleReady => Scope::Everything,
            _ => Scope::Nothing,
        },
        _ => Scope::Nothing,
    }
}
