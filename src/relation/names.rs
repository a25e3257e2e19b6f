//! Names of variables.

use pebble::plan::Environment;

/// Prefix of an endpoint's variables. An endpoint with the `usual` name has the prefix that applications know, any
/// other its own name in capitals: `CACHE` for `cache`.
pub(super) fn prefix(endpoint: &str, usual: (&str, &str)) -> String {
    let (name, known_as) = usual;
    if endpoint == name { known_as.to_owned() } else { upper(endpoint) }
}

/// Writes a name in capitals with underscores.
pub(super) fn upper(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// Makes variables of rows of name and value. Names get the prefix; rows without a value are left out.
pub(super) fn table<const N: usize>(prefix: &str, rows: [(&str, Option<String>); N]) -> Environment {
    rows.into_iter().filter_map(|(name, value)| Some((format!("{prefix}{name}"), value?))).collect()
}
