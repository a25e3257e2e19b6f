//! Integrations of `up`: the servers given with `--integrate`, and those that the charm waits for, so that one command
//! ends with an application that answers.

use crate::provider::{ALL, Provider};
use crate::session::{Application, Session};
use crate::ui::Ui;

/// Integrates, and runs the hooks that follow. A server that can't be started is a problem of the session, and the
/// start goes on without it: the charm's status says what it lacks. Returns true if all hooks went well.
pub(super) fn all(session: &Session, app: &Application, asked: &[&'static Provider], ui: &Ui) -> bool {
    wanted(app, asked).into_iter().all(|provider| {
        ui.step(&format!("integrating {}", provider.name));
        match session.integrate(app.name(), Some(provider.name)) {
            Ok(_) => session.settle(),
            Err(why) => {
                ui.detail(&why);
                session.set_server_problem(provider, Some(why));
                true
            }
        }
    })
}

/// The servers that were asked for, then those that the charm needs, each once.
fn wanted(app: &Application, asked: &[&'static Provider]) -> Vec<&'static Provider> {
    let needed = ALL.iter().copied().filter(|provider| is_needed(app, provider));
    let mut all: Vec<&'static Provider> = Vec::new();
    for provider in asked.iter().copied().chain(needed) {
        if all.iter().all(|other| other.name != provider.name) {
            all.push(provider);
        }
    }
    all
}

/// True if the charm waits for the server: an endpoint for it isn't optional.
fn is_needed(app: &Application, provider: &Provider) -> bool {
    let mut endpoints = app.files.metadata.endpoints.iter();
    provider.is_awaited && endpoints.any(|endpoint| provider.fits(endpoint) && !endpoint.optional)
}
