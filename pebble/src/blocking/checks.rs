//! Operations on health checks.

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::types::{CheckInfo, CheckRefresh, HealthLevel};

impl<C: Connect> Client<C> {
    /// The checks of this level and with these names.
    pub fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        self.run(self.client.checks(level, names))
    }

    /// Starts checks; returns the names of those that were inactive.
    ///
    /// # Errors
    /// A name that the plan has not.
    pub fn start_checks(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        self.run(self.client.start_checks(names))
    }

    /// Stops checks; returns the names of those that were active.
    ///
    /// # Errors
    /// A name that the plan has not.
    pub fn stop_checks(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        self.run(self.client.stop_checks(names))
    }

    /// Runs a check now, and returns it with the run's error, if there is one. The run counts as any other. It must end
    /// within [`crate::Limits::answer`].
    ///
    /// # Errors
    /// A name that the plan has not. A run that fails is none.
    pub fn refresh_check(&self, name: &str) -> Result<CheckRefresh, Error> {
        self.run(self.client.refresh_check(name))
    }
}
