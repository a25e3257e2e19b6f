//! The decision: from the state that was read to the steps. Pure: the same state gives the same steps.
//!
//! `gate` collects every reason why the workload can't run. Only without one does `workload` add effects. Requests to
//! remote applications are decided in both cases.

mod answer;
mod command;
mod gate;
mod logs;
mod own_action;
mod peers;
mod requests;
mod secrets;
mod under_way;
mod workload;

use juju::{Hold, Port};
use pebble::plan::Environment;
use pebble::types::ServiceStatus;

use crate::charm_spec::CharmSpec;
use crate::environment;
use crate::facts::{LocalSide, UNWATCHED};
use crate::random::Random;
use crate::relation;
use crate::seen::{Seen, Workload};
use crate::steps::{Action, Step, Steps};
use crate::telemetry;
use crate::work::{Action as Asks, Work};

/// Decides the steps of one event, from its work, the state and the charm. The same input and the same random bytes
/// give the same steps.
pub fn steps(work: &Work, seen: &Seen, spec: &CharmSpec, random: Random<'_>) -> Steps {
    let refusal = work.action.as_ref().and_then(|action| answer::refusal(action, seen, spec));
    let rotates = work.action == Some(Asks::RotateSecretKey) && refusal.is_none();
    let peers = peers::peers(seen, spec, rotates, random);
    let mut steps = Steps { secrets: secrets::of(seen, peers.ready.as_ref()), refusal, ..Steps::default() };
    steps.on_success.action_result = rotates.then(answer::rotated);
    steps.relations.extend(peers.write);
    steps.warnings.extend(seen.assets.faults.iter().cloned().chain(relation::objections(&seen.integrations)));
    let port = spec.port(&seen.config).unwrap_or(spec.framework.port);
    let in_cluster = environment::base_url(&seen.unit, port);
    let telemetry = telemetry::of(seen, spec);
    let local = LocalSide { telemetry: &telemetry, ..unrouted(seen, spec, port, &in_cluster) };
    let url = relation::url(&seen.integrations, &local);
    let local = url.as_ref().map_or(local, |url| LocalSide { base_url: url.as_str(), is_routed: true, ..local });
    let Some(workload) = &seen.workload else {
        steps.relations.extend(requests::all(seen, spec, &local, random));
        return steps;
    };
    steps.judged = true;
    steps.version = workload.version();
    let incomplete = seen.integrations.iter().flat_map(|one| relation::incomplete(one, &local));
    steps.remarks = seen.integrations.iter().filter_map(|one| relation::unused(one, &local)).collect();
    let environment = match gate::pass(seen, spec, workload, peers.ready, &local) {
        Ok(ready) => {
            steps.remarks.extend(incomplete);
            workload::decide(&ready, seen, spec, &local, &mut steps)
        }
        Err(holds) => refuse(holds, incomplete.map(Hold::waiting), workload, &mut steps),
    };
    if let (Some(action @ (Asks::Framework(_) | Asks::Command(_) | Asks::Coded(_))), None) =
        (&work.action, &steps.refusal)
    {
        act(action, environment.as_ref(), seen, spec, &local, random, &mut steps);
    }
    let logs = logs::forward(seen, spec, workload, &mut steps.warnings);
    steps.effects.splice(0..0, logs);
    steps.effects.splice(0..0, under_way::wait(&steps.effects, workload));
    steps.relations.extend(requests::all(seen, spec, &local, random));
    if steps.holds.is_empty() && !local.port_is_open {
        let local = LocalSide { port_is_open: true, ..local };
        steps.on_success.relations = requests::routes(seen, spec, &local, random);
    }
    steps
}

/// Adds the step of an action, after all effects that the workload needs. If the workload is not ready, fails the action
/// instead.
fn act(
    action: &Asks,
    environment: Option<&Environment>,
    seen: &Seen,
    spec: &CharmSpec,
    local: &LocalSide<'_>,
    random: Random<'_>,
    steps: &mut Steps,
) {
    let Some(environment) = environment.filter(|_| steps.holds.is_empty()) else {
        let why = Hold::status(&steps.holds).map(|status| status.message).unwrap_or_default();
        steps.refusal = Some(format!("{} container is not ready: {why}", spec.container));
        return;
    };
    match action {
        Asks::Framework(action) => command::add(action, seen, spec, environment, &random(), steps),
        Asks::Command(name) => own_action::add(name, &spec.actions[name], seen, spec, steps),
        Asks::Coded(action) => {
            own_action::coded(action, &own_action::inputs(seen, local, environment), seen, spec, steps);
        }
        Asks::RotateSecretKey | Asks::Unknown(_) => {}
    }
}

/// Our side of the relations without an ingress. `base_url` is the address in the cluster.
fn unrouted<'a>(seen: &'a Seen, spec: &CharmSpec, port: u16, base_url: &'a str) -> LocalSide<'a> {
    LocalSide {
        unit: &seen.unit,
        framework: spec.framework,
        config: &seen.config,
        port,
        port_is_open: seen.ports.contains(&Port::tcp(port)),
        base_url,
        is_routed: false,
        telemetry: &UNWATCHED,
    }
}

/// Refuses the workload. Data that are incomplete may be the cause, so they are told too.
fn refuse(
    holds: Vec<gate::Reason>,
    incomplete: impl Iterator<Item = Hold>,
    workload: &Workload,
    steps: &mut Steps,
) -> Option<Environment> {
    if holds.iter().any(|reason| reason.stops) {
        steps.effects.extend(stop(workload));
    }
    steps.holds = holds.into_iter().map(|reason| reason.hold).chain(incomplete).collect();
    None
}

/// Step that stops every running service: the workload must not serve without its integrations.
fn stop(workload: &Workload) -> Option<Step> {
    let Workload::Here(container) = workload else { return None };
    let running: Vec<_> =
        container.services.iter().filter(|s| s.current != ServiceStatus::Inactive).map(|s| s.name.clone()).collect();
    let refused = Hold::blocked(format!("cannot stop {}", running.join(", ")));
    (!running.is_empty()).then(|| Step::new(Action::Stop { services: running }, refused))
}

#[cfg(test)]
mod tests;
