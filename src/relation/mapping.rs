//! Mappings of `webcharm.yaml`: any integration's data as variables, and values that the charm publishes in it.

use interfaces::uri::Uri;
use interfaces::{Read, SecretRef};
use juju::{Changes, View};
use pebble::plan::Environment;
use switches::{Mapping, Place, Source, Word};

use crate::facts::{Interface, LocalSide, Provided, Relation};
use crate::options;
use crate::variables;

/// Interface of an endpoint whose own interface is unknown: its mapping says everything.
pub const MAPPED: Interface = Interface {
    read: |relation, _| match &relation.view {
        view if view.app.is_none() && view.remote_app.is_empty() => Read::Absent,
        _ => Read::Ready(Provided::default()),
    },
    ..Interface::PLAIN
};

/// Beginning of a secret's address in a databag.
const SECRET: &str = "secret:";

/// Most secrets of one relation that are read: each is a call of a hook tool.
const MOST_SECRETS: usize = 8;

/// Secrets that the mapping's variables may be in.
pub(super) fn secrets(mapping: &Mapping, view: &View) -> Vec<SecretRef> {
    let places: Vec<_> = mapping.variables.values().filter_map(|source| secret_key(&source.place)).collect();
    let wanted = |key: &str| places.iter().any(|place| place.is_none_or(|named| named == key));
    let addresses = view.remote_app.iter().filter(|(key, value)| value.starts_with(SECRET) && wanted(key));
    let references = addresses.filter_map(|(key, value)| {
        Some(SecretRef { id: value.parse().ok()?, label: None, group: key.clone(), needed: true })
    });
    references.take(MOST_SECRETS).collect()
}

/// Key of a secret's address, `Some(None)` for any key. `None`: the value is in no secret.
fn secret_key(place: &Place) -> Option<Option<&str>> {
    match place {
        Place::Secret { key, .. } => Some(key.as_deref()),
        _ => None,
    }
}

/// Variables of a relation. Waits for a required value that is missing.
pub(super) fn read(mapping: &Mapping, relation: &Relation) -> Read<Environment> {
    let mut all = Environment::new();
    for (name, source) in &mapping.variables {
        let (key, found) = found(source, relation);
        let value = match variables::pointed(found, source.pointer.as_deref()) {
            Ok(value) => value.filter(|value| !value.is_empty()).or_else(|| source.default.clone()),
            Err(why) => return Read::Invalid { key: key.to_owned(), why: why.to_owned() },
        };
        match value {
            None if source.required => return Read::Waiting(key.to_owned()),
            None => {}
            Some(value) => match options::fits(name, &value) {
                Ok(()) => drop(all.insert(name.clone(), value)),
                Err(why) => return Read::Invalid { key: key.to_owned(), why: format!("it {why}") },
            },
        }
    }
    Read::Ready(all)
}

/// Defaults of the mapping's variables, while there is no relation.
pub(super) fn defaults(mapping: &Mapping) -> Environment {
    let defaults = mapping.variables.iter().filter_map(|(name, source)| Some((name.clone(), source.default.clone()?)));
    defaults.collect()
}

/// Key of a source, for messages, and its value.
fn found<'a>(source: &'a Source, relation: &'a Relation) -> (&'a str, Option<&'a str>) {
    let view = &relation.view;
    match &source.place {
        Place::App(key) => (key, view.remote_app.text(key)),
        Place::Unit(key) => (key, view.units.values().find_map(|bag| bag.text(key))),
        Place::Secret { key, field } => (field, field_of_secret(key.as_deref(), field, relation)),
    }
}

fn field_of_secret<'a>(key: Option<&str>, field: &str, relation: &'a Relation) -> Option<&'a str> {
    let addresses = relation.view.remote_app.iter().filter(|(name, _)| key.is_none_or(|key| key == *name));
    let contents = addresses.filter_map(|(_, value)| relation.secrets.get(&value.parse().ok()?));
    contents.into_iter().find_map(|content| content.get(field)).map(juju::Secret::expose)
}

/// Values in databags that the mapping makes variables of, with the names that both sides have for them.
pub(crate) fn named<'a>(mapping: &'a Mapping, relation: &'a Relation) -> impl Iterator<Item = (String, &'a str)> {
    mapping.variables.iter().filter_map(|(name, source)| {
        let (key, value) = found(source, relation);
        Some((format!("{name} {key}"), value?))
    })
}

/// Adds the values that the mapping publishes. A value with a word that has no value is left as it is.
pub(super) fn publish(mapping: &Mapping, local: &LocalSide<'_>, changes: &mut Changes) {
    for (key, text) in &mapping.publish {
        if let Some(text) = text.fill(|word| self::word(word, local)) {
            changes.app.set(key, text);
        }
    }
}

/// Value of a word on our side. Variables of the workload have none here.
pub(crate) fn word(word: &Word, local: &LocalSide<'_>) -> Option<String> {
    match word {
        Word::App => Some(local.app().to_owned()),
        Word::Model => Some(local.unit.model.clone()),
        Word::Port => Some(local.port.to_string()),
        Word::Url => Some(local.base_url.to_owned()),
        Word::Hostname => Uri::first(local.base_url).hostname,
        Word::Option(name) => local.config.get(name).map(options::text),
        Word::Variable(_) => None,
    }
}

#[cfg(test)]
mod tests;
