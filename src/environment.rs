//! The workload's environment variables: the same map for the services and for commands such as migrations. Pure.

use interfaces::http_proxy::Proxies;
use juju::Secret;
use pebble::plan::Environment;

use crate::facts::Unit;
use crate::framework::{EnvInputs, Framework, Metrics};
use crate::options::Settings;

/// Sources of the variables, in addition to the settings.
#[derive(Debug)]
pub struct Sources<'a> {
    /// Unit and model.
    pub unit: &'a Unit,
    /// Port that the workload listens on.
    pub port: u16,
    /// Port and path of its metrics.
    pub metrics: Option<Metrics<'a>>,
    /// Public address of the application.
    pub base_url: &'a str,
    /// Proxies of the `http_proxy` integration, used instead of the model's.
    pub proxies: Option<&'a Proxies>,
    /// Secret key of the application, from the peer relation.
    pub secret_key: &'a str,
    /// Names of the other units in the cluster.
    pub peers: &'a [String],
    /// Variables of the integrations.
    pub integrations: &'a Environment,
}

/// Address of an application without ingress: `http://<app>.<model>:<port>`.
#[must_use]
pub fn base_url(unit: &Unit, port: u16) -> String {
    format!("http://{}.{}:{port}", unit.name.app(), unit.model)
}

/// Makes all variables. A later group overrides an earlier one: the author's options, the framework's options, port and
/// metrics, base URL, secret key, proxies, peers, integrations, the framework's own.
#[must_use]
pub fn workload(framework: &Framework, settings: &Settings, sources: &Sources<'_>) -> Environment {
    let mut all = settings.user.clone();
    all.extend(framework.constants.iter().copied());
    all.extend(settings.framework.clone());
    all.extend(port_and_metrics(framework, sources));
    all.insert(framework.variable("BASE_URL"), sources.base_url.to_owned());
    // A key that an option sets has priority over the generated one.
    all.entry(framework.variable("SECRET_KEY")).or_insert_with(|| sources.secret_key.to_owned());
    all.extend(proxies(sources));
    if !sources.peers.is_empty() {
        all.insert(framework.variable("PEER_FQDNS"), sources.peers.join(","));
    }
    all.extend(sources.integrations.clone());
    let inputs = EnvInputs { options: &settings.values, base_url: sources.base_url, metrics: sources.metrics };
    all.extend((framework.own)(&inputs));
    all
}

/// Variables of port and metrics, which `paas-config.yaml` sets in the second line.
fn port_and_metrics(framework: &Framework, sources: &Sources<'_>) -> Environment {
    let port = framework.env_names.port.map(|name| (name, sources.port.to_string()));
    let metrics = framework.env_names.metrics.zip(sources.metrics);
    let metrics = metrics.map(|([port, path], at)| [(port, at.port.to_string()), (path, at.path.to_owned())]);
    port.into_iter().chain(metrics.into_iter().flatten()).collect()
}

/// Proxies in both spellings, without those that are empty. `no_proxy` always comes from the model.
fn proxies(sources: &Sources<'_>) -> Environment {
    let model = &sources.unit.proxies;
    let text = |url: &Secret| url.expose().to_owned();
    let given = sources.proxies.map(|given| [&given.http, &given.https].map(|url| Some(text(url))));
    let [http, https] = given.unwrap_or_else(|| [&model.http, &model.https].map(|url| url.as_ref().map(text)));
    let proxies = [("http_proxy", http), ("https_proxy", https), ("no_proxy", model.no_proxy.clone())];
    let set = proxies.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    set.flat_map(|(name, value)| [(name.to_owned(), value.clone()), (name.to_uppercase(), value)]).collect()
}
