//! The cloud that a model is on: Kubernetes or machines, their ids, and the credential for trusted charms.

use super::{Error, Model};
use juju::UnitName;
use std::sync::Arc;

/// Kind of a model's cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// Each unit is a pod.
    #[default]
    Kubernetes,
    /// Each unit that is not a subordinate has a machine of its own.
    Machines,
}

impl Model {
    /// Puts an empty model on machines: its charms get the environment of machine charms.
    #[must_use]
    pub fn on_machines(mut self) -> Model {
        self.world.cloud = Cloud::Machines;
        self
    }

    /// The kind of the model's cloud.
    pub fn cloud(&self) -> Cloud {
        self.world.cloud
    }

    /// Sets the availability zone of the model's machines.
    pub fn set_availability_zone(&mut self, zone: impl Into<String>) {
        self.world.zone = zone.into().into();
    }

    /// Lets charms read the cloud's credential, as JSON, as an operator's `juju trust` does.
    pub fn set_credential(&mut self, credential: impl Into<String>) {
        self.world.credential = Some(Arc::from(credential.into()));
    }

    /// Number of a unit's machine; `None` on Kubernetes.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn machine(&self, unit: &UnitName) -> Result<Option<u32>, Error> {
        Ok(self.unit(unit)?.machine)
    }

    /// Number of a unit's `juju-reboot` calls that took effect.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn reboots(&self, unit: &UnitName) -> Result<u32, Error> {
        Ok(self.unit(unit)?.reboots)
    }
}
