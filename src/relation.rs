//! The values that relations provide for the workload, and the charm's data in them. Pure. The crate `interfaces`
//! has the formats of the data; this module turns the values into variables, files and addresses. A new interface is
//! one file beside [`redis`] and one line in [`ALL`]; no stage of the pipeline depends on a particular one.

pub mod database;
pub mod grafana;
pub mod http_proxy;
pub mod ingress;
mod jdbc;
pub mod loki;
pub mod mapping;
mod names;
pub mod oauth;
pub mod openfga;
mod parameters;
pub mod prometheus;
pub mod rabbitmq;
pub mod redis;
pub mod s3;
pub mod saml;
pub mod smtp;
mod spring;
mod tls;
pub mod tracing;
pub mod valkey;

use std::collections::{BTreeMap, BTreeSet};

use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use interfaces::{Read, SecretRef, Url};
use juju::{Hold, View};
use pebble::plan::Environment;

use crate::facts::{Endpoint, Integration, Interface, LocalSide, Provided, Relation, Role};
use crate::framework::Naming;
use crate::random::Random;
use crate::steps::RelationWrite;

/// All interfaces that a charm may have endpoints of. A status names missing ones in this order.
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
    &prometheus::PROMETHEUS,
    &loki::LOKI,
    &grafana::GRAFANA,
];

/// Interface of this name, if it is known.
#[must_use]
pub fn named(name: &str) -> Option<&'static Interface> {
    ALL.iter().copied().find(|interface| interface.name == name)
}

/// Position of an interface in a list of missing endpoints. All databases share the first one's.
#[must_use]
pub fn rank(interface: &Interface) -> usize {
    let is_same = |one: &Interface| one == interface || (interface.is_database() && one.is_database());
    ALL.iter().position(|one| is_same(one)).unwrap_or(ALL.len())
}

/// Values of an endpoint, from the relation with the lowest id that is ready. `None` if no relation has complete data
/// yet.
///
/// # Errors
///
/// If no relation is ready: a hold that names the wrong key, or one that waits for a secret that the data refer to. The
/// workload keeps its earlier values then.
pub fn provided(integration: &Integration, local: &LocalSide<'_>) -> Result<Option<Provided>, Hold> {
    let endpoint = &integration.endpoint;
    let Endpoint { name, interface, .. } = endpoint;
    let mut holds = Vec::new();
    for relation in &integration.relations {
        match read(endpoint, relation, local) {
            Read::Ready(provided) => return Ok(Some(provided)),
            Read::Invalid { key, why } => {
                let remedy = remedy(&format!("correct it in {}", app(relation)), endpoint, relation);
                holds.push(Hold::blocked(format!("{} {key}: {why} ({remedy})", (interface.complaint)(name))));
            }
            Read::Waiting(_) if lacks_secret(endpoint, relation) => {
                holds.push(Hold::waiting(format!("Waiting for the secret of {name} to be granted")));
            }
            Read::Waiting(key) if endpoint.mapping.is_some() => {
                holds.push(Hold::waiting(format!("Waiting for {name} to give {key}")));
            }
            Read::Absent | Read::Waiting(_) => {}
        }
    }
    holds.into_iter().next().map_or(Ok(None), Err)
}

/// Remark on the relations of an endpoint that give the workload nothing, since another one of the endpoint is used. Names
/// the applications, and the commands that end the relations. `None` if no relation is in vain: all are read by
/// interfaces of applications that watch ours, and while none is ready, none is chosen.
#[must_use]
pub fn unused(integration: &Integration, local: &LocalSide<'_>) -> Option<String> {
    let Integration { endpoint, relations } = integration;
    if relations.len() < 2 || endpoint.interface.watches() {
        return None;
    }
    let used = relations.iter().find(|relation| matches!(read(endpoint, relation, local), Read::Ready(_)))?;
    let others = relations.iter().filter(|relation| relation.view.id != used.view.id);
    let others = others.map(|other| format!("{} (juju remove-relation {})", app(other), other.view.id));
    Some(format!("{}: {} is used, not {}", endpoint.name, app(used), others.collect::<Vec<_>>().join(", ")))
}

/// Remarks on the relations of an endpoint whose remote applications have written data that lack a key, while none of
/// the endpoint is ready. Each names the key and the way out. Relations that hold the workload have a message already.
#[must_use]
pub fn incomplete(integration: &Integration, local: &LocalSide<'_>) -> Vec<String> {
    let Integration { endpoint, relations } = integration;
    if endpoint.interface.watches() || endpoint.mapping.is_some() {
        return Vec::new();
    }
    let reads: Vec<_> = relations.iter().map(|relation| (relation, read(endpoint, relation, local))).collect();
    if reads.iter().any(|(_, read)| read.ready().is_some()) {
        return Vec::new();
    }
    let remark = |(relation, read): (&Relation, Read<Provided>)| match read {
        Read::Waiting(key) if has_written(endpoint, &relation.view) && !lacks_secret(endpoint, relation) => {
            let app = app(relation);
            let remedy = remedy(&format!("if it stays so, check {app} and its version"), endpoint, relation);
            Some(format!("{}: {app} gives no usable {key} yet ({remedy})", endpoint.name))
        }
        _ => None,
    };
    reads.into_iter().filter_map(remark).collect()
}

/// Name of a relation's remote application.
fn app(relation: &Relation) -> &str {
    relation.view.app.as_deref().unwrap_or("the remote application")
}

/// Way out of data that can't be used: work on the remote application, or the end of a relation that is optional.
fn remedy(work: &str, endpoint: &Endpoint, relation: &Relation) -> String {
    if endpoint.required { work.to_owned() } else { format!("{work}, or juju remove-relation {}", relation.view.id) }
}

/// True if the remote application wrote data: not Juju, which fills the units' addresses, and not the provider's library,
/// which copies our request to `data` before there is an answer. Where the units' data count, an application whose units
/// are gone has left its own behind.
fn has_written(endpoint: &Endpoint, view: &View) -> bool {
    const NOT_WRITTEN: [&str; 4] = ["data", "egress-subnets", "ingress-address", "private-address"];
    let is_gone = endpoint.needs().remote_units && view.units.is_empty();
    let mut bags = view.units.values().chain([&view.remote_app]);
    !is_gone && bags.any(|bag| bag.iter().any(|(key, value)| !value.is_empty() && !NOT_WRITTEN.contains(&key.as_str())))
}

/// Values of a relation, with those of the mapping. For Spring, text that it would evaluate makes them invalid.
fn read(endpoint: &Endpoint, relation: &Relation, local: &LocalSide<'_>) -> Read<Provided> {
    let read = (endpoint.interface.read)(relation, local);
    let read = match &endpoint.mapping {
        None => read,
        Some(mapping) => read.and_then(|mut provided| {
            mapping::read(mapping, relation).map(|variables| {
                provided.variables.extend(variables);
                provided
            })
        }),
    };
    if local.naming() == Naming::Spring { read.and_then(spring::inert) } else { read }
}

/// Secrets that a relation's data refer to, by the interface and by the mapping.
pub fn secrets(endpoint: &Endpoint, view: &View) -> Vec<SecretRef> {
    let mut all = (endpoint.interface.secrets)(view);
    let mapped = endpoint.mapping.iter().flat_map(|mapping| mapping::secrets(mapping, view));
    for reference in mapped {
        match all.iter_mut().find(|known| known.id == reference.id) {
            Some(known) => known.needed = true,
            None => all.push(reference),
        }
    }
    all
}

/// True if the data refer to a secret that could not be read.
fn lacks_secret(endpoint: &Endpoint, relation: &Relation) -> bool {
    let mut named = secrets(endpoint, &relation.view).into_iter().filter(|reference| reference.needed);
    named.any(|reference| !relation.secrets.contains_key(&reference.id))
}

/// Changes that complete our half of an endpoint's relations.
pub fn requests(integration: &Integration, local: &LocalSide<'_>, random: Random<'_>) -> Vec<RelationWrite> {
    let Endpoint { interface, mapping, .. } = &integration.endpoint;
    let of = |relation: &Relation| {
        let mut changes = (interface.request)(relation, local, random);
        if let Some(mapping) = mapping {
            mapping::publish(mapping, local, &mut changes);
        }
        RelationWrite::of(&relation.view, changes)
    };
    integration.relations.iter().filter_map(of).collect()
}

/// What remote applications say against our data, each in a line with the endpoint's name.
pub fn objections(integrations: &[Integration]) -> impl Iterator<Item = String> {
    integrations.iter().flat_map(|Integration { endpoint, relations }| {
        let line = |said: String| format!("{}: the remote application refuses our data: {said}", endpoint.name);
        relations.iter().filter_map(move |relation| (endpoint.interface.objection)(&relation.view).map(line))
    })
}

/// Variables of all integrations that are ready, and those that turn tracing off without a backend. If two endpoints
/// provide the same variable, the later one in the metadata wins.
#[must_use]
pub fn environment(provided: &[(&Endpoint, Provided)], naming: Naming) -> Environment {
    let variables = provided.iter().flat_map(|(_, provided)| provided.variables.clone());
    let without = if traces(provided) { Environment::new() } else { tracing::without(naming) };
    variables.chain(without).collect()
}

/// Names of the variables of all mappings.
#[must_use]
pub fn mapped(integrations: &[Integration]) -> BTreeSet<&str> {
    let mappings = integrations.iter().filter_map(|integration| integration.endpoint.mapping.as_ref());
    mappings.flat_map(|mapping| mapping.variables.keys().map(String::as_str)).collect()
}

/// Defaults of all mappings.
#[must_use]
pub fn defaults(integrations: &[Integration]) -> Environment {
    let mappings = integrations.iter().filter_map(|integration| integration.endpoint.mapping.as_ref());
    mappings.flat_map(mapping::defaults).collect()
}

/// Files of all integrations that are ready, by path.
#[must_use]
pub fn files(provided: &[(&Endpoint, Provided)]) -> BTreeMap<String, String> {
    provided.iter().flat_map(|(_, provided)| provided.files.clone()).collect()
}

/// Paths of files that the charm alone writes, and that none of the ready integrations provides.
#[must_use]
pub fn outdated(paths: BTreeSet<String>, provided: &[(&Endpoint, Provided)]) -> BTreeSet<String> {
    let files = files(provided);
    paths.into_iter().filter(|path| tls::is_ours(path) && !files.contains_key(path)).collect()
}

/// Public address of the application, from the first ingress that is ready.
#[must_use]
pub fn url(integrations: &[Integration], local: &LocalSide<'_>) -> Option<Url> {
    let mut routes = integrations.iter().filter(|integration| integration.endpoint.interface.role == Role::Route);
    routes.find_map(|integration| provided(integration, local).ok()??.url)
}

/// Proxies of the `http_proxy` integration.
#[must_use]
pub fn proxies<'a>(provided: &'a [(&Endpoint, Provided)]) -> Option<&'a Proxies> {
    provided.iter().find_map(|(_, provided)| provided.proxies.as_ref())
}

/// True if a tracing backend is ready.
#[must_use]
pub fn traces(provided: &[(&Endpoint, Provided)]) -> bool {
    provided.iter().any(|(_, provided)| provided.traces)
}

/// Databases with the names of their endpoints.
#[must_use]
pub fn databases<'a>(provided: &'a [(&'a Endpoint, Provided)]) -> Vec<(&'a str, &'a Database)> {
    provided
        .iter()
        .filter_map(|(endpoint, provided)| Some((endpoint.name.as_str(), provided.database.as_ref()?)))
        .collect()
}

#[cfg(test)]
mod tests;
