//! Operations on health checks.

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::request;
use crate::types::{CheckInfo, CheckRefresh, ChecksChanged, HealthLevel};

impl<C: Connect> Client<C> {
    /// The checks of this level and with these names.
    pub async fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        self.ask(request::checks(level, names), "a list of checks").await
    }

    /// Starts checks; returns the names of those that were inactive.
    ///
    /// # Errors
    /// A name that the plan has not.
    pub async fn start_checks(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        Ok(self.ask::<ChecksChanged>(request::start_checks(names), CHANGED).await?.changed)
    }

    /// Stops checks; returns the names of those that were active.
    ///
    /// # Errors
    /// A name that the plan has not.
    pub async fn stop_checks(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        Ok(self.ask::<ChecksChanged>(request::stop_checks(names), CHANGED).await?.changed)
    }

    /// Runs a check now, and returns it with the run's error, if there is one. The run counts as any other. It must end
    /// within [`crate::Limits::answer`].
    ///
    /// # Errors
    /// A name that the plan has not. A run that fails is none.
    pub async fn refresh_check(&self, name: &str) -> Result<CheckRefresh, Error> {
        self.ask(request::refresh_check(name), "a check").await
    }
}

const CHANGED: &str = "the names of the changed checks";
