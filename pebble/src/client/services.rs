//! Operations on services. Each begins a change; the pairs `start` and `begin_start` wait for its end or don't.

use std::time::Duration;

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::request;
use crate::types::{Change, ChangeId, ServiceInfo, ServicesVerb};

impl<C: Connect> Client<C> {
    /// Status of the services with these names, as far as they exist, sorted by name; of all services if there are no
    /// names.
    pub async fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        self.ask(request::services(names), "a list of services").await
    }

    /// Starts services and those that they require, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// [`Error::Change`] if a service fails to start or ends within its first second, [`Error::Timeout`].
    pub async fn start(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.perform(ServicesVerb::Start, names, timeout).await
    }

    /// Stops services and those that require them, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// [`Error::Change`], [`Error::Timeout`].
    pub async fn stop(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.perform(ServicesVerb::Stop, names, timeout).await
    }

    /// Stops and starts services, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub async fn restart(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.perform(ServicesVerb::Restart, names, timeout).await
    }

    /// Starts all services with startup `enabled`, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`]; [`Error::Api`] of kind `no-default-services` if there are none.
    pub async fn autostart(&self, timeout: Duration) -> Result<Change, Error> {
        self.perform(ServicesVerb::Autostart, &[], timeout).await
    }

    /// Restarts services whose definition changed, starts the enabled ones, and waits up to `timeout` for the change.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub async fn replan(&self, timeout: Duration) -> Result<Change, Error> {
        self.perform(ServicesVerb::Replan, &[], timeout).await
    }

    /// Begins [`Client::start`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// A refusal: an unknown service, or services in a loop.
    pub async fn begin_start(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.begin_action(ServicesVerb::Start, names).await
    }

    /// Begins [`Client::stop`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub async fn begin_stop(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.begin_action(ServicesVerb::Stop, names).await
    }

    /// Begins [`Client::restart`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub async fn begin_restart(&self, names: &[&str]) -> Result<ChangeId, Error> {
        self.begin_action(ServicesVerb::Restart, names).await
    }

    /// Begins [`Client::autostart`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`]; [`Error::Api`] of kind `no-default-services` if there are none.
    pub async fn begin_autostart(&self) -> Result<ChangeId, Error> {
        self.begin_action(ServicesVerb::Autostart, &[]).await
    }

    /// Begins [`Client::replan`]; returns the change, for [`Client::wait_change`].
    ///
    /// # Errors
    /// As [`Client::begin_start`].
    pub async fn begin_replan(&self) -> Result<ChangeId, Error> {
        self.begin_action(ServicesVerb::Replan, &[]).await
    }

    async fn begin_action(&self, verb: ServicesVerb, names: &[&str]) -> Result<ChangeId, Error> {
        Ok(self.begin(request::services_action(verb, names)).await?.0)
    }

    async fn perform(&self, verb: ServicesVerb, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        let id = self.begin_action(verb, names).await?;
        self.wait_change(&id, timeout).await
    }
}
