//! Collects every secret value in the state, for the redactor.

use interfaces::peer::Peer;
use juju::{Databag, Redactor, Secret, credentials};

use crate::facts::Integration;
use crate::relation::mapping;
use crate::seen::{Seen, Workload};

/// Parts of names: an option, parameter or variable with such a name is taken for a secret.
const SECRET_NAMES: [&str; 7] = ["password", "passwd", "passphrase", "secret", "token", "credential", "private-key"];

/// Fields read of a remote application's secret. Interfaces use ten names at most.
const MAX_FIELDS: usize = 128;

/// Makes the redactor of an event. Its values: Juju's secrets; the application's key, also one drawn in this event;
/// keys that a remote application writes in clear; and options, parameters, proxies and the rock's variables whose name
/// marks a secret or whose value is a URL with a user.
pub(super) fn of(seen: &Seen, peer: Option<&Peer>) -> Redactor {
    let mut redactor = Redactor::default();
    let options = seen.option_secrets.values().flatten().flat_map(|content| content.values());
    let relations = || seen.integrations.iter().flat_map(|integration| &integration.relations);
    let contents = relations().flat_map(|relation| relation.secrets.values());
    let contents = contents.flat_map(|content| content.values().take(MAX_FIELDS));
    let drawn = peer.map(|peer| &peer.secret_key);
    let proxies = &seen.unit.proxies;
    let proxies = [&proxies.http, &proxies.https, &proxies.ftp].into_iter().flatten();
    options.chain(contents).chain(drawn).for_each(|secret| redactor.add_secret(secret));
    seen.integrations.iter().flat_map(clear).for_each(|value| redactor.add(value));
    seen.integrations.iter().flat_map(mapped).for_each(|value| redactor.add(value));
    seen.peer
        .iter()
        .filter_map(|view| view.local_app.as_ref())
        .flat_map(|bag| bag.values())
        .for_each(|value| redactor.add(value));
    let named = named(seen).filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
    named.for_each(|value| redactor.add(value));
    let bags = relations().flat_map(|relation| bags(&relation.view)).flat_map(|bag| bag.values().map(String::as_str));
    let anywhere = self::named(seen).map(|(_, value)| value).chain(bags).chain(proxies.map(Secret::expose));
    anywhere.flat_map(credentials).for_each(|value| redactor.add(value));
    redactor
}

/// Options, action parameters and the rock's variables, with their names.
fn named(seen: &Seen) -> impl Iterator<Item = (&str, &str)> {
    let options = seen.config.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let params = seen.params.iter().map(|(name, value)| (name.as_str(), value.expose()));
    let container = match &seen.workload {
        Some(Workload::Here(container)) => Some(container),
        _ => None,
    };
    let services = container
        .into_iter()
        .flat_map(|here| here.plan.services.values().chain(here.original.iter().flat_map(|all| all.values())));
    let variables = services.flat_map(|service| service.environment.iter());
    options.chain(params).chain(variables.map(|(name, value)| (name.as_str(), value.as_str())))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// Values that a remote application writes in clear, under the interface's secret keys.
fn clear(integration: &Integration) -> impl Iterator<Item = &str> {
    let keys = integration.endpoint.interface.clear_secrets;
    let bags = integration.relations.iter().flat_map(|relation| bags(&relation.view));
    bags.flat_map(move |bag| keys.iter().filter_map(|key| bag.text(key)))
}

/// Values of the mapping that have a secret's name on either side.
fn mapped(integration: &Integration) -> impl Iterator<Item = &str> {
    let mapping = integration.endpoint.mapping.iter();
    let values = mapping.flat_map(|mapping| integration.relations.iter().flat_map(|one| mapping::named(mapping, one)));
    values.filter(|(name, _)| is_secret(name)).map(|(_, value)| value)
}

/// Databags of the remote application and its units.
fn bags(view: &juju::View) -> impl Iterator<Item = &Databag> {
    std::iter::once(&view.remote_app).chain(view.units.values())
}

#[cfg(test)]
mod tests;
