//! The place of a hook: on this machine, in the unit's machine, or in its pod.

use std::collections::BTreeMap;
use std::path::PathBuf;

use juju::UnitName;
use juju_testing::DispatchError;

use super::agent::unknown;
use super::{Application, Kind, Session};
use crate::pod::{machine, sidecar};
use crate::private;

/// Folder of the program that Juju's agent starts as `dispatch`, and the variables by which it finds the charm.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) folder: PathBuf,
    pub(super) variables: BTreeMap<String, String>,
}

impl Session {
    /// The place of a unit's next hook. The charm of a web application talks to its Pebble alone, and any charm runs on
    /// this machine while its unit has no pod.
    pub(super) fn launch(&self, unit: &UnitName, app: &Application) -> Result<Launch, DispatchError> {
        let place = match app.kind() {
            Kind::Web => None,
            Kind::Machine => {
                let socket = self.socket(&self.machine_of(unit)).ok_or_else(|| unknown(unit))?;
                Some(vec![(machine::MACHINE, socket)])
            }
            Kind::Sidecar => self.in_pod(unit).map_err(|source| self.unprepared(source))?,
        };
        let charm = app.prepared.charm();
        let Some(place) = place else { return Ok(Launch { folder: charm, variables: BTreeMap::new() }) };
        let dirs = ["CHARM_DIR", machine::CHARM_DIR].map(|name| (name, charm.clone()));
        let all = place.into_iter().chain(dirs).map(|(name, path)| (name.to_owned(), path.display().to_string()));
        Ok(Launch { folder: self.places.launcher.clone(), variables: all.collect() })
    }

    /// The way into a unit's pod, if it has one. Its hosts are written for the charm to read.
    fn in_pod(&self, unit: &UnitName) -> std::io::Result<Option<Vec<(&'static str, PathBuf)>>> {
        let known = |pod: &crate::pod::Pod| (pod.socket(), pod.hosts());
        let known = self.state().agents.get(unit).and_then(|agent| agent.pod.as_ref().map(known));
        let Some((socket, hosts)) = known.filter(|_| self.has_pod(unit)) else { return Ok(None) };
        let file = self.places.pod_of(unit).join("hosts");
        private::write(&file, hosts.as_bytes())?;
        Ok(Some(vec![(sidecar::POD, socket), (sidecar::HOSTS, file)]))
    }

    fn unprepared(&self, source: std::io::Error) -> DispatchError {
        DispatchError::Start { program: self.places.launcher.join("dispatch"), source }
    }
}
