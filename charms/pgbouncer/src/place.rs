//! Paths in the container, and the processes' user and address.

/// Folders and files of PgBouncer in the container, the user that owns them, and the address of the instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Folder of the configuration.
    pub base: String,
    /// Folder of the logs.
    pub logs: String,
    /// The users' passwords. In memory, so that they don't outlive the pod.
    pub auth_file: String,
    /// Owner of all files, and user of the processes: PgBouncer refuses to run as root.
    pub user: String,
    /// The user's group.
    pub group: String,
    /// Address that the instances listen on; `*` for all.
    pub address: String,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            base: "/var/lib/pgbouncer".to_owned(),
            logs: "/var/log/pgbouncer".to_owned(),
            auth_file: "/dev/shm/pgbouncer-userlist.txt".to_owned(),
            user: "postgres".to_owned(),
            group: "postgres".to_owned(),
            address: "*".to_owned(),
        }
    }
}

impl Places {
    /// The base document. No process reads it.
    #[must_use]
    pub fn base_document(&self) -> String {
        format!("{}/pgbouncer.ini", self.base)
    }

    /// The unit's instances.
    #[must_use]
    pub fn instances(&self, count: usize) -> Vec<Instance> {
        (0..count).map(|number| Instance::new(self, number)).collect()
    }

    /// Certificate of the backend's authority.
    #[must_use]
    pub fn backend_ca(&self) -> String {
        format!("{}/backend-ca.pem", self.base)
    }

    /// The files of TLS.
    #[must_use]
    pub fn tls(&self) -> TlsFiles {
        let file = |name| format!("{}/{name}", self.base);
        TlsFiles { key: file("key.pem"), ca: file("ca.pem"), certificate: file("cert.pem") }
    }
}

/// Paths of the private key and the certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The private key.
    pub key: String,
    /// Certificate of the authority.
    pub ca: String,
    /// Certificate of the unit.
    pub certificate: String,
}

/// One PgBouncer process. All of a unit share the port (`so_reuseport`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Number, from 0.
    pub number: usize,
    /// Name of its service.
    pub service: String,
    /// Folder of its configuration, pid file and unix socket.
    pub dir: String,
    /// Folder of its log.
    pub log_dir: String,
}

impl Instance {
    fn new(places: &Places, number: usize) -> Self {
        Self {
            number,
            service: format!("pgbouncer_{number}"),
            dir: format!("{}/instance_{number}", places.base),
            log_dir: format!("{}/instance_{number}", places.logs),
        }
    }

    /// Its configuration.
    #[must_use]
    pub fn document(&self) -> String {
        format!("{}/pgbouncer.ini", self.dir)
    }

    /// Its pid file.
    #[must_use]
    pub fn pid_file(&self) -> String {
        format!("{}/pgbouncer.pid", self.dir)
    }

    /// Its log.
    #[must_use]
    pub fn log_file(&self) -> String {
        format!("{}/pgbouncer.log", self.log_dir)
    }
}

/// Number of instances on a machine with this many processors: 2 to 4.
#[must_use]
pub fn instance_count(processors: usize) -> usize {
    processors.clamp(2, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_to_four_instances() {
        assert_eq!([0, 1, 2, 3, 4, 64].map(instance_count), [2, 2, 2, 3, 4, 4]);
    }

    #[test]
    fn an_instance_has_files_of_its_own() {
        let instance = &Places::default().instances(2)[1];
        assert_eq!(instance.service, "pgbouncer_1");
        assert_eq!(instance.document(), "/var/lib/pgbouncer/instance_1/pgbouncer.ini");
        assert_eq!(instance.pid_file(), "/var/lib/pgbouncer/instance_1/pgbouncer.pid");
        assert_eq!(instance.log_file(), "/var/log/pgbouncer/instance_1/pgbouncer.log");
    }
}
