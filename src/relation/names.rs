//! How variables are called.

use pebble::plan::Environment;

/// What the variables of an endpoint begin with: the name that every application knows for the endpoint of the usual
/// name, `CACHE` for one that its author called `cache`.
pub(super) fn prefix(endpoint: &str, usual: (&str, &str)) -> String {
    let (name, known_as) = usual;
    if endpoint == name { known_as.to_owned() } else { upper(endpoint) }
}

/// A name as variables have it.
pub(super) fn upper(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// The variables of this table that have a value, their names behind `prefix`.
pub(super) fn table<const N: usize>(prefix: &str, rows: [(&str, Option<String>); N]) -> Environment {
    rows.into_iter().filter_map(|(name, value)| Some((format!("{prefix}{name}"), value?))).collect()
}
