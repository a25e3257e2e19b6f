//! The workload's environment variables: the same map for the services and for commands such as migrations. Pure.

use interfaces::http_proxy::Proxies;
use juju::Secret;
use pebble::plan::Environment;
use switches::Prefixes;

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
    /// Variables of the integrations' mappings, whose names the author chose.
    pub mapped: &'a Environment,
}

/// Address of an application without ingress: `http://<app>.<model>:<port>`.
#[must_use]
pub fn base_url(unit: &Unit, port: u16) -> String {
    format!("http://{}.{}:{port}", unit.name.app(), unit.model)
}

/// Makes all variables. A later group overrides an earlier one: the author's options, the framework's options, port and
/// metrics, base URL, secret key, proxies, peers, integrations, the framework's own.
#[must_use]
pub fn workload(framework: &Framework, prefixes: &Prefixes, settings: &Settings, sources: &Sources<'_>) -> Environment {
    let names = Names::of(framework, prefixes);
    let mut all = Groups::default();
    all.add(settings.user.iter(), |name| names.option(name));
    all.add(framework.constants.iter().copied(), |name| names.framework(name));
    all.add(settings.framework.iter(), |name| names.framework(name));
    all.add(port_and_metrics(framework, sources).iter(), |name| names.framework(name));
    all.add([("BASE_URL", sources.base_url)], |name| names.own(name));
    // A key that an option sets has priority over the generated one.
    if !all.merged.contains_key(&names.own("SECRET_KEY")) {
        all.add([("SECRET_KEY", sources.secret_key)], |name| names.own(name));
    }
    all.add(proxies(sources).iter(), str::to_owned);
    let peers = sources.peers.join(",");
    all.add([("PEER_FQDNS", peers.as_str())].into_iter().filter(|_| !peers.is_empty()), |name| names.own(name));
    all.add(sources.integrations.iter(), |name| names.integration(name));
    all.add(sources.mapped.iter(), str::to_owned);
    let inputs = EnvInputs { options: &settings.values, base_url: sources.base_url, metrics: sources.metrics };
    all.add((framework.own)(&inputs).iter(), |name| names.framework(name));
    all.without(prefixes.removed.as_deref().unwrap_or_default(), sources.mapped)
}

/// Names of variables, by their group.
struct Names<'a> {
    /// Prefix of the framework, and the one to write instead.
    option: (&'a str, &'a str),
    /// Prefix that all the framework's own variables have, and the one to write instead.
    framework: (&'a str, &'a str),
    integration: &'a str,
}

impl<'a> Names<'a> {
    fn of(framework: &'a Framework, prefixes: &'a Prefixes) -> Self {
        let or = |prefix: &'a Option<String>, usual: &'a str| (usual, prefix.as_deref().unwrap_or(usual));
        Self {
            option: or(&prefixes.options, framework.prefix),
            framework: or(&prefixes.framework, framework.option_prefix()),
            integration: prefixes.integrations.as_deref().unwrap_or_default(),
        }
    }

    fn option(&self, name: &str) -> String {
        renamed(name, self.option)
    }

    fn framework(&self, name: &str) -> String {
        renamed(name, self.framework)
    }

    /// Name of a variable that every framework has.
    fn own(&self, name: &str) -> String {
        format!("{}{name}", self.option.1)
    }

    fn integration(&self, name: &str) -> String {
        format!("{}{name}", self.integration)
    }
}

fn renamed(name: &str, (usual, wanted): (&str, &str)) -> String {
    name.strip_prefix(usual).map_or_else(|| name.to_owned(), |rest| format!("{wanted}{rest}"))
}

/// Variables, and their names in the order in which they were added.
#[derive(Default)]
struct Groups {
    merged: Environment,
    names: Vec<String>,
}

impl Groups {
    fn add<N, V>(&mut self, variables: impl IntoIterator<Item = (N, V)>, named: impl Fn(&str) -> String)
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        for (name, value) in variables {
            let name = named(name.as_ref());
            if self.merged.insert(name.clone(), value.as_ref().to_owned()).is_none() {
                self.names.push(name);
            }
        }
    }

    /// The variables with `prefix` taken from their names, except for those that are `kept`. If two get the same name,
    /// the one that was added later wins, as in the Python framework.
    fn without(self, prefix: &str, kept: &Environment) -> Environment {
        if prefix.is_empty() {
            return self.merged;
        }
        let name = |name: &String| match name.strip_prefix(prefix) {
            Some(rest) if !rest.is_empty() && !kept.contains_key(name) => rest.to_owned(),
            _ => name.clone(),
        };
        self.names.iter().map(|old| (name(old), self.merged[old].clone())).collect()
    }
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

#[cfg(test)]
mod tests {
    use juju::{Config, ConfigOption, ConfigValue, OptionKind};

    use super::*;
    use crate::framework::{expressjs, go};
    use crate::options::{self, OptionSecrets};
    use crate::seen::Seen;

    /// Variables of a leader with an option `log-level`, a database and a mapped variable; the proxies' are left out.
    fn made(framework: &Framework, prefixes: &Prefixes) -> Vec<String> {
        let unit = Seen::nothing().unit;
        let option =
            ConfigOption { kind: OptionKind::String, default: None, description: String::new(), optional: None };
        let declared = [("log-level".to_owned(), option)].into();
        let config: Config = [("log-level", ConfigValue::String("info".to_owned()))].into_iter().collect();
        let settings = options::settings(framework, &declared, &config, &OptionSecrets::new()).unwrap();
        let integrations = [("DB_URL", "pg"), ("APP_ID", "9")].into_iter().collect();
        let mapped = [("APP_MAPPED", "m")].into_iter().collect();
        let sources = Sources {
            unit: &unit,
            port: 8080,
            metrics: framework.metrics,
            base_url: "http://x",
            proxies: None,
            secret_key: "key",
            peers: &["other".to_owned()],
            integrations: &integrations,
            mapped: &mapped,
        };
        let all = workload(framework, prefixes, &settings, &sources);
        all.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn prefixes(options: &str, framework: &str, integrations: &str) -> Prefixes {
        let some = |text: &str| Some(text.to_owned());
        Prefixes { options: some(options), framework: some(framework), integrations: some(integrations), removed: None }
    }

    #[test]
    fn prefixes_are_the_author_s_as_in_the_python_framework() {
        let usual = Prefixes::default();
        let go = [
            "APP_BASE_URL=http://x",
            "APP_ID=9",
            "APP_LOG_LEVEL=info",
            "APP_MAPPED=m",
            "APP_PEER_FQDNS=other",
            "APP_PORT=8080",
            "APP_SECRET_KEY=key",
            "DB_URL=pg",
        ];
        assert_eq!(made(&go::GO, &usual), go);
        let none = [
            "APP_ID=9",
            "APP_MAPPED=m",
            "BASE_URL=http://x",
            "DB_URL=pg",
            "LOG_LEVEL=info",
            "PEER_FQDNS=other",
            "PORT=8080",
            "SECRET_KEY=key",
        ];
        assert_eq!(made(&go::GO, &prefixes("", "", "")), none);
        let removed = Prefixes { removed: Some("APP_".to_owned()), ..Prefixes::default() };
        let mut without = none;
        without[0] = "ID=9";
        without.sort_unstable();
        assert_eq!(made(&go::GO, &removed), without, "also from an integration's names");
        let own = made(&expressjs::EXPRESSJS_2, &prefixes("MY_", "FW_", "DB_"));
        let expected = [
            "APP_MAPPED=m",
            "DB_APP_ID=9",
            "DB_DB_URL=pg",
            "FW_METRICS_PATH=/metrics",
            "FW_METRICS_PORT=9464",
            "FW_NODE_ENV=production",
            "FW_PORT=8080",
            "MY_BASE_URL=http://x",
            "MY_LOG_LEVEL=info",
            "MY_PEER_FQDNS=other",
            "MY_SECRET_KEY=key",
        ];
        assert_eq!(own, expected);
    }

    #[test]
    fn of_two_variables_that_get_the_same_name_the_later_one_wins() {
        let removed = Prefixes { removed: Some("APP_".to_owned()), ..Prefixes::default() };
        let mut all = Groups::default();
        all.add([("APP_PORT", "1"), ("X", "2")], str::to_owned);
        all.add([("PORT", "3"), ("APP_X", "4"), ("APP_", "5")], str::to_owned);
        let kept = [("APP_KEPT", "6")].into_iter().collect();
        all.add([("APP_KEPT", "6")], str::to_owned);
        let all = all.without(removed.removed.as_deref().unwrap(), &kept);
        let all: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(all, ["APP_=5", "APP_KEPT=6", "PORT=3", "X=4"]);
    }
}
