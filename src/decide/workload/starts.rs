//! The services to start, and those left to Pebble although they do not run.

use std::time::Duration;

use juju::Hold;
use pebble::plan::{Layer, Startup};
use pebble::types::ServiceInfo;

use super::server::is_well;
use super::{DesiredWorkload, is_planned};
use crate::charm_spec::CharmSpec;
use crate::facts::Unit;
use crate::framework::Framework;
use crate::memory::{Memory, ServerMemory};
use crate::seen::{Container, Seen};
use crate::services::ServiceRole;
use crate::steps::{Action, Step};

/// Services to start.
pub(super) struct Starts<'a> {
    /// True if a service must be started.
    pub(super) any: bool,
    /// Service of the charm's layer that keeps exiting, even if it runs at the moment.
    pub(super) exiting: Option<&'a str>,
}

impl<'a> Starts<'a> {
    /// Compares the services with the plan. A service that ended by itself since the last successful check is not
    /// started again: Pebble restarts it after its backoff, or it was meant to end. One that Pebble has just restarted
    /// counts the same, unless this event starts services.
    pub(super) fn of(
        desired: &DesiredWorkload,
        container: &'a Container,
        memory: &Memory,
        migrates: bool,
        framework: &Framework,
    ) -> Self {
        let is_new = !is_well(desired, container, memory) || !is_planned(&desired.layer, container) || migrates;
        let down = down(&desired.layer, container);
        let any = down.iter().any(|service| is_new || !service.has_ended());
        let in_layer = down.iter().find(|service| ServiceRole::of(framework, &service.name) != ServiceRole::Other);
        let exiting = in_layer.filter(|_| !any).map(|service| service.name.as_str());
        let restarted = container.restarted.first().filter(|_| !any && !is_new).map(String::as_str);
        Self { any, exiting: exiting.or(restarted) }
    }
}

/// Services that the plan with this layer enables and that do not run.
fn down<'a>(layer: &Layer, container: &'a Container) -> Vec<&'a ServiceInfo> {
    let planned = |name: &str| layer.services.get(name).or_else(|| container.plan.services.get(name));
    let enabled = |name: &str| planned(name).is_some_and(|service| service.startup == Startup::Enabled);
    container.services.iter().filter(|service| enabled(&service.name) && !service.is_running()).collect()
}

/// Adds the wait for the port, if the charm's author set `listens-within`. An event that starts the web server waits; a
/// later one checks once, until the port was seen listening. The unit remembers that this is still open
/// ([`ServerMemory::unheard`]).
pub(super) fn listen(effects: &mut Vec<Step>, desired: &DesiredWorkload, port: u16, seen: &Seen, spec: &CharmSpec) {
    let name = spec.framework.name;
    let enabled = desired.layer.services.get(name).is_some_and(|service| service.startup == Startup::Enabled);
    let Some(patience) = spec.listens_within.filter(|_| enabled) else { return };
    let begins =
        |step: &&mut Step| matches!(step.action, Action::Replan | Action::Restart { .. } | Action::Reload { .. });
    let unheard = Some(ServerMemory { unheard: true, ..desired.checked.clone() });
    let patience = match effects.iter_mut().rfind(begins) {
        Some(last) => {
            last.on_success.memory.web_server = unheard;
            patience
        }
        None if seen.memory.web_server == unheard => Duration::ZERO,
        None => return,
    };
    let log = log(&seen.unit, spec);
    let silent = format!("Waiting for {name} to listen on port {port}: if it never does, see its log (`{log}`)");
    effects.push(Step::new(Action::Listen { port, patience }, Hold::waiting(silent)));
}

/// Hold of a service that keeps exiting, with the line of its output that says why.
pub(super) fn keeps_exiting(name: &str, container: &Container, unit: &Unit, spec: &CharmSpec) -> Hold {
    let log = log(unit, spec);
    let said = container.output.get(name).and_then(|output| reason::line(output));
    let said = said.map(|line| format!("{line}; ")).unwrap_or_default();
    Hold::blocked(format!("{name} keeps exiting: {said}see its log (`{log}`) and change the configuration or the rock"))
}

/// Command that shows the output of the services.
fn log(unit: &Unit, spec: &CharmSpec) -> String {
    let (pod, container) = (unit.name.to_string().replace('/', "-"), &spec.container);
    format!("kubectl logs -n {} {pod} -c {container}", unit.model)
}
