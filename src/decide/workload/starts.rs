//! Which services are to be started, and which are left to Pebble, though they don't run.

use std::collections::BTreeMap;
use std::time::Duration;

use pebble::plan::{Layer, Startup};
use pebble::types::{ServiceInfo, ServiceStatus};

use super::server::{UNHEARD, WEB_SERVER, is_well};
use super::{DesiredWorkload, is_planned};
use crate::charm_spec::CharmSpec;
use crate::framework::Framework;
use crate::hold::Hold;
use crate::seen::{Container, Seen, Unit};
use crate::services::ServiceRole;
use crate::steps::{Action, Step};

/// What there is to start.
pub(super) struct Starts<'a> {
    /// Whether anything is.
    pub(super) any: bool,
    /// A service of the application's that keeps exiting.
    pub(super) exiting: Option<&'a str>,
}

impl<'a> Starts<'a> {
    /// A service that was found well and ended by itself is started again by Pebble, with pauses, or was meant to end.
    /// Nothing has changed that it could notice, so another start would be in vain at every event.
    pub(super) fn of(
        desired: &DesiredWorkload,
        container: &'a Container,
        state: &BTreeMap<String, String>,
        migrates: bool,
        framework: &Framework,
    ) -> Self {
        let is_new = !is_well(desired, container, state) || !is_planned(&desired.layer, container) || migrates;
        let down = down(&desired.layer, container);
        let ended = |service: &ServiceInfo| matches!(service.current, ServiceStatus::Backoff | ServiceStatus::Error);
        let any = down.iter().any(|service| is_new || !ended(service));
        let in_layer = down.iter().find(|service| ServiceRole::of(framework, &service.name) != ServiceRole::Other);
        Self { any, exiting: in_layer.filter(|_| !any).map(|service| service.name.as_str()) }
    }
}

/// The services that the plan with this layer enables and that don't run.
fn down<'a>(layer: &Layer, container: &'a Container) -> Vec<&'a ServiceInfo> {
    let planned = |name: &str| layer.services.get(name).or_else(|| container.plan.services.get(name));
    let enabled = |name: &str| planned(name).is_some_and(|service| service.startup == Startup::Enabled);
    container.services.iter().filter(|service| enabled(&service.name) && !service.is_running()).collect()
}

/// Where the charm's author wants it, has the application be waited for until it listens: in an event that starts it for
/// a while, in others with a look, until it was heard of once. What was found well so far is remembered without that.
pub(super) fn listen(effects: &mut Vec<Step>, desired: &DesiredWorkload, port: u16, seen: &Seen, spec: &CharmSpec) {
    let name = spec.framework.name;
    let enabled = desired.layer.services.get(name).is_some_and(|service| service.startup == Startup::Enabled);
    let Some(patience) = spec.listens_within.filter(|_| enabled) else { return };
    let begins =
        |step: &&mut Step| matches!(step.action, Action::Replan | Action::Restart { .. } | Action::Reload { .. });
    let unheard = (WEB_SERVER.to_owned(), format!("{}{UNHEARD}", desired.fingerprint));
    let patience = match effects.iter_mut().rfind(begins) {
        Some(last) => {
            last.remember = Some(unheard);
            patience
        }
        None if seen.state.get(&unheard.0) == Some(&unheard.1) => Duration::ZERO,
        None => return,
    };
    let log = log(&seen.unit, spec);
    let silent = format!("Waiting for {name} to listen on port {port}: if it never does, see its log (`{log}`)");
    effects.push(Step::new(Action::Listen { port, patience }, Hold::waiting(silent)));
}

/// What a service that keeps exiting becomes.
pub(super) fn keeps_exiting(name: &str, unit: &Unit, spec: &CharmSpec) -> Hold {
    let log = log(unit, spec);
    Hold::blocked(format!("{name} keeps exiting: see its log (`{log}`) and change the configuration or the rock"))
}

/// The command that shows the services' output.
fn log(unit: &Unit, spec: &CharmSpec) -> String {
    let (pod, container) = (unit.name.to_string().replace('/', "-"), &spec.container);
    format!("kubectl logs -n {} {pod} -c {container}", unit.model)
}
