//! Valkey: the variables `VALKEY_…`, the same for all frameworks.

use interfaces::valkey::{self, RANDOM_BYTES, Valkey};
use pebble::plan::Environment;

use super::{names, tls};
use crate::facts::{Interface, Provided};
use crate::url;

/// Interface `valkey_client`.
pub const VALKEY: Interface = Interface {
    name: valkey::INTERFACE,
    needs: valkey::NEEDS,
    clear_secrets: &[],
    secrets: valkey::secrets,
    read: |relation, local| {
        valkey::read(&relation.view, &relation.secrets).map(|valkey| {
            let endpoint = &relation.view.endpoint;
            let prefix = names::upper(endpoint);
            let mut provided = Provided::from(environment(&prefix, &valkey));
            if let Some(ca) = &valkey.tls_ca {
                tls::add_file(&mut provided, local, endpoint, &format!("{prefix}_DB"), ca);
            }
            provided
        })
    },
    file: |framework, endpoint| Some(tls::path(framework, endpoint)),
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
        ("_MODE", text(&valkey.mode)),
        ("_VERSION", text(&valkey.version)),
    ];
    let database = format!("{prefix}_DB");
    let mut all = url::variables(&database, valkey.uri().expose());
    all.extend(tls::variables(&database, valkey.tls, valkey.tls_ca.as_deref()));
    all.extend(names::table(prefix, rows));
    all
}
