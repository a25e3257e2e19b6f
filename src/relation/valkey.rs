//! Valkey: the variables `VALKEY_…`, the same for all frameworks.

use interfaces::valkey::{self, RANDOM_BYTES, Valkey};
use pebble::plan::Environment;

use super::names;
use crate::facts::Interface;
use crate::url;

/// Interface `valkey_client`.
pub const VALKEY: Interface = Interface {
    name: valkey::INTERFACE,
    needs: valkey::NEEDS,
    clear_secrets: &[],
    secrets: valkey::secrets,
    read: |relation, _| {
        let read = valkey::read(&relation.view, &relation.secrets);
        read.map(|valkey| environment(&names::upper(&relation.view.endpoint), &valkey).into())
    },
    request: |relation, _, random| {
        let drawn = random();
        valkey::request(&relation.view, &std::array::from_fn::<_, RANDOM_BYTES, _>(|at| drawn[at]))
    },
    ..Interface::PLAIN
};

fn environment(prefix: &str, valkey: &Valkey) -> Environment {
    let text = |text: &Option<String>| Some(text.clone().unwrap_or_default());
    let rows = [
        ("_DB_READ_ONLY_ENDPOINTS", Some(valkey.read_only_endpoints.join(","))),
        ("_DB_SENTINEL_ENDPOINTS", Some(valkey.sentinel_endpoints.join(","))),
        // The URL has one server. If there are several, this variable has all.
        ("_DB_ENDPOINTS", (valkey.endpoints.len() > 1).then(|| valkey.endpoints.join(","))),
        ("_DB_TLS", valkey.tls.then(|| "true".to_owned())),
        ("_DB_TLS_CA", valkey.tls_ca.clone()),
        ("_MODE", text(&valkey.mode)),
        ("_VERSION", text(&valkey.version)),
    ];
    let mut all = url::variables(&format!("{prefix}_DB"), valkey.uri().expose());
    all.extend(names::table(prefix, rows));
    all
}
