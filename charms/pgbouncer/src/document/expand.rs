//! Documents of a unit's instances, made of the base document.

use super::{Document, PGBOUNCER};
use crate::features::Features;
use crate::place::{Instance, Places};

/// Key of the strictness of TLS to the backend.
const SERVER_TLS: &str = "server_tls_sslmode";

/// Facts of one unit that its instances' documents depend on.
#[derive(Clone, Debug)]
pub struct UnitSide<'a> {
    /// The unit's places: paths in the base document are the leader's.
    pub places: &'a Places,
    /// The unit's instances.
    pub instances: &'a [Instance],
    /// Features of its PgBouncer.
    pub features: Features,
    /// True if the unit has a private key, and the certificates of itself and its authority; each unit has its own.
    pub has_tls: bool,
    /// TLS of the unit's connections to the backend.
    pub backend_tls: BackendTls,
}

/// TLS of connections to the backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendTls {
    /// If the backend has it.
    #[default]
    Prefer,
    /// Always: the backend says that it has TLS.
    Require,
    /// Always, with a certificate of the backend's authority, which the unit has in a file.
    Verify,
}

/// Sizes of an instance's pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSizes {
    /// `default_pool_size`.
    pub default: u32,
    /// `min_pool_size`.
    pub min: u32,
    /// `reserve_pool_size`.
    pub reserve: u32,
}

impl PoolSizes {
    /// Sizes by which `instances` together stay near the limit of connections; without a limit (0), fixed ones.
    #[must_use]
    pub fn of(max_db_connections: u32, instances: usize) -> Self {
        if max_db_connections == 0 {
            return Self { default: 20, min: 10, reserve: 10 };
        }
        let instances = u32::try_from(instances).unwrap_or(u32::MAX).max(1);
        let small = max_db_connections.div_ceil(instances.saturating_mul(4));
        Self { default: max_db_connections.div_ceil(instances.saturating_mul(2)), min: small, reserve: small }
    }
}

impl Document {
    /// The document of each of the unit's instances, in their order.
    #[must_use]
    pub fn expand(&self, unit: &UnitSide<'_>) -> Vec<String> {
        unit.instances.iter().map(|instance| self.of_instance(instance, unit)).collect()
    }

    fn of_instance(&self, instance: &Instance, unit: &UnitSide<'_>) -> String {
        let mut ini = self.ini.clone();
        let sizes = PoolSizes::of(self.max_db_connections(), unit.instances.len());
        for (key, value) in [
            ("listen_addr", unit.places.address.clone()),
            ("user", unit.places.user.clone()),
            ("logfile", instance.log_file()),
            ("pidfile", instance.pid_file()),
            ("unix_socket_dir", instance.dir.clone()),
            ("default_pool_size", sizes.default.to_string()),
            ("min_pool_size", sizes.min.to_string()),
            ("reserve_pool_size", sizes.reserve.to_string()),
        ] {
            ini.set(PGBOUNCER, key, value);
        }
        if !unit.features.has_prepared_statements() {
            ini.unset(PGBOUNCER, "max_prepared_statements");
        }
        if self.has_users() {
            ini.set(PGBOUNCER, "auth_file", &*unit.places.auth_file);
        }
        if unit.has_tls {
            let tls = unit.places.tls();
            ini.set(PGBOUNCER, "client_tls_key_file", tls.key);
            ini.set(PGBOUNCER, "client_tls_ca_file", tls.ca);
            ini.set(PGBOUNCER, "client_tls_cert_file", tls.certificate);
            ini.set(PGBOUNCER, "client_tls_sslmode", "prefer");
        }
        match unit.backend_tls {
            // As in the base document.
            BackendTls::Prefer => {}
            BackendTls::Require => ini.set(PGBOUNCER, SERVER_TLS, "require"),
            BackendTls::Verify => {
                ini.set(PGBOUNCER, SERVER_TLS, "verify-ca");
                ini.set(PGBOUNCER, "server_tls_ca_file", unit.places.backend_ca());
            }
        }
        if unit.features.has_peers() {
            ini.set(PGBOUNCER, "peer_id", peer_id(instance));
            let port = self.listen_port().unwrap_or_default();
            let peer = |other: &Instance| (peer_id(other), format!("host={} port={port}", other.dir));
            ini.replace("peers", unit.instances.iter().map(peer));
        }
        ini.to_string()
    }
}

fn peer_id(instance: &Instance) -> String {
    (instance.number + 1).to_string()
}
