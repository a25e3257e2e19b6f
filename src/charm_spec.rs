//! Description of the charm, read from its files before any event is handled: framework, container, options and
//! endpoints. A charm whose files are incomplete gets a blocked status; the hook does not fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use interfaces::peer;
use juju::{CharmFiles, Config, ConfigOption, Hold, Role};
use switches::{Action, Mapping, Prefixes, Variable, Wrong};

pub use switches::Switches;

use crate::extension::Extension;
use crate::facts::{Endpoint, Interface};
use crate::framework::Framework;
use crate::options;
use crate::paas_config::PaasConfig;
use crate::relation;

/// Default limit of a migration. Without a limit, a script that hangs would block the unit's events for ever.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(3600);

/// Interfaces of the peer endpoint: of the first line of charms, and of the second.
const PEERS: [&str; 2] = [peer::INTERFACE, peer::INTERFACE_2];

/// Description of a charm.
#[derive(Debug, Clone)]
pub struct CharmSpec {
    /// Name of the charm.
    pub name: String,
    /// Framework of the application.
    pub framework: &'static Framework,
    /// Container of the workload.
    pub container: String,
    /// Options that the charm declares.
    pub options: BTreeMap<String, ConfigOption>,
    /// Peer endpoint, through which the units share the secret key.
    pub peer: Option<String>,
    /// Endpoints with a known interface, and endpoints with a mapping, in the order of the metadata.
    pub endpoints: Vec<Endpoint>,
    /// Limit of a migration.
    pub migration_timeout: Duration,
    /// Time within which the application must listen on its port. `None`: do not check.
    pub listens_within: Option<Duration>,
    /// File in the container with the workload's version, in place of the rock's.
    pub version_file: Option<String>,
    /// Prefixes of the workload's variables.
    pub prefixes: Prefixes,
    /// Actions of `webcharm.yaml` by name.
    pub actions: BTreeMap<String, Action>,
    /// Variables of `webcharm.yaml` by name.
    pub variables: BTreeMap<String, Variable>,
    /// Additions of the author's crate.
    pub extension: &'static Extension,
    /// Settings of `paas-config.yaml`, or the reason why it can't be used. In that case the workload stays as it is.
    pub paas_config: Result<PaasConfig, Hold>,
}

/// Hold of a `webcharm.yaml` that can't be used.
fn unusable(wrong: &Wrong) -> Hold {
    Hold::blocked(format!("{}: {wrong}", switches::FILE))
}

impl CharmSpec {
    /// Describes the charm in this folder. `files` are its files for Juju.
    ///
    /// # Errors
    ///
    /// A hold that says what the charm's author must add or change.
    pub fn read(charm_dir: &Path, files: &CharmFiles, extension: &'static Extension) -> Result<Self, Hold> {
        let switches = Switches::read(charm_dir).map_err(|wrong| unusable(&wrong))?;
        let spec = Self::extended(files, &switches, extension)?;
        Ok(Self { paas_config: PaasConfig::read(charm_dir, spec.framework), ..spec })
    }

    /// Describes a charm from its files, without `paas-config.yaml`.
    ///
    /// # Errors
    ///
    /// A hold that says which line the charm's author must add.
    pub fn of(files: &CharmFiles, switches: &Switches) -> Result<Self, Hold> {
        Self::extended(files, switches, &Extension::NONE)
    }

    fn extended(files: &CharmFiles, switches: &Switches, extension: &'static Extension) -> Result<Self, Hold> {
        switches.fits(files).map_err(|wrong| unusable(&wrong))?;
        let framework = framework(files, switches.framework.as_deref())?;
        let peers = files.metadata.endpoints.iter().filter(|endpoint| endpoint.role == Role::Peers);
        Ok(Self {
            name: files.metadata.name.clone(),
            framework,
            container: framework.container.to_owned(),
            options: files.options.clone(),
            peer: peers.into_iter().find(|e| PEERS.contains(&e.interface.as_str())).map(|e| e.name.clone()),
            endpoints: endpoints(files, switches, extension),
            migration_timeout: switches.migration_timeout.unwrap_or(MIGRATION_TIMEOUT),
            listens_within: switches.listens_within,
            version_file: switches.version_file.clone(),
            prefixes: switches.prefixes.clone(),
            actions: switches.actions.clone(),
            variables: switches.variables.clone(),
            extension,
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

    /// Paths of all files that integrations may provide in the container.
    #[must_use]
    pub fn integration_files(&self) -> BTreeSet<String> {
        let file = |endpoint: &Endpoint| (endpoint.interface.file)(self.framework, &endpoint.name);
        self.endpoints.iter().filter_map(file).collect()
    }

    /// True if the charm reads or writes data of this endpoint.
    #[must_use]
    pub fn uses(&self, endpoint: &str) -> bool {
        self.peer.as_deref() == Some(endpoint) || self.endpoints.iter().any(|known| known.name == endpoint)
    }
}

/// Endpoints as the charm uses them.
fn endpoints(files: &CharmFiles, switches: &Switches, extension: &Extension) -> Vec<Endpoint> {
    let used = |declared: &juju::Endpoint| {
        let own = extension.interfaces.iter().copied().find(|interface| interface.name == declared.interface);
        let known = own.or_else(|| relation::named(&declared.interface));
        let known = known.filter(|interface| interface.declared == declared.role);
        endpoint(declared, known, switches.integrations.get(&declared.name))
    };
    files.metadata.endpoints.iter().filter_map(used).collect()
}

/// Endpoint with the interface that it is read by. `None` if the interface is unknown and there is no mapping.
fn endpoint(
    declared: &juju::Endpoint,
    known: Option<&'static Interface>,
    mapping: Option<&Mapping>,
) -> Option<Endpoint> {
    let interface = known.or_else(|| mapping.map(|_| &relation::mapping::MAPPED))?;
    let optional = declared.optional || mapping.is_some_and(|mapping| mapping.optional);
    let required = declared.role == Role::Requires && !optional && interface.may_be_required();
    Some(Endpoint { name: declared.name.clone(), interface, required, mapping: mapping.cloned() })
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
    use crate::relation::{database, ingress, loki, prometheus, tracing};

    fn spec(metadata: &str, switches: &str) -> Result<CharmSpec, String> {
        let files = CharmFiles::parse(metadata, "{}", "{}").unwrap();
        let switches = Switches::parse(switches.as_bytes()).map_err(|wrong| unusable(&wrong).message)?;
        CharmSpec::of(&files, &switches).map_err(|hold| hold.message)
    }

    const FLASK: &str = "name: shop\ncontainers: {flask-app: {}}\n\
        peers: {secret-storage: {interface: secret-storage}}\n\
        requires: {db: {interface: mysql_client}, postgresql: {interface: postgresql_client, optional: true},\n\
        logging: {interface: loki_push_api}, ingress: {interface: ingress}, tracing: {interface: tracing}}\n\
        provides: {metrics-endpoint: {interface: prometheus_scrape}, other: {interface: redis}}\n";

    #[test]
    fn endpoints_are_recognised_by_interface_in_the_order_of_the_file() {
        let spec = spec(FLASK, "").unwrap();
        let endpoints: Vec<_> = spec.endpoints.iter().map(|e| (e.name.as_str(), e.interface, e.required)).collect();
        let expected = [
            ("db", &database::MYSQL, true),
            ("postgresql", &database::POSTGRESQL, false),
            ("logging", &loki::LOKI, false),
            ("ingress", &ingress::INGRESS, false),
            ("tracing", &tracing::TRACING, true),
            ("metrics-endpoint", &prometheus::PROMETHEUS, false),
        ];
        assert_eq!(endpoints, expected);
        assert!(spec.uses("secret-storage") && spec.uses("logging") && !spec.uses("other"));
    }

    #[test]
    fn the_file_names_the_framework_else_the_container_shows_it() {
        assert_eq!(spec(FLASK, "").unwrap().framework.name, "flask");
        let app = "name: shop\ncontainers: {app: {}}\n";
        assert_eq!(spec(app, "framework: flask").unwrap().container, "app");
        assert!(spec(app, "").unwrap_err().starts_with("add the file webcharm.yaml with the line `framework: …`"));
        assert!(spec(app, "framework: rails").unwrap_err().contains("\"rails\" is none of: flask"));
        assert!(spec("name: shop\n", "framework: flask").unwrap_err().contains("no container flask-app or app"));
        assert!(
            spec(app, "frame: flask").unwrap_err().starts_with("webcharm.yaml: the file has the unknown key frame")
        );
        assert_eq!(spec(FLASK, "framework: flask").unwrap().container, "flask-app");
        let second = format!("{app}peers: {{peers: {{interface: peers}}}}\n");
        assert_eq!(spec(&second, "framework: flask").unwrap().peer.as_deref(), Some("peers"));
        assert_eq!(spec(app, "framework: flask\nmigration-timeout: 5").unwrap().migration_timeout.as_secs(), 5);
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
