//! Every read from Juju and from Pebble, once. What can't be read is a value too: a stage further on knows what it means.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use interfaces::{Secrets, peer};
use juju::{Config, Context, Juju, OptionKind, Port, Proxies, SecretContent, SecretQuery, UnitName, View};
use pebble::blocking::Client;
use pebble::plan::{Plan, Service};
use pebble::types::ServiceInfo;

use crate::asked::{Asked, Scope};

use crate::framework::Framework;
use crate::gunicorn;
use crate::migration::{self, Migration, Script};
use crate::options::OptionSecrets;
use crate::relation::Interface;
use crate::services::Services;
use crate::shape::{Endpoint, Shape};

/// The facts, unjudged.
#[derive(Debug)]
pub struct Seen {
    /// The unit and its model.
    pub unit: Unit,
    /// The options' values.
    pub config: Config,
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
    /// The web server's configuration file, if there is one.
    pub server_config: Option<Vec<u8>>,
    /// The application's migration.
    pub migration: Migration,
}

/// The file in which the rock's services are written down. It's the Python framework's name and form of it.
#[must_use]
pub fn original_services_path(framework: &Framework) -> String {
    format!("{}/original-services.json", framework.state_dir)
}

/// What a rock says of itself; it's new with each pack.
const RELEASE: &str = "/.rock/metadata.yaml";

/// Larger files of these names are none that the charm wrote.
const LARGEST_FILE: usize = 1 << 20;

/// Reads what the event asks for.
///
/// # Errors
///
/// A hook tool that fails: then Juju isn't well, and retries the hook.
pub fn all(asked: &Asked, juju: &Juju<'_>, pebble: &Client, shape: &Shape) -> Result<Seen, juju::Error> {
    let everything = asked.scope == Scope::Everything;
    let config = if everything { juju.config()?.clone() } else { Config::default() };
    let mut seen = Seen {
        unit: unit(juju)?,
        option_secrets: option_secrets(juju, shape, &config)?,
        config,
        peer: peer_relation(juju, shape)?,
        integrations: integrations(juju, shape, everything)?,
        state: BTreeMap::new(),
        ports: BTreeSet::new(),
        workload: None,
    };
    if everything {
        seen.state = juju.state()?;
        seen.ports = juju.opened_ports()?;
        seen.workload = Some(workload(pebble, shape.framework));
    }
    Ok(seen)
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

fn peer_relation(juju: &Juju<'_>, shape: &Shape) -> Result<Option<View>, juju::Error> {
    let Some(endpoint) = &shape.peer else { return Ok(None) };
    let id = juju.relation_ids(endpoint)?.into_iter().min();
    id.map(|id| juju.view(endpoint, id, peer::NEEDS)).transpose()
}

fn integrations(juju: &Juju<'_>, shape: &Shape, everything: bool) -> Result<Vec<Integration>, juju::Error> {
    shape.endpoints.iter().map(|endpoint| integration(juju, endpoint, everything)).collect()
}

fn integration(juju: &Juju<'_>, endpoint: &Endpoint, everything: bool) -> Result<Integration, juju::Error> {
    let views = juju.views(&endpoint.name, endpoint.interface.needs())?;
    let mut relations = Vec::new();
    for view in views {
        let has_address = everything && endpoint.interface == Interface::Ingress;
        relations.push(Relation {
            secrets: relation_secrets(juju, endpoint.interface, &view)?,
            address: if has_address { address(juju, &view)? } else { None },
            cross_model: cross_model(juju, endpoint.interface, &view)?,
            view,
        });
    }
    Ok(Integration { endpoint: endpoint.clone(), relations })
}

/// The secrets the data refer to. One that isn't granted yet is left out: the reader of the interface then waits.
fn relation_secrets(juju: &Juju<'_>, interface: Interface, view: &View) -> Result<Secrets, juju::Error> {
    let mut secrets = Secrets::new();
    for reference in interface.secrets(view) {
        let by_id = SecretQuery::id(reference.id.clone()).refresh();
        let labelled = SecretQuery { label: Some(reference.label), ..by_id.clone() };
        // A provider may have a new secret in the old one's place, whose label then is taken.
        match juju.secret(&labelled).or_else(|_| juju.secret(&by_id)) {
            Ok(content) => drop(secrets.insert(reference.id, content)),
            Err(error) if error.is_not_found() || error.is_permission_denied() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(secrets)
}

fn address(juju: &Juju<'_>, view: &View) -> Result<Option<IpAddr>, juju::Error> {
    let network = juju.network(&view.endpoint, Some(view.id))?;
    Ok(network.bind_address().and_then(|address| address.parse().ok()))
}

/// Whether the relation leads into another model, which decides what a database is told first.
fn cross_model(juju: &Juju<'_>, interface: Interface, view: &View) -> Result<bool, juju::Error> {
    if !interface.is_database() {
        return Ok(false);
    }
    let unwritten = view.local_app.as_ref().is_some_and(|bag| bag.text("requested-secrets").is_none());
    if !unwritten {
        return Ok(view.local_app.as_ref().is_some_and(|bag| bag.text("provided-secrets").is_none()));
    }
    match juju.relation_model_uuid(view.id) {
        Ok(theirs) => Ok(interfaces::database::is_cross_model(&juju.context.model_uuid, Some(&theirs))),
        // An older Juju has no such tool; then it isn't known.
        Err(error) if error.is_permission_denied() => Err(error),
        Err(_) => Ok(false),
    }
}

fn workload(pebble: &Client, framework: &Framework) -> Workload {
    match container(pebble, framework) {
        Ok(container) => Workload::Here(Box::new(container)),
        Err(error) if error.is_unreachable() || matches!(error, pebble::Error::Timeout { .. }) => {
            Workload::Away(error.to_string())
        }
        Err(error) => Workload::Unreadable(error.to_string()),
    }
}

fn container(pebble: &Client, framework: &Framework) -> Result<Container, pebble::Error> {
    let original = file(pebble, &original_services_path(framework))?;
    Ok(Container {
        plan: pebble.plan()?,
        services: pebble.services(&[])?,
        original: original.and_then(|text| originals(&text)),
        server_config: file(pebble, &gunicorn::config_path(framework))?,
        migration: migration(pebble, framework)?,
    })
}

/// What there is of a migration; without a script nothing else is asked.
fn migration(pebble: &Client, framework: &Framework) -> Result<Migration, pebble::Error> {
    let Some(script) = script(pebble, framework)? else { return Ok(Migration::default()) };
    Ok(Migration {
        script: Some(script),
        status: file(pebble, &migration::status_path(framework))?,
        release: file(pebble, RELEASE)?,
    })
}

fn script(pebble: &Client, framework: &Framework) -> Result<Option<Script>, pebble::Error> {
    let files = match pebble.list_files(framework.app_dir, Some(migration::PATTERN), false) {
        Err(error) if error.is_not_found() => Vec::new(),
        files => files?,
    };
    let Some(name) = migration::choose(&files.iter().map(|file| file.name.as_str())) else { return Ok(None) };
    let info = files.into_iter().find(|file| file.name == name).unwrap_or_default();
    let version = match info.size {
        Some(size) if size > LARGEST_FILE as u64 => format!("{size} {}", info.last_modified).into_bytes(),
        _ => file(pebble, &format!("{}/{name}", framework.app_dir))?.unwrap_or_default(),
    };
    Ok(Some(Script { name, version }))
}

fn file(pebble: &Client, path: &str) -> Result<Option<Vec<u8>>, pebble::Error> {
    match pebble.read_file(path, LARGEST_FILE) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file lies where others can write: what isn't a map of services counts as no file.
fn originals(text: &[u8]) -> Option<Services> {
    serde_json::from_slice::<BTreeMap<String, Service>>(text).ok()
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
            option_secrets: OptionSecrets::new(),
            peer: None,
            integrations: Vec::new(),
            state: BTreeMap::new(),
            ports: BTreeSet::new(),
            workload: None,
        }
    }
}
