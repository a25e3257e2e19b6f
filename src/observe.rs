//! All reads from Juju and Pebble, each done once. A failed read of the container is a value in the state, not an
//! error. This module reads the unit; `relations` and `workload` read the rest.

mod assets;
mod relations;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use juju::{Config, Context, Juju, OptionKind, Secret, SecretContent, SecretQuery, View};
use pebble::blocking::Client;

use crate::assets::Assets;
use crate::charm_spec::CharmSpec;
use crate::facts::{Integration, Role, Unit};
use crate::memory::Memory;
use crate::options::OptionSecrets;
use crate::seen::Seen;
use crate::work::{Action, Scope, Work};

/// Reads the part of the state that the event's work needs. `now` tells the age of services.
///
/// # Errors
///
/// A hook tool failed. The hook fails with it, and Juju retries.
pub fn all(
    work: &Work,
    juju: &Juju<'_>,
    pebble: &Client,
    spec: &CharmSpec,
    now: SystemTime,
) -> Result<Seen, juju::Error> {
    let (unit, peer) = (unit(juju, spec)?, relations::peer(juju, spec)?);
    let succeeds = work.scope == Scope::Succession && unit.leader;
    let owes = succeeds && (lacks_key(peer.as_ref(), spec) || is_routed(juju, spec)?);
    let everything = work.scope == Scope::Everything || owes;
    let integrations = relations::integrations(juju, spec, everything)?;
    let config = if everything || integrations.iter().any(asks_by_options) {
        juju.options()?.clone()
    } else {
        Config::default()
    };
    let is_watched =
        |integration: &Integration| integration.endpoint.interface.watches() && !integration.relations.is_empty();
    let assets =
        if integrations.iter().any(is_watched) { assets::read(&juju.context.charm_dir) } else { Assets::default() };
    let mut seen = Seen {
        unit,
        params: params(work, juju)?,
        option_secrets: OptionSecrets::new(),
        config,
        peer,
        integrations,
        assets,
        memory: Memory::default(),
        ports: BTreeSet::new(),
        workload: None,
    };
    if everything {
        seen.option_secrets = option_secrets(juju, spec, &seen.config)?;
        seen.memory = Memory::read(&juju.state()?);
        seen.ports = juju.opened_ports()?;
        seen.workload = Some(workload::read(pebble, spec, seen.memory.started.as_ref(), now));
    }
    Ok(seen)
}

/// True if this integration has a relation whose request depends on options.
fn asks_by_options(integration: &Integration) -> bool {
    integration.endpoint.asks_by_options() && !integration.relations.is_empty()
}

/// True if the peer relation exists and has no secret key.
fn lacks_key(peer: Option<&View>, spec: &CharmSpec) -> bool {
    let key = interfaces::peer::key(spec.framework.name);
    peer.is_some_and(|view| view.local_app.as_ref().and_then(|bag| bag.text(&key)).is_none())
}

/// True if an ingress is related. It needs the port, which the charm publishes only after it read the workload.
fn is_routed(juju: &Juju<'_>, spec: &CharmSpec) -> Result<bool, juju::Error> {
    for endpoint in spec.endpoints.iter().filter(|endpoint| endpoint.interface.role == Role::Route) {
        if !juju.relation_ids(&endpoint.name)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unit(juju: &Juju<'_>, spec: &CharmSpec) -> Result<Unit, juju::Error> {
    let context: &Context = juju.context;
    Ok(Unit {
        name: context.unit.clone(),
        model: context.model.clone(),
        model_uuid: context.model_uuid.clone(),
        charm: spec.name.clone(),
        proxies: context.proxies.clone(),
        leader: juju.is_leader()?,
        forwards_logs: context.juju_version.at_least(3, 4, 0),
        has_secrets: context.juju_version.at_least(3, 0, 0),
    })
}

/// Parameters of an action that takes some. A value that is no text is its JSON.
fn params(work: &Work, juju: &Juju<'_>) -> Result<BTreeMap<String, Secret>, juju::Error> {
    if !matches!(work.action, Some(Action::Framework(_) | Action::Command(_) | Action::Coded(_))) {
        return Ok(BTreeMap::new());
    }
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(juju.action_params()?.iter().map(|(name, value)| (name.clone(), Secret::from(text(value)))).collect())
}

fn option_secrets(juju: &Juju<'_>, spec: &CharmSpec, config: &Config) -> Result<OptionSecrets, juju::Error> {
    let mut secrets = OptionSecrets::new();
    for (name, _) in spec.options.iter().filter(|(_, option)| option.kind == OptionKind::Secret) {
        let Some(value) = config.get(name).and_then(|value| value.as_str()) else { continue };
        secrets.insert(name.clone(), option_secret(juju, value)?);
    }
    Ok(secrets)
}

/// Latest content of the secret, or the reason why it can't be read, for a status.
fn option_secret(juju: &Juju<'_>, uri: &str) -> Result<Result<SecretContent, String>, juju::Error> {
    let Ok(id) = uri.parse() else { return Ok(Err("is not a secret's URI".to_owned())) };
    match juju.secret(&SecretQuery::id(id).refresh()) {
        Ok(content) => Ok(Ok(content)),
        Err(error) if error.is_not_found() => Ok(Err("its secret does not exist".to_owned())),
        Err(error) if error.is_permission_denied() => {
            let app = juju.context.app();
            Ok(Err(format!("its secret is not granted: run `juju grant-secret <secret> {app}`")))
        }
        Err(error) => Err(error),
    }
}
