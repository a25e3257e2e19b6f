//! What relations give the workload, and what the charm asks of them. The interfaces' own rules are the crate `interfaces`'s;
//! here stands what their values become. Pure. Serving another interface is a variant of [`Interface`] and, for its
//! variables, a file beside [`database`].

pub mod database;
mod peers;
pub mod tracing;

use interfaces::database::{Database, NEEDS as DATABASE_NEEDS, Wish};
use interfaces::peer::Peer;
use interfaces::uri::{self, Uri};
use interfaces::{Changes, Read, SecretRef, ingress, mysql, postgresql};
use juju::{Needs, View, Whose};
use pebble::plan::Environment;

pub use peers::{Peers, peers};
pub use tracing::Spans;

use crate::framework::Naming;
use crate::hold::Hold;
use crate::observe::{Integration, Relation, Seen, Unit};
use crate::redact::Redactor;
use crate::shape::Endpoint;
use crate::steps::DatabagWrite;

/// The interfaces the charm requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// `postgresql_client`
    Postgresql,
    /// `mysql_client`
    Mysql,
    /// `ingress`
    Ingress,
    /// `tracing`
    Tracing,
}

/// What a relation that is ready gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A database.
    Database(Database),
    /// The address at which visitors reach the application.
    Url(String),
    /// A backend for the application's spans.
    Spans(Spans),
}

impl Interface {
    /// The interface of this name, if the charm knows it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            postgresql::INTERFACE => Some(Self::Postgresql),
            mysql::INTERFACE => Some(Self::Mysql),
            ingress::INTERFACE => Some(Self::Ingress),
            interfaces::tracing::INTERFACE => Some(Self::Tracing),
            _ => None,
        }
    }

    /// Whether an endpoint of it that isn't optional holds the workload back. An application without ingress is reached in
    /// the cluster.
    #[must_use]
    pub fn may_be_required(self) -> bool {
        self != Self::Ingress
    }

    /// Whether what it gives is a database.
    #[must_use]
    pub fn is_database(self) -> bool {
        matches!(self, Self::Postgresql | Self::Mysql)
    }

    /// What is read of its relations.
    #[must_use]
    pub fn needs(self) -> Needs {
        match self {
            Self::Postgresql | Self::Mysql => DATABASE_NEEDS,
            Self::Ingress => ingress::NEEDS,
            Self::Tracing => interfaces::tracing::NEEDS,
        }
    }

    /// The secrets that a relation's data refer to.
    #[must_use]
    pub fn secrets(self, view: &View) -> Vec<SecretRef> {
        let refs = match self {
            Self::Postgresql | Self::Mysql => interfaces::database::secrets(view),
            Self::Ingress | Self::Tracing => Vec::new(),
        };
        refs.into_iter().filter(|reference| reference.needed).collect()
    }

    fn read(self, relation: &Relation, unit: &Unit) -> Read<Given> {
        let (view, secrets, wish) = (&relation.view, &relation.secrets, wish(relation, unit));
        match self {
            Self::Postgresql => postgresql::read(view, secrets, &wish).map(Given::Database),
            Self::Mysql => mysql::read(view, secrets, &wish).map(Given::Database),
            Self::Ingress => ingress::read(view).map(Given::Url),
            Self::Tracing => interfaces::tracing::read(view).map(|endpoint| {
                let service_name = unit.name.app().to_owned();
                Given::Spans(Spans { service_name, endpoint })
            }),
        }
    }

    fn request(self, relation: &Relation, unit: &Unit, port: Serving) -> Changes {
        match self {
            Self::Postgresql | Self::Mysql => interfaces::database::request(&relation.view, &wish(relation, unit)),
            Self::Ingress => ingress::request(&relation.view, &route(relation, unit, port)),
            Self::Tracing => interfaces::tracing::request(&relation.view),
        }
    }
}

/// The port the workload serves on, and whether it's open.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// Its number.
    pub port: u16,
    /// Whether Juju has it open once this event is over.
    pub open: bool,
}

fn wish(relation: &Relation, unit: &Unit) -> Wish {
    Wish { database: unit.name.app().to_owned(), secrets: unit.has_secrets, cross_model: relation.cross_model }
}

fn route(relation: &Relation, unit: &Unit, serving: Serving) -> ingress::Wish {
    ingress::Wish {
        model: unit.model.clone(),
        name: unit.name.app().to_owned(),
        port: serving.port,
        strip_prefix: true,
        redirect_https: false,
        is_port_open: serving.open,
        scheme: ingress::Scheme::Http,
        host: interfaces::peer::fqdn(&unit.name, &unit.model),
        ip: relation.address,
    }
}

/// What an endpoint gives: of its relations the one with the lowest id that is ready.
///
/// # Errors
///
/// A hold, if none is ready and the data of one are wrong: it names the key.
pub fn given(integration: &Integration, unit: &Unit) -> Result<Option<Given>, Hold> {
    let Endpoint { name, interface, .. } = &integration.endpoint;
    let mut wrong = None;
    for relation in &integration.relations {
        match interface.read(relation, unit) {
            Read::Ready(given) => return Ok(Some(given)),
            Read::Invalid { key, why } => {
                wrong.get_or_insert_with(|| Hold::blocked(format!("Invalid {name} relation data. {key}: {why}")));
            }
            Read::Absent | Read::Waiting(_) => {}
        }
    }
    wrong.map_or(Ok(None), Err)
}

/// What is missing of our half of an endpoint's relations.
#[must_use]
pub fn requests(integration: &Integration, unit: &Unit, serving: Serving) -> Vec<DatabagWrite> {
    let interface = integration.endpoint.interface;
    let of = |relation: &Relation| writes(&relation.view, &interface.request(relation, unit, serving));
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
    let variables = |(endpoint, given): &(&Endpoint, Given)| match given {
        Given::Database(database) => database::environment(&endpoint.name, database, naming),
        Given::Spans(spans) => tracing::environment(spans),
        Given::Url(_) => Environment::new(),
    };
    let without = if traces(given) { Environment::new() } else { tracing::without(naming) };
    given.iter().flat_map(variables).chain(without).collect()
}

/// The address at which visitors reach the application, if something stands before it.
#[must_use]
pub fn url<'a>(given: &'a [(&Endpoint, Given)]) -> Option<&'a str> {
    given.iter().find_map(|(_, given)| match given {
        Given::Url(url) => Some(url.as_str()),
        Given::Database(_) | Given::Spans(_) => None,
    })
}

/// Whether the application's spans have somewhere to go.
#[must_use]
pub fn traces(given: &[(&Endpoint, Given)]) -> bool {
    given.iter().any(|(_, given)| matches!(given, Given::Spans(_)))
}

/// The databases, with their endpoints' names.
#[must_use]
pub fn databases<'a>(given: &'a [(&'a Endpoint, Given)]) -> Vec<(&'a str, &'a Database)> {
    let database = |(endpoint, given): &'a (&'a Endpoint, Given)| match given {
        Given::Database(database) => Some((endpoint.name.as_str(), database)),
        Given::Url(_) | Given::Spans(_) => None,
    };
    given.iter().filter_map(database).collect()
}

/// Every value among the facts that may not be told, also as it stands encoded in a URI, and a key that is drawn just now.
#[must_use]
pub fn secrets(seen: &Seen, peer: Option<&Peer>) -> Redactor {
    let drawn = peer.map(|peer| peer.secret_key.expose());
    let options = seen.option_secrets.values().flatten().flat_map(|content| content.values());
    let relations = || seen.integrations.iter().flat_map(|integration| &integration.relations);
    let contents = relations().flat_map(|relation| relation.secrets.values().flat_map(|content| content.values()));
    let clear = relations().flat_map(|relation| ["password", "uris"].map(|key| relation.view.remote_app.text(key)));
    let shared = seen.peer.iter().filter_map(|view| view.local_app.as_ref()).flat_map(|bag| bag.values());
    let keys = seen.config.iter().filter(|(name, _)| name.contains("secret-key"));
    let keys = keys.filter_map(|(_, value)| value.as_str());
    let secrets = options.chain(contents).map(juju::Secret::expose);
    let all = secrets.chain(clear.flatten()).chain(shared.map(String::as_str)).chain(keys).chain(drawn);
    all.flat_map(forms).collect()
}

/// A secret as it is, as it stands in a URI, and the password in it if it's a URI itself.
fn forms(secret: &str) -> Vec<String> {
    let password = Uri::first(secret).password.map(|password| password.expose().to_owned());
    [Some(secret.to_owned()), Some(uri::encode(secret)), password].into_iter().flatten().collect()
}
