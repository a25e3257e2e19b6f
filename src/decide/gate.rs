//! Checks before the first effect that the workload has everything it needs. Collects every reason against it, the most
//! important first.

use interfaces::peer::Peer;
use juju::Hold;
use pebble::plan::Environment;

use crate::charm_spec::CharmSpec;
use crate::facts::{Endpoint, Integration, LocalSide, Provided};
use crate::options::{self, Settings};
use crate::paas_config::PaasConfig;
use crate::relation;
use crate::seen::{Container, Seen, Workload};

/// Everything the workload needs.
pub(super) struct Ready<'a> {
    pub(super) container: &'a Container,
    pub(super) paas_config: &'a PaasConfig,
    pub(super) settings: Settings,
    /// Variables that `webcharm.yaml` takes from options.
    pub(super) variables: Environment,
    pub(super) peer: Peer,
    pub(super) provided: Vec<(&'a Endpoint, Provided)>,
}

/// Reason why the workload can't be configured. `stops` is true if its services must not run meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) hold: Hold,
    pub(super) stops: bool,
}

impl From<Hold> for Reason {
    fn from(hold: Hold) -> Self {
        Self { hold, stops: false }
    }
}

/// Returns everything the workload needs, or every reason why it is not ready.
pub(super) fn pass<'a>(
    seen: &'a Seen,
    spec: &'a CharmSpec,
    workload: &'a Workload,
    peer: Option<Peer>,
    local: &LocalSide<'_>,
) -> Result<Ready<'a>, Vec<Reason>> {
    let paas_config = spec.paas_config.as_ref();
    let settings = options::settings(spec.framework, &spec.options, &seen.config, &seen.option_secrets);
    let variables = options::own_variables(&spec.variables, &seen.config, &seen.option_secrets);
    let provided = provided(&seen.integrations, local);
    let container = reach(workload);
    match (paas_config, settings, variables, container, peer, provided) {
        (Ok(paas_config), Ok(settings), Ok(variables), Ok(container), Some(peer), Ok(provided)) => {
            Ok(Ready { container, paas_config, settings, variables, peer, provided })
        }
        (paas_config, settings, variables, container, peer, provided) => {
            let options = [settings.err(), variables.err()].into_iter().flatten().flatten();
            let options = paas_config.err().cloned().into_iter().chain(options).map(Reason::from);
            let Unready { invalid, missing, demands } = provided.err().unwrap_or_default();
            let waiting = container.err().into_iter().chain(no_key(peer.is_none()));
            let reasons = options.chain(invalid.into_iter().map(Reason::from));
            let reasons = reasons.chain(waiting.map(Reason::from)).chain(missing_integrations(&missing));
            Err(reasons.chain(demands.into_iter().map(Reason::from)).collect())
        }
    }
}

fn reach(workload: &Workload) -> Result<&Container, Hold> {
    match workload {
        Workload::Here(container) => Ok(container),
        Workload::Unread(hold) => Err(hold.clone()),
    }
}

fn no_key(missing: bool) -> Option<Hold> {
    missing.then(|| Hold::waiting("Waiting for peer integration"))
}

fn missing_integrations(endpoints: &[&Endpoint]) -> Option<Reason> {
    let mut endpoints = endpoints.to_vec();
    endpoints.sort_by_key(|endpoint| relation::rank(endpoint.interface));
    let names: Vec<_> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let hold = Hold::blocked(format!("missing integrations: {}", names.join(", ")));
    (!names.is_empty()).then_some(Reason { hold, stops: true })
}

/// Integrations that are not ready: invalid data, required endpoints without data, and further requirements.
#[derive(Default)]
struct Unready<'a> {
    invalid: Vec<Hold>,
    missing: Vec<&'a Endpoint>,
    demands: Vec<Hold>,
}

/// Values of all ready integrations. Fails if an integration that the workload needs is not ready.
fn provided<'a>(
    integrations: &'a [Integration],
    local: &LocalSide<'_>,
) -> Result<Vec<(&'a Endpoint, Provided)>, Unready<'a>> {
    let (mut ready, mut unready) = (Vec::new(), Unready::default());
    let mut awaits_database = false;
    for integration in integrations {
        let endpoint = &integration.endpoint;
        let provided = match relation::provided(integration, local) {
            Ok(provided) => provided,
            Err(hold) => {
                unready.invalid.push(hold);
                awaits_database |= endpoint.interface.is_database();
                continue;
            }
        };
        unready.demands.extend((endpoint.interface.demand)(integration, local, provided.as_ref()));
        if provided.is_none() && endpoint.required {
            unready.missing.push(endpoint);
        }
        // A database that is missing or invalid already has a hold of its own.
        awaits_database |= endpoint.interface.is_database() && (provided.is_some() || endpoint.required);
        ready.extend(provided.map(|provided| (endpoint, provided)));
    }
    if local.framework.needs_database && !awaits_database {
        let name = local.framework.title;
        unready.demands.push(Hold::blocked(format!("{name} requires a database integration to work")));
    }
    let Unready { invalid, missing, demands } = &unready;
    let is_ready = invalid.is_empty() && missing.is_empty() && demands.is_empty();
    if is_ready { Ok(ready) } else { Err(unready) }
}
