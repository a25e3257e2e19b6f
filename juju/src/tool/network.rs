//! `network-get`, `opened-ports`, `goal-state`. `open-port` and `close-port` are one line each in the table.

use std::collections::BTreeSet;

use super::{Call, Error, HookTools};
use crate::name::RelationId;
use crate::network::{GoalState, Network};
use crate::port::Port;

pub(super) fn get(tools: &HookTools, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
    tools.ask(Call::new("network-get").arg(binding).option("-r", relation.map(|id| id.to_string())))
}

pub(super) fn opened_ports(tools: &HookTools) -> Result<BTreeSet<Port>, Error> {
    let call = || Call::new("opened-ports");
    let ports: Vec<String> = tools.ask(call())?;
    ports.iter().map(|port| port.parse().map_err(|_| call().nonsense(format!("{port:?} is not a port")))).collect()
}

pub(super) fn goal_state(tools: &HookTools) -> Result<GoalState, Error> {
    tools.ask(Call::new("goal-state"))
}
