//! Every read from Juju and from Pebble, once. What can't be read is a value too: a stage further on knows what it means.

use std::collections::{BTreeMap, BTreeSet};

use interfaces::{Secrets, peer, postgresql};
use juju::{Config, Context, Juju, Needs, OptionKind, Port, Proxies, RelationId, SecretContent, SecretQuery, View};
use pebble::plan::{Plan, Service};
use pebble::types::ServiceInfo;

use crate::asked::Asked;
use crate::charm::{Endpoint, Shape};
use crate::framework::Framework;
use crate::gunicorn;
use crate::options::OptionSecrets;
use crate::services::Services;

/// The facts, unjudged.
#[derive(Debug, Default)]
pub struct Seen {
    /// The unit and its model.
    pub unit: Unit,
    /// The options' values.
    pub config: Config,
    /// What the options of type `secret` refer to.
    pub option_secrets: OptionSecrets,
    /// The peer relation, once there is one.
    pub peer: Option<View>,
    /// The database endpoints, in the order of the metadata.
    pub databases: Vec<Integration>,
    /// What the unit remembers from event to event.
    pub state: BTreeMap<String, String>,
    /// The ports that are open.
    pub ports: BTreeSet<Port>,
    /// The workload; `None` if the event doesn't ask for it.
    pub workload: Option<Workload>,
}

/// The unit and its model.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The application's name.
    pub app: String,
    /// The unit's number.
    pub number: u32,
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
    /// Its relations by id, with the secrets their data refer to.
    pub relations: Vec<(View, Secrets)>,
}

/// The container.
#[derive(Debug)]
pub enum Workload {
    /// Its Pebble doesn't answer.
    Away(String),
    /// Its Pebble answers, but not to this.
    Unreadable(String),
    /// What it holds.
    Here(Container),
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
}

/// The file in which the rock's services are written down. It's the Python framework's name and form of it.
#[must_use]
pub fn original_services_path(framework: &Framework) -> String {
    format!("{}/original-services.json", framework.state_dir)
}

/// Larger files of these names are none that the charm wrote.
const LARGEST_FILE: usize = 1 << 20;

/// Reads what the event asks for.
///
/// # Errors
///
/// A hook tool that fails: then Juju isn't well, and retries the hook.
pub fn all(
    asked: Asked,
    juju: &Juju<'_>,
    pebble: &pebble::blocking::Client,
    shape: &Shape,
) -> Result<Seen, juju::Error> {
    let everything = asked == Asked::Everything;
    let config = if everything { juju.config()?.clone() } else { Config::default() };
    let mut seen = Seen {
        unit: unit(juju)?,
        option_secrets: option_secrets(juju, shape, &config)?,
        config,
        peer: peer_relation(juju, shape)?,
        databases: databases(juju, shape)?,
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
        app: context.app().to_owned(),
        number: context.unit.number(),
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

fn databases(juju: &Juju<'_>, shape: &Shape) -> Result<Vec<Integration>, juju::Error> {
    shape.databases.iter().map(|endpoint| integration(juju, endpoint, postgresql::NEEDS)).collect()
}

fn integration(juju: &Juju<'_>, endpoint: &Endpoint, needs: Needs) -> Result<Integration, juju::Error> {
    let mut ids: Vec<RelationId> = juju.relation_ids(&endpoint.name)?;
    ids.sort_unstable();
    let relations = ids.into_iter().map(|id| {
        let view = juju.view(&endpoint.name, id, needs)?;
        let secrets = relation_secrets(juju, &view)?;
        Ok((view, secrets))
    });
    Ok(Integration { endpoint: endpoint.clone(), relations: relations.collect::<Result<_, juju::Error>>()? })
}

/// The secrets the data refer to. One that isn't granted yet is left out: the reader of the interface then waits.
fn relation_secrets(juju: &Juju<'_>, view: &View) -> Result<Secrets, juju::Error> {
    let mut secrets = Secrets::new();
    for reference in postgresql::secrets(view).into_iter().filter(|reference| reference.needed) {
        let query = SecretQuery { label: Some(reference.label), ..SecretQuery::id(reference.id.clone()).refresh() };
        match juju.secret(&query) {
            Ok(content) => {
                secrets.insert(reference.id, content);
            }
            Err(error) if error.is_not_found() || error.is_permission_denied() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(secrets)
}

fn workload(pebble: &pebble::blocking::Client, framework: &Framework) -> Workload {
    match container(pebble, framework) {
        Ok(container) => Workload::Here(container),
        Err(error) if error.is_unreachable() || matches!(error, pebble::Error::Timeout { .. }) => {
            Workload::Away(error.to_string())
        }
        Err(error) => Workload::Unreadable(error.to_string()),
    }
}

fn container(pebble: &pebble::blocking::Client, framework: &Framework) -> Result<Container, pebble::Error> {
    let original = file(pebble, &original_services_path(framework))?;
    Ok(Container {
        plan: pebble.plan()?,
        services: pebble.services(&[])?,
        original: original.and_then(|text| originals(&text)),
        server_config: file(pebble, &gunicorn::config_path(framework))?,
    })
}

fn file(pebble: &pebble::blocking::Client, path: &str) -> Result<Option<Vec<u8>>, pebble::Error> {
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
