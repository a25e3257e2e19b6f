//! Files of an unpacked charm: those of the sample, of charmcraft's extensions, or of a charm with more endpoints.

use std::fs;
use std::path::{Path, PathBuf};

use juju::CharmFiles;

use super::repository;

/// The charm's files without its binary.
#[derive(Clone)]
pub(crate) struct Charm {
    declaration: String,
    switches: String,
    paas_config: Option<String>,
}

/// A charm with two databases, a third one with a name by the author and any number of relations, and ingress.
const WITH_INTEGRATIONS: &str = "\
name: flask-k8s
type: charm
containers: {flask-app: {resource: flask-app-image}}
resources: {flask-app-image: {type: oci-image}}
peers: {secret-storage: {interface: secret-storage}}
requires:
  postgresql: {interface: postgresql_client, optional: true, limit: 1}
  mysql: {interface: mysql_client, optional: true, limit: 1}
  the-orders: {interface: postgresql_client, optional: true}
  ingress: {interface: ingress, optional: true, limit: 1}
config:
  options:
    greeting: {type: string}
    webserver-keepalive: {type: int}
    flask-secret-key-id: {type: secret}
actions:
  rotate-secret-key: {description: Makes a new secret key.}
";

/// All integrations but relational databases, ingress and tracing.
const EVERY_INTEGRATION: &str = "\
requires:
  mongodb: {interface: mongodb_client, optional: true, limit: 1}
  redis: {interface: redis, optional: true, limit: 1}
  valkey: {interface: valkey_client, optional: true, limit: 1}
  rabbitmq: {interface: rabbitmq, optional: true, limit: 1}
  s3: {interface: s3, optional: true, limit: 1}
  saml: {interface: saml, optional: true, limit: 1}
  smtp: {interface: smtp, optional: true, limit: 1}
  openfga: {interface: openfga, optional: true, limit: 1}
  oidc: {interface: oauth, optional: true, limit: 1}
  http-proxy: {interface: http_proxy, optional: true, limit: 1}
";

impl Charm {
    /// The charm of the sample.
    pub(crate) fn sample() -> Self {
        let declaration = fs::read_to_string(repository().join("tests/fixtures/flask/charmcraft.yaml")).unwrap();
        Self { declaration, switches: "framework: flask\n".to_owned(), paas_config: None }
    }

    /// A charm with the endpoints `postgresql`, `mysql`, `the-orders` (postgresql_client) and `ingress`, all optional.
    pub(crate) fn with_integrations() -> Self {
        Self { declaration: WITH_INTEGRATIONS.to_owned(), ..Self::sample() }
    }

    /// The framework's charm for 24.04 with an endpoint for each of the other integrations, all optional, and the
    /// options of a client of OpenID Connect.
    pub(crate) fn with_every_integration(framework: &str) -> Self {
        let options = "  options:\n    oidc-scopes: {type: string}\n    oidc-redirect-path: {type: string}\n";
        Self::expanded(framework, "24.04").replace("requires:\n", EVERY_INTEGRATION).replace("  options:\n", options)
    }

    /// The framework's charm for a base, as charmcraft expands its extension.
    pub(crate) fn expanded(framework: &str, base: &str) -> Self {
        let expanded = repository().join(format!("pack/tests/projects/{framework}-{base}/expanded.yaml"));
        let declaration = fs::read_to_string(expanded).unwrap();
        Self { declaration, switches: format!("framework: {framework}\n"), paas_config: None }
    }

    /// Replaces a text in the declaration, which must contain it.
    pub(crate) fn replace(mut self, text: &str, by: &str) -> Self {
        assert!(self.declaration.contains(text), "the declaration has no {text}");
        self.declaration = self.declaration.replace(text, by);
        self
    }

    /// Adds a line to `webcharm.yaml`.
    pub(crate) fn switch(mut self, line: &str) -> Self {
        self.switches.push_str(line);
        self.switches.push('\n');
        self
    }

    /// Sets `paas-config.yaml`.
    pub(crate) fn paas_config(mut self, text: &str) -> Self {
        self.paas_config = Some(text.to_owned());
        self
    }

    /// The declaration as Juju reads it.
    pub(crate) fn files(&self) -> CharmFiles {
        CharmFiles::parse_charmcraft("charmcraft.yaml", &self.declaration).unwrap()
    }

    /// Writes the charm into the new folder `dir/charm`, and returns its path.
    pub(crate) fn unpack(&self, dir: &Path) -> PathBuf {
        let charm = dir.join("charm");
        fs::create_dir(&charm).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_dispatch"), charm.join("dispatch")).unwrap();
        fs::write(charm.join("charmcraft.yaml"), &self.declaration).unwrap();
        fs::write(charm.join("webcharm.yaml"), &self.switches).unwrap();
        if let Some(text) = &self.paas_config {
            fs::write(charm.join("paas-config.yaml"), text).unwrap();
        }
        charm
    }
}
