//! The variables the workload is given: one map for the services, and for every command the charm runs in their place.
//! Pure.

use pebble::plan::Environment;

use crate::framework::{Framework, Metrics};
use crate::observe::Unit;
use crate::options::Settings;

/// What the variables are made of besides the settings.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The unit and its model.
    pub unit: &'a Unit,
    /// The port the workload listens on.
    pub port: u16,
    /// Where it's told that its metrics are.
    pub metrics: Option<Metrics>,
    /// The address at which visitors reach the application, if something stands before it.
    pub url: Option<&'a str>,
    /// The application's secret key, of the peer relation.
    pub secret_key: &'a str,
    /// The other units' names in the cluster.
    pub peers: &'a [String],
    /// What the integrations give.
    pub integrations: &'a Environment,
}

/// Where the application is reached when nothing stands before it: `http://<app>.<model>:<port>`.
#[must_use]
pub fn base_url(unit: &Unit, port: u16) -> String {
    format!("http://{}.{}:{port}", unit.name.app(), unit.model)
}

/// The whole map. Of two groups with the same name the later wins: the author's options, the framework's options,
/// metrics, base URL, secret key, proxies, peers, integrations.
#[must_use]
pub fn workload(framework: &Framework, settings: &Settings, sources: &Sources<'_>) -> Environment {
    let mut all = settings.user.clone();
    all.extend(settings.framework.clone());
    if let Some(Metrics { port, path }) = &sources.metrics {
        all.insert(framework.variable("METRICS_PORT"), port.to_string());
        all.insert(framework.variable("METRICS_PATH"), path.to_string());
    }
    let url = sources.url.map_or_else(|| base_url(sources.unit, sources.port), str::to_owned);
    all.insert(framework.variable("BASE_URL"), url);
    secret_key(framework, settings, sources.secret_key, &mut all);
    all.extend(proxies(sources.unit));
    if !sources.peers.is_empty() {
        all.insert(framework.variable("PEER_FQDNS"), sources.peers.join(","));
    }
    all.extend(sources.integrations.clone());
    all
}

/// An option's key goes above a variable that an author's option of the same name made; the generated one beneath.
fn secret_key(framework: &Framework, settings: &Settings, generated: &str, all: &mut Environment) {
    let name = framework.variable("SECRET_KEY");
    match &settings.secret_key {
        Some(key) => {
            all.insert(name, key.expose().to_owned());
        }
        None => {
            all.entry(name).or_insert_with(|| generated.to_owned());
        }
    }
}

/// The model's proxies, in both spellings; one that isn't set has no variable.
fn proxies(unit: &Unit) -> Environment {
    let proxies = [
        ("http_proxy", &unit.proxies.http),
        ("https_proxy", &unit.proxies.https),
        ("no_proxy", &unit.proxies.no_proxy),
    ];
    let set = proxies.into_iter().filter_map(|(name, value)| Some((name, value.clone().filter(|v| !v.is_empty())?)));
    set.flat_map(|(name, value)| [(name.to_owned(), value.clone()), (name.to_uppercase(), value)]).collect()
}
