//! Operations on notices.

use std::time::Duration;

use super::Client;
use crate::Error;
use crate::connect::Connect;
use crate::types::{Notice, NoticesFilter, Notify};

impl<C: Connect> Client<C> {
    /// The notice with this id.
    ///
    /// # Errors
    /// [`Error::is_not_found`] if there is none, or none that the client's user may see.
    pub fn notice(&self, id: &str) -> Result<Notice, Error> {
        self.run(self.client.notice(id))
    }

    /// The notices that the filter selects, in the order of their last repetition.
    pub fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        self.run(self.client.notices(filter))
    }

    /// Waits for notices that the filter selects; empty after the timeout.
    pub fn wait_notices(&self, filter: &NoticesFilter, timeout: Duration) -> Result<Vec<Notice>, Error> {
        self.run(self.client.wait_notices(filter, timeout))
    }

    /// Adds a custom notice and returns its id.
    pub fn notify(&self, notice: &Notify) -> Result<String, Error> {
        self.run(self.client.notify(notice))
    }
}
