//! Containers of a cluster's units: fake Pebbles, or programs that serve them.

use super::supervisor::Supervisor;
use super::{Cluster, ClusterError};
use crate::workload::Workload;
use juju::UnitName;
use pebble::blocking::Client;
use pebble_fake::Pebble;
use std::sync::MutexGuard;

impl Cluster {
    /// Makes a container that the charm can connect to.
    pub(super) fn open_container(&mut self, unit: &UnitName, name: &str) -> Result<(), ClusterError> {
        let (dir, key) = (self.dir(unit)?, (unit.clone(), name.to_owned()));
        if let Some(program) = &self.supervisor {
            let socket = dir.join("c").join(name).join("pebble.socket");
            let mut supervisor = Supervisor::new(program, socket, dir.join("pebble").join(name));
            supervisor.set_can_connect(true).map_err(ClusterError::Container)?;
            self.supervisors.insert(key, supervisor);
        } else {
            let workload = Workload::new(&dir.join("c"), &dir.join("roots"), name);
            let mut workload = workload.map_err(ClusterError::Container)?;
            workload.set_can_connect(true).map_err(ClusterError::Container)?;
            self.workloads.insert(key, workload);
        }
        Ok(())
    }

    /// Lets a unit's charm connect to a container, or not. A program is ended and started again.
    ///
    /// # Errors
    /// There is no such container, or its socket can't be made.
    pub fn set_can_connect(&mut self, unit: &UnitName, container: &str, can: bool) -> Result<(), ClusterError> {
        let key = (unit.clone(), container.to_owned());
        let set = match (self.workloads.get_mut(&key), self.supervisors.get_mut(&key)) {
            (Some(workload), _) => workload.set_can_connect(can),
            (None, Some(supervisor)) => supervisor.set_can_connect(can),
            (None, None) => return Err(unknown(unit, container)),
        };
        set.map_err(ClusterError::Container)
    }

    /// The fake Pebble of a unit's container. Give it back before the next step.
    ///
    /// # Errors
    /// There is no such container, or a program serves it: see [`Cluster::with_supervisor`].
    pub fn pebble(&self, unit: &UnitName, container: &str) -> Result<MutexGuard<'_, Pebble>, ClusterError> {
        let key = (unit.clone(), container.to_owned());
        match (self.workloads.get(&key), self.supervisors.contains_key(&key)) {
            (Some(workload), _) => Ok(workload.pebble()),
            (None, true) => Err(ClusterError::NoFake { unit: unit.to_string(), container: container.to_owned() }),
            (None, false) => Err(unknown(unit, container)),
        }
    }

    /// A client of a unit's container, as the charm has it.
    ///
    /// # Errors
    /// There is no such container.
    pub fn client(&self, unit: &UnitName, container: &str) -> Result<Client, ClusterError> {
        let key = (unit.clone(), container.to_owned());
        let socket = self.workloads.get(&key).map(Workload::socket);
        let socket = socket.or_else(|| self.supervisors.get(&key).map(Supervisor::socket));
        socket.map(Client::new).ok_or_else(|| unknown(unit, container))
    }
}

fn unknown(unit: &UnitName, container: &str) -> ClusterError {
    ClusterError::UnknownContainer { unit: unit.to_string(), container: container.to_owned() }
}
