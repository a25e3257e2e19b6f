//! Operations on services. Each begins a change; the pairs `start` and `begin_start` wait for its end or don't.

use std::time::Duration;

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::types::{Change, ChangeId, ServiceInfo};

impl<C: Connect> Client<C> {
    /// Status of the services with these names, as far as they exist, sorted by name; of all services if there are no
    /// names.
    pub fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        self.run(self.client.services(names))
    }

    /// Starts services and those that they require, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// [`Error::Change`] if a service fails to start or ends within its first second, [`Error::Timeout`].
    pub fn start(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.start(names, timeout))
    }

    /// Stops services and those that require them, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// [`Error::Change`], [`Error::Timeout`].
    pub fn stop(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.stop(names, timeout))
    }

    /// Stops and starts services, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn restart(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.restart(names, timeout))
    }

    /// Starts all services with startup `enabled`, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`]; [`Error::Api`] of kind `no-default-services` if there are none.
    pub fn autostart(&self, timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.autostart(timeout))
    }

    /// Restarts services whose definition changed, starts the enabled ones, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn replan(&self, timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.replan(timeout))
    }

    /// Begins [`Client::start`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// A refusal: an unknown service, or services in a loop.
    pub fn begin_start(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.run(self.client.begin_start(names))
    }

    /// Begins [`Client::stop`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub fn begin_stop(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.run(self.client.begin_stop(names))
    }

    /// Begins [`Client::restart`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub fn begin_restart(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.run(self.client.begin_restart(names))
    }

    /// Begins [`Client::autostart`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`]; [`Error::Api`] of kind `no-default-services` if there are none.
    pub fn begin_autostart(&self) -> Result<ChangeId, Error> {
        self.run(self.client.begin_autostart())
    }

    /// Begins [`Client::replan`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub fn begin_replan(&self) -> Result<ChangeId, Error> {
        self.run(self.client.begin_replan())
    }
}
