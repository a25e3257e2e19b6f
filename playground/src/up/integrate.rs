//! What `up` integrates the application with before it is waited for: what was asked for, and the databases that the charm
//! doesn't do without, so that one command ends with an application that answers.

use juju::Role;

use crate::provider::Kind;
use crate::session::Session;
use crate::ui::Ui;

/// Integrates, and runs the hooks that follow. A server that can't be had is a problem of the session's, and the start goes on
/// without it: the charm says in its status what it lacks. Says whether all hooks went well.
pub(super) fn all(session: &Session, asked: &[Kind], ui: &Ui) -> bool {
    wanted(session, asked).into_iter().all(|kind| {
        ui.step(&format!("integrating {}", kind.short()));
        match session.integrate(kind.short(), None) {
            Ok(_) => session.settle(),
            Err(why) => {
                ui.detail(&why);
                session.set_server_problem(kind, Some(why));
                true
            }
        }
    })
}

/// What was asked for, then what is needed, each once.
fn wanted(session: &Session, asked: &[Kind]) -> Vec<Kind> {
    let needed = Kind::ALL.into_iter().filter(|kind| is_needed(session, *kind));
    let mut all: Vec<Kind> = Vec::new();
    for kind in asked.iter().copied().chain(needed) {
        if !all.contains(&kind) {
            all.push(kind);
        }
    }
    all
}

/// Whether a charm can't do without one: it's a database, and the endpoint isn't optional. A charm's requirements are
/// optional unless they say otherwise for everything but databases: ingress, say, is never waited for.
fn is_needed(session: &Session, kind: Kind) -> bool {
    let is_for = |endpoint: &juju::Endpoint| endpoint.role == Role::Requires && endpoint.interface == kind.interface();
    kind.is_database() && session.files.metadata.endpoints.iter().any(|endpoint| is_for(endpoint) && !endpoint.optional)
}
