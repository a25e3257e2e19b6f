//! From what was seen to what there is to do. Pure: the same facts, the same steps.
//!
//! First every reason that is known beforehand why the workload can't be what was asked for ([`gate`]); only where
//! there is none, effects ([`workload`]). Our half of the relations is decided in any case.

mod gate;
mod workload;

use pebble::types::ServiceStatus;

use crate::charm::Shape;
use crate::hold::Hold;
use crate::observe::{Container, Seen, Workload};
use crate::relation;
use crate::steps::{Action, DatabagWrite, Step, Steps};

/// Random bytes for a new secret key.
pub type Random<'a> = &'a mut dyn FnMut() -> [u8; 64];

/// Decides.
pub fn steps(seen: &Seen, shape: &Shape, random: Random<'_>) -> Steps {
    let mut steps = Steps { secrets: relation::secrets(seen), ..Steps::default() };
    let peers = relation::peers(seen, shape, random);
    steps.databags = peers.write.into_iter().chain(requests(seen)).collect();
    let Some(workload) = &seen.workload else { return steps };
    steps.judged = true;
    match gate::pass(seen, shape, workload, peers.ready) {
        Ok(ready) => workload::decide(&ready, seen, shape, &mut steps),
        Err(holds) => refuse(holds, workload, &mut steps),
    }
    steps
}

/// The requests of the leader, and what every unit writes down of its own.
fn requests(seen: &Seen) -> Vec<DatabagWrite> {
    let relations = seen.databases.iter().flat_map(|integration| &integration.relations);
    relations.flat_map(|(view, _)| relation::database_requests(view, &seen.unit)).collect()
}

fn refuse(holds: Vec<gate::Reason>, workload: &Workload, steps: &mut Steps) {
    if holds.iter().any(|reason| reason.stops) {
        steps.effects.extend(stop(workload));
    }
    steps.holds = holds.into_iter().map(|reason| reason.hold).collect();
}

/// Stops what runs: without its integrations the workload must not serve.
fn stop(workload: &Workload) -> Option<Step> {
    let Workload::Here(Container { services, .. }) = workload else { return None };
    let running: Vec<_> =
        services.iter().filter(|s| s.current != ServiceStatus::Inactive).map(|s| s.name.clone()).collect();
    let refused = Hold::blocked(format!("cannot stop {}", running.join(", ")));
    (!running.is_empty()).then_some(Step { action: Action::Stop { services: running }, refused })
}

#[cfg(test)]
mod tests;
