//! What relations give the workload, and what the charm asks of them. The interfaces' own rules are the crate `interfaces`'s;
//! here stands what their values become. Pure. Serving another interface is one file beside [`redis`] and one line in
//! [`ALL`]; no stage of the pipeline asks which one it has before it.

pub mod database;
pub mod http_proxy;
pub mod ingress;
mod interface;
mod jdbc;
mod names;
pub mod oauth;
pub mod openfga;
mod parameters;
mod peers;
pub mod rabbitmq;
pub mod redis;
pub mod s3;
pub mod saml;
pub mod smtp;
mod spring;
pub mod tracing;
pub mod valkey;

use std::collections::BTreeMap;

use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use interfaces::{Changes, Read};
use juju::{View, Whose};
use pebble::plan::Environment;

pub use interface::{Interface, LocalSide, Provided, Role};
pub use peers::{Peers, peers};

use crate::charm_spec::Endpoint;
use crate::decide::Random;
use crate::framework::Naming;
use crate::hold::Hold;
use crate::seen::{Integration, Relation};
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

/// What an endpoint gives: of its relations the one with the lowest id that is ready.
///
/// # Errors
///
/// A hold, if none is ready and the data of one are wrong: it names the key. Or if a secret that they name can't be read
/// (yet): what the workload was given before may still be right.
pub fn provided(integration: &Integration, local: &LocalSide<'_>) -> Result<Option<Provided>, Hold> {
    let Endpoint { name, interface, .. } = &integration.endpoint;
    let mut holds = Vec::new();
    for relation in &integration.relations {
        match read(interface, relation, local) {
            Read::Ready(provided) => return Ok(Some(provided)),
            Read::Invalid { key, why } => {
                holds.push(Hold::blocked(format!("{} {key}: {why}", (interface.complaint)(name))));
            }
            Read::Waiting(_) if lacks_secret(interface, relation) => {
                holds.push(Hold::waiting(format!("Waiting for the secret of {name} to be granted")));
            }
            Read::Absent | Read::Waiting(_) => {}
        }
    }
    holds.into_iter().next().map_or(Ok(None), Err)
}

/// What a relation gives, and nothing that the application would evaluate.
fn read(interface: &Interface, relation: &Relation, local: &LocalSide<'_>) -> Read<Provided> {
    let read = (interface.read)(relation, local);
    if local.naming() == Naming::Spring { read.and_then(spring::inert) } else { read }
}

/// Whether a relation's data name a secret that couldn't be read.
fn lacks_secret(interface: &Interface, relation: &Relation) -> bool {
    let mut named = (interface.secrets)(&relation.view).into_iter().filter(|reference| reference.needed);
    named.any(|reference| !relation.secrets.contains_key(&reference.id))
}

/// What is missing of our half of an endpoint's relations.
pub fn requests(integration: &Integration, local: &LocalSide<'_>, random: Random<'_>) -> Vec<DatabagWrite> {
    let request = integration.endpoint.interface.request;
    let of = |relation: &Relation| writes(&relation.view, &request(relation, local, random));
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
pub fn environment(provided: &[(&Endpoint, Provided)], naming: Naming) -> Environment {
    let variables = provided.iter().flat_map(|(_, provided)| provided.variables.clone());
    let without = if traces(provided) { Environment::new() } else { tracing::without(naming) };
    variables.chain(without).collect()
}

/// The files of every integration that is ready.
#[must_use]
pub fn files(provided: &[(&Endpoint, Provided)]) -> BTreeMap<String, String> {
    provided.iter().flat_map(|(_, provided)| provided.files.clone()).collect()
}

/// The address at which visitors reach the application, if something that stands before it says one that the application
/// can be given.
#[must_use]
pub fn url(integrations: &[Integration], naming: Naming) -> Option<String> {
    let routes = integrations.iter().filter(|integration| integration.endpoint.interface.role == Role::Route);
    let relations = routes.flat_map(|integration| &integration.relations);
    let mut urls = relations.filter_map(|relation| interfaces::ingress::read(&relation.view).ready().cloned());
    urls.find(|url| naming != Naming::Spring || !spring::evaluates(url))
}

/// The ways out of the cluster that somebody has allowed.
#[must_use]
pub fn proxies<'a>(provided: &'a [(&Endpoint, Provided)]) -> Option<&'a Proxies> {
    provided.iter().find_map(|(_, provided)| provided.proxies.as_ref())
}

/// Whether the application's spans have somewhere to go.
#[must_use]
pub fn traces(provided: &[(&Endpoint, Provided)]) -> bool {
    provided.iter().any(|(_, provided)| provided.traces)
}

/// The databases, with their endpoints' names.
#[must_use]
pub fn databases<'a>(provided: &'a [(&'a Endpoint, Provided)]) -> Vec<(&'a str, &'a Database)> {
    provided
        .iter()
        .filter_map(|(endpoint, provided)| Some((endpoint.name.as_str(), provided.database.as_ref()?)))
        .collect()
}

#[cfg(test)]
mod tests;
