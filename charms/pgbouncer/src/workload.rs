//! The container: its files and services, through Pebble.

use std::time::Duration;

use pebble::blocking::Client;
use pebble::types::{ExecOptions, MakeDir, ServiceInfo, ServiceStatus, Signal, WriteFile};
use pebble::{Error, PathErrorKind};

use crate::document::Document;
use crate::features;
use crate::ini;
use crate::layer::{LABEL, layer};
use crate::place::{Instance, Places};

/// Limit of a change of services.
const CHANGE: Duration = Duration::from_secs(60);

/// Limit of `pgbouncer --version`.
const VERSION: Duration = Duration::from_secs(5);

/// The base document in the container.
#[derive(Debug)]
pub(crate) enum BaseDocument {
    /// It is there.
    Here(Document),
    /// It is missing, or no document: the reason.
    Unreadable(String),
}

/// State of the unit's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    /// All are active.
    All,
    /// At least one is not in the plan: pebble-ready has not run.
    NotPlanned,
    /// One of them is not active.
    Inactive {
        /// Its service.
        service: String,
        /// Pebble's word for its status.
        status: &'static str,
    },
    /// Pebble can't be reached.
    Unreachable,
}

impl Running {
    /// The state of instances whose services Pebble lists.
    fn of(services: &[ServiceInfo], instances: &[Instance]) -> Self {
        for instance in instances {
            let Some(service) = services.iter().find(|service| service.name == instance.service) else {
                return Self::NotPlanned;
            };
            if service.current != ServiceStatus::Active {
                return Self::Inactive { service: service.name.clone(), status: word(service.current) };
            }
        }
        Self::All
    }
}

fn word(status: ServiceStatus) -> &'static str {
    match status {
        ServiceStatus::Active => "active",
        ServiceStatus::Inactive => "inactive",
        ServiceStatus::Backoff => "backoff",
        ServiceStatus::Error => "error",
        ServiceStatus::Unknown => "unknown",
    }
}

/// A container with its Pebble.
pub(crate) struct Workload {
    pub(crate) pebble: Client,
    pub(crate) places: Places,
    pub(crate) instances: Vec<Instance>,
}

impl Workload {
    /// True if Pebble answers.
    pub(crate) fn is_reachable(&self) -> Result<bool, Error> {
        match self.pebble.system_info() {
            Ok(_) => Ok(true),
            Err(error) if error.is_unreachable() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The base document.
    pub(crate) fn base_document(&self) -> Result<BaseDocument, Error> {
        let path = self.places.base_document();
        let bytes = match self.pebble.read_file(&path, ini::MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_unreachable() => return Err(error),
            Err(error) => return Ok(BaseDocument::Unreadable(error.to_string())),
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(match Document::parse(&text) {
            Ok(document) => BaseDocument::Here(document),
            Err(error) => BaseDocument::Unreadable(format!("{path}: {error}")),
        })
    }

    /// Makes the folders of all files, each with its owner.
    pub(crate) fn make_dirs(&self) -> Result<(), Error> {
        let Places { base, logs, user, group, .. } = &self.places;
        let options = MakeDir {
            make_parents: true,
            permissions: Some(0o700),
            user: Some(user.clone()),
            group: Some(group.clone()),
            ..MakeDir::default()
        };
        let instances = self.instances.iter().flat_map(|instance| [&instance.dir, &instance.log_dir]);
        [base, logs].into_iter().chain(instances).try_for_each(|dir| self.pebble.make_dir(dir, &options))
    }

    /// Writes a file that only PgBouncer may read, unless it has that content. True if it was written.
    pub(crate) fn write(&self, path: &str, content: &str) -> Result<bool, Error> {
        match self.pebble.read_file(path, ini::MAX_BYTES) {
            Ok(current) if current == content.as_bytes() => return Ok(false),
            Err(error) if error.is_unreachable() => return Err(error),
            _ => {}
        }
        let options = WriteFile {
            permissions: Some(0o400),
            user: Some(self.places.user.clone()),
            group: Some(self.places.group.clone()),
            ..WriteFile::default()
        };
        self.pebble.write_file(path, content.as_bytes(), &options)?;
        Ok(true)
    }

    /// Removes a file; a missing one is no error.
    pub(crate) fn remove(&self, path: &str) -> Result<(), Error> {
        match self.pebble.remove(path, false) {
            Err(Error::Path { kind: PathErrorKind::NotFound, .. }) => Ok(()),
            other => other,
        }
    }

    /// Adds the layer, and starts or restarts instances whose definition is new.
    pub(crate) fn start(&self) -> Result<(), Error> {
        self.pebble.add_layer(LABEL, &layer(&self.places, &self.instances), true)?;
        self.pebble.replan(CHANGE).map(drop)
    }

    /// State of the instances.
    pub(crate) fn running(&self) -> Result<Running, Error> {
        match self.pebble.services(&self.services()) {
            Ok(services) => Ok(Running::of(&services, &self.instances)),
            Err(error) if error.is_unreachable() => Ok(Running::Unreachable),
            Err(error) => Err(error),
        }
    }

    /// Has all instances read their configuration and the auth file again. Connections stay.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        self.pebble.signal(Signal::Hup, &self.services())
    }

    /// Restarts all instances: connections end.
    pub(crate) fn restart(&self) -> Result<(), Error> {
        self.pebble.restart(&self.services(), CHANGE).map(drop)
    }

    /// Version of the installed PgBouncer, if it says one.
    pub(crate) fn version(&self) -> Result<Option<String>, Error> {
        let command =
            ExecOptions { timeout: Some(VERSION), keep: Some(4096), ..ExecOptions::new(["pgbouncer", "--version"]) };
        match self.pebble.exec(&command) {
            Ok(output) => Ok(features::version(&String::from_utf8_lossy(&output.stdout)).map(str::to_owned)),
            Err(error) if error.is_unreachable() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the version of PgBouncer can't be asked");
                Ok(None)
            }
        }
    }

    fn services(&self) -> Vec<&str> {
        self.instances.iter().map(|instance| instance.service.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_that_is_missing_or_inactive_is_told() {
        let instances = Places::default().instances(2);
        let service = |name: &str, current| ServiceInfo { name: name.to_owned(), current, ..ServiceInfo::default() };
        let first = service("pgbouncer_0", ServiceStatus::Active);
        assert_eq!(Running::of(&[], &instances), Running::NotPlanned);
        assert_eq!(Running::of(std::slice::from_ref(&first), &instances), Running::NotPlanned);
        let with = |current| Running::of(&[first.clone(), service("pgbouncer_1", current)], &instances);
        assert_eq!(with(ServiceStatus::Active), Running::All);
        for (current, status) in [(ServiceStatus::Backoff, "backoff"), (ServiceStatus::Inactive, "inactive")] {
            assert_eq!(with(current), Running::Inactive { service: "pgbouncer_1".to_owned(), status });
        }
    }
}
