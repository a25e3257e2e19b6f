//! From what was seen to what there is to do. Pure: the same facts, the same steps.
//!
//! First every reason that is known beforehand why the workload can't be what was asked for (`gate`); only where
//! there is none, effects (`workload`). Our half of the relations is decided in any case.

mod command;
mod gate;
mod under_way;
mod workload;

use juju::Port;
use pebble::plan::Environment;
use pebble::types::ServiceStatus;

use crate::answer::{self, Answer};
use crate::asked::{Action as Asks, Asked};
use crate::environment;
use crate::hold::Hold;
use crate::relation::{self, Ours, Part};
use crate::secrets;
use crate::seen::{Integration, Seen, Workload};
use crate::shape::Shape;
use crate::steps::{Action, DatabagWrite, Step, Steps};

/// Random bytes for a new secret key.
pub type Random<'a> = &'a mut dyn FnMut() -> [u8; 64];

/// Decides.
pub fn steps(asked: &Asked, seen: &Seen, shape: &Shape, random: Random<'_>) -> Steps {
    let answer = asked.action.as_ref().and_then(|action| answer::to(action, seen, shape));
    let rotate = asked.action == Some(Asks::RotateSecretKey) && matches!(answer, Some(Answer::Results(_)));
    let peers = relation::peers(seen, shape, rotate, random);
    let mut steps = Steps { secrets: secrets::of(seen, peers.ready.as_ref()), answer, ..Steps::default() };
    steps.databags.extend(peers.write);
    let url = relation::url(&seen.integrations, shape.framework.naming);
    let port = shape.port(&seen.config).unwrap_or(shape.framework.port);
    let base_url = url.clone().unwrap_or_else(|| environment::base_url(&seen.unit, port));
    let ours = Ours {
        unit: &seen.unit,
        framework: shape.framework,
        config: &seen.config,
        port,
        port_is_open: seen.ports.contains(&Port::tcp(port)),
        base_url: &base_url,
        is_routed: url.is_some(),
    };
    let Some(workload) = &seen.workload else {
        steps.databags.extend(requests(seen, shape, &ours, random));
        return steps;
    };
    steps.judged = true;
    let environment = match gate::pass(seen, shape, workload, peers.ready, &ours) {
        Ok(ready) => workload::decide(&ready, seen, shape, &ours, &mut steps),
        Err(holds) => refuse(holds, workload, &mut steps),
    };
    if let (Some(Asks::Framework(action)), None) = (&asked.action, &steps.answer) {
        command::add(action, seen, shape, environment, &random(), &mut steps);
    }
    steps.effects.splice(0..0, under_way::wait(&steps.effects, workload));
    let ours = Ours { port_is_open: ours.port_is_open || steps.holds.is_empty(), ..ours };
    steps.databags.extend(requests(seen, shape, &ours, random));
    steps
}

/// What the leader asks of others, and what every unit writes down of its own. What stands before the application is told of
/// the port only by an event that looks at the workload, and only of one that is right.
fn requests(seen: &Seen, shape: &Shape, ours: &Ours<'_>, random: Random<'_>) -> Vec<DatabagWrite> {
    let is_right = seen.workload.is_some() && shape.port(&seen.config).is_some();
    let told = |integration: &&Integration| is_right || integration.endpoint.interface.part != Part::Route;
    let integrations = seen.integrations.iter().filter(told);
    integrations.flat_map(|integration| relation::requests(integration, ours, random)).collect()
}

fn refuse(holds: Vec<gate::Reason>, workload: &Workload, steps: &mut Steps) -> Option<Environment> {
    if holds.iter().any(|reason| reason.stops) {
        steps.effects.extend(stop(workload));
    }
    steps.holds = holds.into_iter().map(|reason| reason.hold).collect();
    None
}

/// Stops what runs: without its integrations the workload must not serve.
fn stop(workload: &Workload) -> Option<Step> {
    let Workload::Here(container) = workload else { return None };
    let running: Vec<_> =
        container.services.iter().filter(|s| s.current != ServiceStatus::Inactive).map(|s| s.name.clone()).collect();
    let refused = Hold::blocked(format!("cannot stop {}", running.join(", ")));
    (!running.is_empty()).then(|| Step::new(Action::Stop { services: running }, refused))
}

#[cfg(test)]
mod tests;
