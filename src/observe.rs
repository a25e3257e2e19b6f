//! Every read from Juju and from Pebble, once. What can't be read is a value too: a stage further on knows what it means.
//! Here stand the facts and what is read of the unit; `relations` and `workload` read the rest.

mod relations;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use interfaces::Secrets;
use juju::{Config, Context, Juju, OptionKind, Port, Proxies, SecretContent, SecretQuery, UnitName, View};
use pebble::blocking::Client;
use pebble::plan::Plan;
use pebble::types::ServiceInfo;

use crate::asked::{Action, Asked, Scope};
use crate::framework::Framework;
use crate::migration::Migration;
use crate::options::OptionSecrets;
use crate::relation::Part;
use crate::services::Services;
use crate::shape::{Endpoint, Shape};

/// The facts, unjudged.
#[derive(Debug)]
pub struct Seen {
    /// The unit and its model.
    pub unit: Unit,
    /// The options' values.
    pub config: Config,
    /// The parameters of the action, where it has some that are text.
    pub params: BTreeMap<String, String>,
    /// What the options of type `secret` refer to.
    pub option_secrets: OptionSecrets,
    /// The peer relation, once there is one.
    pub peer: Option<View>,
    /// The endpoints with their relations, in the order of the metadata.
    pub integrations: Vec<Integration>,
    /// What the unit remembers from event to event.
    pub state: BTreeMap<String, String>,
    /// The ports that are open.
    pub ports: BTreeSet<Port>,
    /// The workload; `None` if the event doesn't ask for it.
    pub workload: Option<Workload>,
}

/// The unit and its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The unit's name.
    pub name: UnitName,
    /// The model's name.
    pub model: String,
    /// The model's proxies for charms.
    pub proxies: Proxies,
    /// Whether this unit speaks for the application.
    pub leader: bool,
    /// Whether this Juju's Pebble can forward the services' output (3.4 and later).
    pub forwards_logs: bool,
    /// Whether this Juju has secrets (3.0 and later).
    pub has_secrets: bool,
}

/// An endpoint and its relations.
#[derive(Debug)]
pub struct Integration {
    /// The endpoint, as the metadata has it.
    pub endpoint: Endpoint,
    /// Its relations, by id.
    pub relations: Vec<Relation>,
}

/// A relation.
#[derive(Debug)]
pub struct Relation {
    /// Its databags, as far as the interface needs them.
    pub view: View,
    /// The secrets their data refer to. One that isn't granted yet is missing.
    pub secrets: Secrets,
    /// The unit's own address in the relation's network, if the interface needs it.
    pub address: Option<IpAddr>,
    /// Whether it leads into another model; asked only as long as our half isn't written.
    pub cross_model: bool,
}

/// The container.
#[derive(Debug)]
pub enum Workload {
    /// Its Pebble doesn't answer.
    Away(String),
    /// Its Pebble answers, but not to this.
    Unreadable(String),
    /// What it holds.
    Here(Box<Container>),
}

/// What the container holds.
#[derive(Debug, Default)]
pub struct Container {
    /// Pebble's plan.
    pub plan: Plan,
    /// The services' states.
    pub services: Vec<ServiceInfo>,
    /// The services as they were before the charm's layer, if an earlier event wrote them down.
    pub original: Option<Services>,
    /// The files that the charm may have written for the web server and for integrations.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The application's migration.
    pub migration: Migration,
}

/// The file in which the rock's services are written down. It's the Python framework's name and form of it.
#[must_use]
pub fn original_services_path(framework: &Framework) -> String {
    format!("{}/original-services.json", framework.state_dir)
}

/// Reads what the event asks for.
///
/// # Errors
///
/// A hook tool that fails: then Juju isn't well, and retries the hook.
pub fn all(asked: &Asked, juju: &Juju<'_>, pebble: &Client, shape: &Shape) -> Result<Seen, juju::Error> {
    let (unit, peer) = (unit(juju)?, relations::peer(juju, shape)?);
    let draws_key = asked.scope == Scope::Succession && unit.leader && lacks_key(peer.as_ref(), shape);
    let everything = asked.scope == Scope::Everything || draws_key;
    let integrations = relations::integrations(juju, shape, everything)?;
    let config =
        if everything || integrations.iter().any(asks_by_options) { juju.config()?.clone() } else { Config::default() };
    let mut seen = Seen {
        unit,
        params: params(asked, juju)?,
        option_secrets: OptionSecrets::new(),
        config,
        peer,
        integrations,
        state: BTreeMap::new(),
        ports: BTreeSet::new(),
        workload: None,
    };
    if everything {
        seen.option_secrets = option_secrets(juju, shape, &seen.config)?;
        seen.state = juju.state()?;
        seen.ports = juju.opened_ports()?;
        seen.workload = Some(workload::read(pebble, shape, &seen.integrations));
    }
    Ok(seen)
}

/// Whether what is asked of an integration's other side depends on options.
fn asks_by_options(integration: &Integration) -> bool {
    integration.endpoint.interface.part == Part::SetByOptions && !integration.relations.is_empty()
}

/// Whether there is a place for the secret key, and none in it.
fn lacks_key(peer: Option<&View>, shape: &Shape) -> bool {
    let key = interfaces::peer::key(shape.framework.name);
    peer.is_some_and(|view| view.local_app.as_ref().and_then(|bag| bag.text(&key)).is_none())
}

fn unit(juju: &Juju<'_>) -> Result<Unit, juju::Error> {
    let context: &Context = juju.context;
    Ok(Unit {
        name: context.unit.clone(),
        model: context.model.clone(),
        proxies: context.proxies.clone(),
        leader: juju.is_leader()?,
        forwards_logs: context.juju_version.at_least(3, 4, 0),
        has_secrets: context.juju_version.at_least(3, 0, 0),
    })
}

/// The parameters of an action that takes some.
fn params(asked: &Asked, juju: &Juju<'_>) -> Result<BTreeMap<String, String>, juju::Error> {
    let Some(Action::Framework(_)) = asked.action else { return Ok(BTreeMap::new()) };
    let texts =
        juju.action_params()?.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Ok(texts.collect())
}

fn option_secrets(juju: &Juju<'_>, shape: &Shape, config: &Config) -> Result<OptionSecrets, juju::Error> {
    let mut secrets = OptionSecrets::new();
    for (name, _) in shape.options.iter().filter(|(_, option)| option.kind == OptionKind::Secret) {
        let Some(value) = config.get(name).and_then(|value| value.as_str()) else { continue };
        secrets.insert(name.clone(), option_secret(juju, value)?);
    }
    Ok(secrets)
}

/// The newest content of the secret, or why it can't be had.
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

#[cfg(test)]
impl Seen {
    /// What is seen of the leader of an application `shop` before there is anything.
    pub(crate) fn nothing() -> Self {
        let unit = Unit {
            name: UnitName::new("shop", 0),
            model: "m".to_owned(),
            proxies: Proxies::default(),
            leader: true,
            forwards_logs: true,
            has_secrets: true,
        };
        Self {
            unit,
            config: Config::default(),
            params: BTreeMap::new(),
            option_secrets: OptionSecrets::new(),
            peer: None,
            integrations: Vec::new(),
            state: BTreeMap::new(),
            ports: BTreeSet::new(),
            workload: None,
        }
    }
}
