//! Integrations of `up`: the servers given with `--integrate`, and the databases that the charm requires, so that one
//! command ends with an application that answers.

use juju::Role;

use crate::provider::Kind;
use crate::session::Session;
use crate::ui::Ui;

/// Integrates, and runs the hooks that follow. A server that can't be started is a problem of the session, and the
/// start goes on without it: the charm's status says what it lacks. Returns true if all hooks went well.
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

/// The servers that were asked for, then those that the charm needs, each once.
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

/// True if the charm can't run without the server: it is a database, and the endpoint isn't optional. Charms run
/// without other servers, such as an ingress.
fn is_needed(session: &Session, kind: Kind) -> bool {
    let is_for = |endpoint: &juju::Endpoint| endpoint.role == Role::Requires && endpoint.interface == kind.interface();
    kind.is_database() && session.files.metadata.endpoints.iter().any(|endpoint| is_for(endpoint) && !endpoint.optional)
}
