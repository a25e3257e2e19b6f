//! Description of the charm, read from its files before any event is handled: framework, container, options and
//! endpoints. A charm whose files are incomplete gets a blocked status; the hook does not fail.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use interfaces::peer;
use juju::{CharmFiles, Config, ConfigOption, Hold, Role};
use serde::Deserialize;

use crate::facts::Endpoint;
use crate::framework::Framework;
use crate::options;
use crate::paas_config::PaasConfig;
use crate::relation;

/// Default limit of a migration. Without a limit, a script that hangs would block the unit's events for ever.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(3600);

/// Largest `migration-timeout` in seconds: one week.
const LONGEST_MIGRATION: u64 = 604_800;

/// Largest `listens-within` in seconds. The unit's other events wait meanwhile.
const LONGEST_START: u64 = 600;

/// Interfaces of the peer endpoint: of the first line of charms, and of the second.
const PEERS: [&str; 2] = [peer::INTERFACE, peer::INTERFACE_2];

/// Description of a charm.
#[derive(Debug, Clone)]
pub struct CharmSpec {
    /// Framework of the application.
    pub framework: &'static Framework,
    /// Container of the workload.
    pub container: String,
    /// Options that the charm declares.
    pub options: BTreeMap<String, ConfigOption>,
    /// Peer endpoint, through which the units share the secret key.
    pub peer: Option<String>,
    /// Required endpoints with a known interface, in the order of the metadata.
    pub endpoints: Vec<Endpoint>,
    /// Limit of a migration.
    pub migration_timeout: Duration,
    /// Time within which the application must listen on its port. `None`: do not check.
    pub listens_within: Option<Duration>,
    /// Settings of `paas-config.yaml`, or the reason why it can't be used. In that case the workload stays as it is.
    pub paas_config: Result<PaasConfig, Hold>,
}

/// Settings in `webcharm.yaml`, a file that Juju does not read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Switches {
    /// Name of the framework.
    pub framework: Option<String>,
    /// Limit of a migration in seconds, from 1 to 604800 (one week).
    pub migration_timeout: Option<u64>,
    /// Seconds, from 1 to 600, that an event which starts the application waits for it to listen on its port. `None`:
    /// do not wait.
    pub listens_within: Option<u64>,
}

impl Switches {
    /// Reads `webcharm.yaml` of the charm in this folder. A missing file means no settings.
    ///
    /// # Errors
    ///
    /// A hold that says what is wrong with the file.
    pub fn read(charm_dir: &Path) -> Result<Self, Hold> {
        let Ok(file) = File::open(charm_dir.join("webcharm.yaml")) else { return Ok(Self::default()) };
        let mut text = Vec::new();
        let read = file.take(yaml::MAX_BYTES as u64 + 1).read_to_end(&mut text);
        read.map_err(|error| Hold::blocked(format!("cannot read webcharm.yaml: {error}")))?;
        Self::parse(&text)
    }

    /// Parses the text of `webcharm.yaml`.
    ///
    /// # Errors
    ///
    /// A hold that says what is wrong with the text.
    pub fn parse(text: &[u8]) -> Result<Self, Hold> {
        let switches: Result<Option<Self>, _> = yaml::from_slice(text);
        let switches = switches.map_err(|error| Hold::blocked(format!("cannot read webcharm.yaml: {error}")))?;
        let switches = switches.unwrap_or_default();
        within("migration-timeout", switches.migration_timeout, LONGEST_MIGRATION)?;
        within("listens-within", switches.listens_within, LONGEST_START)?;
        Ok(switches)
    }
}

/// Checks that a number of seconds is from 1 to `most`.
fn within(key: &str, seconds: Option<u64>, most: u64) -> Result<(), Hold> {
    match seconds {
        Some(seconds) if !(1..=most).contains(&seconds) => {
            Err(Hold::blocked(format!("webcharm.yaml: {key} is {seconds}: write a number of seconds from 1 to {most}")))
        }
        _ => Ok(()),
    }
}

impl CharmSpec {
    /// Describes the charm in this folder. `files` are its files for Juju.
    ///
    /// # Errors
    ///
    /// A hold that says what the charm's author must add or change.
    pub fn read(charm_dir: &Path, files: &CharmFiles) -> Result<Self, Hold> {
        let spec = Self::of(files, &Switches::read(charm_dir)?)?;
        Ok(Self { paas_config: PaasConfig::read(charm_dir, spec.framework), ..spec })
    }

    /// Describes a charm from its files, without `paas-config.yaml`.
    ///
    /// # Errors
    ///
    /// A hold that says which line the charm's author must add.
    pub fn of(files: &CharmFiles, switches: &Switches) -> Result<Self, Hold> {
        let framework = framework(files, switches.framework.as_deref())?;
        let peers = files.metadata.endpoints.iter().filter(|endpoint| endpoint.role == Role::Peers);
        Ok(Self {
            framework,
            container: framework.container.to_owned(),
            options: files.options.clone(),
            peer: peers.into_iter().find(|e| PEERS.contains(&e.interface.as_str())).map(|e| e.name.clone()),
            endpoints: files.metadata.endpoints.iter().filter_map(endpoint).collect(),
            migration_timeout: switches.migration_timeout.map_or(MIGRATION_TIMEOUT, Duration::from_secs),
            listens_within: switches.listens_within.map(Duration::from_secs),
            paas_config: Ok(PaasConfig::default()),
        })
    }

    /// Port of the workload: from `paas-config.yaml`, else from the options. `None` if the source is invalid.
    #[must_use]
    pub fn port(&self, config: &Config) -> Option<u16> {
        let paas_config = self.paas_config.as_ref().ok()?;
        paas_config.port.or_else(|| options::port(self.framework, config))
    }

    /// Port and path of the workload's metrics: from `paas-config.yaml`, else from the options. `None` if it has no
    /// metrics.
    #[must_use]
    pub fn metrics(&self, config: &Config) -> Option<(u16, String)> {
        let (port, path) = options::metrics(self.framework, config);
        let paas_config = self.paas_config.as_ref().ok();
        let usual = self.framework.metrics;
        let port = paas_config.and_then(|set| set.metrics_port).or(port).or(usual.map(|at| at.port));
        let path = paas_config.and_then(|set| set.metrics_path.clone()).or(path);
        port.zip(path.or_else(|| usual.map(|at| at.path.to_owned())))
    }

    /// True if the workload depends on data of this endpoint.
    #[must_use]
    pub fn uses(&self, endpoint: &str) -> bool {
        self.peer.as_deref() == Some(endpoint) || self.endpoints.iter().any(|known| known.name == endpoint)
    }
}

/// Endpoint as the charm uses it. `None` unless it is required and its interface is known.
fn endpoint(declared: &juju::Endpoint) -> Option<Endpoint> {
    let interface = relation::named(&declared.interface).filter(|_| declared.role == Role::Requires)?;
    let required = !declared.optional && interface.may_be_required();
    Some(Endpoint { name: declared.name.clone(), interface, required })
}

/// Framework that `webcharm.yaml` names, else the one that container and options show; in the charm's line.
fn framework(files: &CharmFiles, wanted: Option<&str>) -> Result<&'static Framework, Hold> {
    let containers: Vec<_> = files.metadata.containers.keys().map(String::as_str).collect();
    let options: Vec<_> = files.options.keys().map(String::as_str).collect();
    let names = Framework::names();
    let name = wanted.or_else(|| Framework::shown(&containers, &options)).ok_or_else(|| {
        Hold::blocked(format!("add the file webcharm.yaml with the line `framework: …` to the charm, one of: {names}"))
    })?;
    if Framework::named(name).next().is_none() {
        return Err(Hold::blocked(format!("webcharm.yaml: framework {name:?} is none of: {names}")));
    }
    let lines: Vec<_> = Framework::named(name).filter(|line| containers.contains(&line.container)).collect();
    let new_peers = files.metadata.endpoints.iter().any(|e| e.role == Role::Peers && e.interface == peer::INTERFACE_2);
    Framework::line_of(&lines, &options, new_peers).ok_or_else(|| {
        let mut names: Vec<_> = Framework::named(name).map(|line| line.container).collect();
        names.dedup();
        Hold::blocked(format!("the charm has no container {}: add it to charmcraft.yaml", names.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::{database, ingress, tracing};

    fn spec(metadata: &str, switches: &str) -> Result<CharmSpec, String> {
        let files = CharmFiles::parse(metadata, "{}", "{}").unwrap();
        let switches = Switches::parse(switches.as_bytes()).map_err(|hold| hold.message)?;
        CharmSpec::of(&files, &switches).map_err(|hold| hold.message)
    }

    const FLASK: &str = "name: shop\ncontainers: {flask-app: {}}\n\
        peers: {secret-storage: {interface: secret-storage}}\n\
        requires: {db: {interface: mysql_client}, postgresql: {interface: postgresql_client, optional: true},\n\
        logging: {interface: loki_push_api}, ingress: {interface: ingress}, tracing: {interface: tracing}}\n";

    #[test]
    fn endpoints_are_recognised_by_interface_in_the_order_of_the_file() {
        let spec = spec(FLASK, "").unwrap();
        let endpoints: Vec<_> = spec.endpoints.iter().map(|e| (e.name.as_str(), e.interface, e.required)).collect();
        let expected = [
            ("db", &database::MYSQL, true),
            ("postgresql", &database::POSTGRESQL, false),
            ("ingress", &ingress::INGRESS, false),
            ("tracing", &tracing::TRACING, true),
        ];
        assert_eq!(endpoints, expected);
        assert!(spec.uses("secret-storage") && spec.uses("db") && !spec.uses("logging"));
    }

    #[test]
    fn the_file_names_the_framework_else_the_container_shows_it() {
        assert_eq!(spec(FLASK, "").unwrap().framework.name, "flask");
        let app = "name: shop\ncontainers: {app: {}}\n";
        assert_eq!(spec(app, "framework: flask").unwrap().container, "app");
        assert!(spec(app, "").unwrap_err().starts_with("add the file webcharm.yaml with the line `framework: …`"));
        assert!(spec(app, "framework: rails").unwrap_err().contains("\"rails\" is none of: flask"));
        assert!(spec("name: shop\n", "framework: flask").unwrap_err().contains("no container flask-app or app"));
        assert!(spec(app, "frame: flask").unwrap_err().starts_with("cannot read webcharm.yaml: "));
        assert_eq!(spec(FLASK, "framework: flask").unwrap().container, "flask-app");
        let second = format!("{app}peers: {{peers: {{interface: peers}}}}\n");
        assert_eq!(spec(&second, "framework: flask").unwrap().peer.as_deref(), Some("peers"));
        assert_eq!(spec(app, "framework: flask\nmigration-timeout: 5").unwrap().migration_timeout.as_secs(), 5);
    }

    #[test]
    fn limits_are_checked() {
        let app = "name: shop\ncontainers: {app: {}}\n";
        let limit = |seconds: &str| spec(app, &format!("framework: flask\nmigration-timeout: {seconds}"));
        for seconds in ["0", "604801", "18446744073709551615"] {
            let message = limit(seconds).unwrap_err();
            let expected = "write a number of seconds from 1 to 604800";
            assert_eq!(message, format!("webcharm.yaml: migration-timeout is {seconds}: {expected}"));
        }
        let listens = spec(app, "framework: flask\nlistens-within: 601").unwrap_err();
        assert_eq!(listens, "webcharm.yaml: listens-within is 601: write a number of seconds from 1 to 600");
        assert_eq!(limit("604800").unwrap().migration_timeout.as_secs(), 604_800);
        for seconds in ["-1", "1.5", "soon", "99999999999999999999999"] {
            assert!(
                limit(seconds).unwrap_err().starts_with("cannot read webcharm.yaml: migration-timeout: "),
                "{seconds}"
            );
        }
    }

    #[test]
    fn port_and_metrics_are_the_frameworks_until_the_author_says_otherwise() {
        let mut spec = spec("name: shop\ncontainers: {app: {}}\n", "framework: flask").unwrap();
        let (config, metrics) = (Config::default(), |port, path: &str| Some((port, path.to_owned())));
        assert_eq!((spec.port(&config), spec.metrics(&config)), (Some(8000), metrics(9102, "/metrics")));
        let set = PaasConfig { port: Some(80), metrics_path: Some("/m".to_owned()), ..PaasConfig::default() };
        spec.paas_config = Ok(set);
        assert_eq!((spec.port(&config), spec.metrics(&config)), (Some(80), metrics(9102, "/m")));
        spec.paas_config = Err(Hold::blocked("broken"));
        assert_eq!(spec.port(&config), None, "a port that may be wrong is not published");
    }
}
