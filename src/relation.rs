//! What relations give the workload, and what the charm asks of them. The interfaces' own rules are the crate `interfaces`'s;
//! here stands what their values become. Pure. Serving another interface is one file beside [`redis`] and one line in
//! [`ALL`]; no stage of the pipeline asks which one it has before it.

pub mod database;
pub mod http_proxy;
pub mod ingress;
mod names;
pub mod oauth;
pub mod openfga;
mod peers;
pub mod rabbitmq;
pub mod redis;
pub mod s3;
pub mod saml;
mod secrets;
pub mod smtp;
pub mod tracing;
pub mod valkey;

use std::collections::BTreeMap;
use std::fmt;

use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use interfaces::{Changes, Read, SecretRef};
use juju::{Config, Needs, View, Whose};
use pebble::plan::Environment;

pub use peers::{Peers, peers};
pub use secrets::secrets;

use crate::decide::Random;
use crate::framework::{Framework, Naming};
use crate::hold::Hold;
use crate::observe::{Integration, Relation, Unit};
use crate::shape::Endpoint;
use crate::steps::DatabagWrite;

/// Every interface the charm requires, in the order in which missing ones are told.
pub const ALL: &[&Interface] = &[
    &database::POSTGRESQL,
    &database::MYSQL,
    &database::MONGODB,
    &rabbitmq::RABBITMQ,
    &redis::REDIS,
    &s3::S3,
    &openfga::OPENFGA,
    &saml::SAML,
    &tracing::TRACING,
    &smtp::SMTP,
    &oauth::OAUTH,
    &valkey::VALKEY,
    &http_proxy::HTTP_PROXY,
    &ingress::INGRESS,
];

/// An interface the charm requires: what is read of its relations, what that gives, and what is asked.
pub struct Interface {
    /// Its name in a charm's metadata.
    pub name: &'static str,
    /// Its part in the workload.
    pub part: Part,
    /// What is read of its relations.
    pub needs: Needs,
    /// The keys under which the other side may write what nobody shall be told.
    pub clear_secrets: &'static [&'static str],
    /// The secrets that a relation's data refer to.
    pub secrets: fn(&View) -> Vec<SecretRef>,
    /// What a relation gives.
    pub read: fn(&Relation, &Ours<'_>) -> Read<Given>,
    /// What is missing of our half of a relation.
    pub request: fn(&Relation, &Ours<'_>, Random<'_>) -> Changes,
    /// What an endpoint that is related needs besides, given what it gives; beyond what is needed of every endpoint.
    pub demand: fn(&Integration, &Ours<'_>, Option<&Given>) -> Option<Hold>,
    /// What is told before the key, when the data of an endpoint of this name can't be used.
    pub complaint: fn(&str) -> String,
    /// A file of the container that it may have something to do with.
    pub file: fn(&Framework) -> Option<String>,
}

/// An interface's part in the workload, where the stages treat it as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It keeps the application's data: a new one has to be migrated.
    Database,
    /// It stands before the application. It's told the port, and an application without it is reached in the cluster.
    Route,
    /// It's asked by what options say.
    SetByOptions,
    /// Any other service.
    Service,
}

impl Interface {
    /// One that is read and asked for nothing else.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        part: Part::Service,
        needs: Needs::all(),
        clear_secrets: &[],
        secrets: |_| Vec::new(),
        read: |_, _| Read::Absent,
        request: |_, _, _| Changes::default(),
        demand: |_, _, _| None,
        complaint: |endpoint| format!("Invalid {endpoint} relation data."),
        file: |_| None,
    };

    /// The interface of this name, if the charm knows it.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|interface| interface.name == name)
    }

    /// Whether an endpoint of it that isn't optional holds the workload back.
    #[must_use]
    pub fn may_be_required(&self) -> bool {
        self.part != Part::Route
    }

    /// Whether what it gives is a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.part == Part::Database
    }

    /// Where it stands among what is missing: databases first, whichever they are.
    #[must_use]
    pub fn rank(&self) -> usize {
        ALL.iter().position(|one| *one == self || (self.is_database() && one.is_database())).unwrap_or(ALL.len())
    }
}

impl PartialEq for Interface {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Interface {}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interface({})", self.name)
    }
}

/// What our side brings along into every relation.
#[derive(Debug, Clone, Copy)]
pub struct Ours<'a> {
    /// The unit and its model.
    pub unit: &'a Unit,
    /// The framework.
    pub framework: &'a Framework,
    /// The options' values.
    pub config: &'a Config,
    /// The port the workload serves on.
    pub port: u16,
    /// Whether Juju has it open once this event is over.
    pub port_is_open: bool,
    /// The address at which visitors reach the application.
    pub base_url: &'a str,
    /// Whether something stands before the application.
    pub is_routed: bool,
}

impl Ours<'_> {
    /// Our application's name.
    #[must_use]
    pub fn app(&self) -> &str {
        self.unit.name.app()
    }

    /// In which names the workload is told.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.framework.naming
    }
}

/// What a relation that is ready gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The workload's variables.
    pub variables: Environment,
    /// The workload's files, by their paths.
    pub files: BTreeMap<String, String>,
    /// The database it is.
    pub database: Option<Database>,
    /// The address at which visitors reach the application.
    pub url: Option<String>,
    /// The ways out of the cluster.
    pub proxies: Option<Proxies>,
    /// Somewhere for the application's spans to go.
    pub traces: bool,
}

impl From<Environment> for Given {
    fn from(variables: Environment) -> Self {
        Self { variables, ..Self::default() }
    }
}

/// What an endpoint gives: of its relations the one with the lowest id that is ready.
///
/// # Errors
///
/// A hold, if none is ready and the data of one are wrong: it names the key.
pub fn given(integration: &Integration, ours: &Ours<'_>) -> Result<Option<Given>, Hold> {
    let Endpoint { name, interface, .. } = &integration.endpoint;
    let mut wrong = None;
    for relation in &integration.relations {
        match (interface.read)(relation, ours) {
            Read::Ready(given) => return Ok(Some(given)),
            Read::Invalid { key, why } => {
                let complaint = || format!("{} {key}: {why}", (interface.complaint)(name));
                wrong.get_or_insert_with(|| Hold::blocked(complaint()));
            }
            Read::Absent | Read::Waiting(_) => {}
        }
    }
    wrong.map_or(Ok(None), Err)
}

/// What is missing of our half of an endpoint's relations.
pub fn requests(integration: &Integration, ours: &Ours<'_>, random: Random<'_>) -> Vec<DatabagWrite> {
    let request = integration.endpoint.interface.request;
    let of = |relation: &Relation| writes(&relation.view, &request(relation, ours, random));
    integration.relations.iter().flat_map(of).collect()
}

/// The databag writes of an interface's changes. The charm owns no secret, so there is no address to look up.
fn writes(view: &View, changes: &Changes) -> Vec<DatabagWrite> {
    let app = view.local_app.clone().unwrap_or_default();
    let halves = [(Whose::App, &changes.app, &app), (Whose::Unit, &changes.unit, &view.local_unit)];
    let resolved =
        halves.map(|(whose, draft, current)| (whose, draft.resolve(current, &[].into()).unwrap_or_default()));
    let filled = resolved.into_iter().filter(|(_, changes)| !changes.is_empty());
    filled.map(|(whose, changes)| DatabagWrite { relation: view.id, whose, changes }).collect()
}

/// The variables of every integration that is ready, and those that tell of one that isn't. Of two endpoints that give the
/// same variable the later in the metadata wins.
#[must_use]
pub fn environment(given: &[(&Endpoint, Given)], naming: Naming) -> Environment {
    let variables = given.iter().flat_map(|(_, given)| given.variables.clone());
    let without = if traces(given) { Environment::new() } else { tracing::without(naming) };
    variables.chain(without).collect()
}

/// The files of every integration that is ready.
#[must_use]
pub fn files(given: &[(&Endpoint, Given)]) -> BTreeMap<String, String> {
    given.iter().flat_map(|(_, given)| given.files.clone()).collect()
}

/// The address at which visitors reach the application, if something that stands before it says one.
#[must_use]
pub fn url(integrations: &[Integration]) -> Option<String> {
    let routes = integrations.iter().filter(|integration| integration.endpoint.interface.part == Part::Route);
    let mut relations = routes.flat_map(|integration| &integration.relations);
    relations.find_map(|relation| interfaces::ingress::read(&relation.view).ready().cloned())
}

/// The ways out of the cluster that somebody has allowed.
#[must_use]
pub fn proxies<'a>(given: &'a [(&Endpoint, Given)]) -> Option<&'a Proxies> {
    given.iter().find_map(|(_, given)| given.proxies.as_ref())
}

/// Whether the application's spans have somewhere to go.
#[must_use]
pub fn traces(given: &[(&Endpoint, Given)]) -> bool {
    given.iter().any(|(_, given)| given.traces)
}

/// The databases, with their endpoints' names.
#[must_use]
pub fn databases<'a>(given: &'a [(&'a Endpoint, Given)]) -> Vec<(&'a str, &'a Database)> {
    given.iter().filter_map(|(endpoint, given)| Some((endpoint.name.as_str(), given.database.as_ref()?))).collect()
}

#[cfg(test)]
mod tests;
