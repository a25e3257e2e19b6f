//! The variables the workload is given: one map for the services, and for every command the charm runs in their place.
//! Pure.

use pebble::plan::Environment;

use crate::framework::{Facts, Framework, Metrics};
use crate::observe::Unit;
use crate::options::Settings;

/// What the variables are made of besides the settings.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The unit and its model.
    pub unit: &'a Unit,
    /// The port the workload listens on.
    pub port: u16,
    /// Where its metrics are.
    pub metrics: Option<Metrics<'a>>,
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
/// port and metrics, base URL, secret key, proxies, peers, integrations, the framework's own.
#[must_use]
pub fn workload(framework: &Framework, settings: &Settings, sources: &Sources<'_>) -> Environment {
    let mut all = settings.user.clone();
    all.extend(framework.constants.iter().copied());
    all.extend(settings.framework.clone());
    all.extend(told(framework, sources));
    let base_url = sources.url.map_or_else(|| base_url(sources.unit, sources.port), str::to_owned);
    all.insert(framework.variable("BASE_URL"), base_url.clone());
    // An option's key, the framework's or the author's, stands above the one that was made.
    all.entry(framework.variable("SECRET_KEY")).or_insert_with(|| sources.secret_key.to_owned());
    all.extend(proxies(sources.unit));
    if !sources.peers.is_empty() {
        all.insert(framework.variable("PEER_FQDNS"), sources.peers.join(","));
    }
    all.extend(sources.integrations.clone());
    let facts = Facts { options: &settings.values, base_url: &base_url, metrics: sources.metrics };
    all.extend((framework.own)(&facts));
    all
}

/// What the workload is told of `paas-config.yaml`.
fn told(framework: &Framework, sources: &Sources<'_>) -> Environment {
    let port = framework.told.port.map(|name| (name, sources.port.to_string()));
    let metrics = framework.told.metrics.zip(sources.metrics);
    let metrics = metrics.map(|([port, path], at)| [(port, at.port.to_string()), (path, at.path.to_owned())]);
    port.into_iter().chain(metrics.into_iter().flatten()).collect()
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
