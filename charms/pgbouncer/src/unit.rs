//! One unit in one event: Juju, the container and the backend, with the words of this charm. The hooks in `hook/` are made
//! of these; each file below has one subject.

mod auth;
mod backend;
mod backend_tls;
mod clients;
mod configuration;
mod leaving;
mod peers;
mod tls;

use std::collections::BTreeSet;

use juju::{Flow, Juju, Status, UnitName, Whose};
use serde::{Deserialize, Serialize};

use crate::accounts::Open;
use crate::error::Error;
use crate::status::{self, Readiness};
use crate::workload::{BaseDocument, Workload};

pub(crate) use auth::AuthText;
pub(crate) use backend_tls::BackendTlsFiles;
pub(crate) use clients::{Credentials, names};

/// Facts that the unit keeps from event to event. A killed hook leaves them as they were before, so what it has begun is
/// seen to be due again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// Version of the installed PgBouncer; empty before pebble-ready.
    pub(crate) version: String,
    /// Fingerprint of the instances' documents in the container.
    pub(crate) documents: String,
    /// Fingerprint of the auth file in the container; empty if there is none.
    pub(crate) auth_file: String,
    /// Fingerprint of key and certificates in the container; empty if there are none.
    pub(crate) tls: String,
    /// TLS of connections to the backend.
    pub(crate) backend_tls: BackendTlsFiles,
    /// Secret of this unit with its key and certificates; empty if there is none.
    pub(crate) tls_secret: String,
    /// Port that the instances listen on.
    pub(crate) port: u16,
    /// Once this unit leaves: the units that its peer relation has lost by that. Clients still reach them.
    pub(crate) left: Option<BTreeSet<UnitName>>,
    /// Step by which the instances take over what was written.
    pub(crate) due: Due,
}

/// Step by which running instances take over new files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Due {
    /// They have taken over everything.
    #[default]
    Nothing,
    /// A signal, which keeps connections.
    Reload,
    /// A restart, which ends them: only so does PgBouncer change its port.
    Restart,
}

/// A unit in one event.
pub(crate) struct Unit<'u> {
    pub(crate) juju: &'u Juju<'u>,
    pub(crate) workload: Workload,
    pub(crate) memory: &'u mut Memory,
    pub(crate) open: Open,
    /// The base document, once it was read.
    pub(crate) base: Option<BaseDocument>,
}

impl Unit<'_> {
    pub(crate) fn app(&self) -> &str {
        self.juju.context.app()
    }

    pub(crate) fn is_leader(&self) -> Result<bool, Error> {
        Ok(self.juju.is_leader()?)
    }

    pub(crate) fn set_status(&self, status: &Status) -> Result<(), Error> {
        Ok(self.juju.set_status(Whose::Unit, status)?)
    }

    /// Ends a handler that waits, and tells the operator for what.
    pub(crate) fn wait(&self, status: &Status) -> Result<Flow, Error> {
        self.set_status(status)?;
        Ok(Flow::Defer)
    }

    /// Forgets what was written into the container: this one is fresh.
    pub(crate) fn forget_container(&mut self) {
        let Memory { version, tls_secret, .. } = std::mem::take(self.memory);
        *self.memory = Memory { version, tls_secret, ..Memory::default() };
    }

    /// Sets the status that follows from backend and instances. Returns the backend's part.
    pub(crate) fn assess(&mut self) -> Result<Readiness, Error> {
        let readiness = self.readiness()?;
        let running = self.workload.running()?;
        self.set_status(&status::of_unit(readiness, &running))?;
        Ok(readiness)
    }
}
