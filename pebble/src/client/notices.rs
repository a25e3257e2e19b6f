//! Operations on notices.

use std::time::Duration;

use super::{Client, read};
use crate::Error;
use crate::connect::Connect;
use crate::request;
use crate::types::{Notice, NoticeAdded, NoticesFilter, Notify};

impl<C: Connect> Client<C> {
    /// The notice with this id.
    ///
    /// # Errors
    /// [`Error::is_not_found`] if there is none, or none that the client's user may see.
    pub async fn notice(&self, id: &str) -> Result<Notice, Error> {
        self.ask(request::notice(id), "a notice").await
    }

    /// The notices that the filter selects, in the order of their last repetition.
    pub async fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        self.ask(request::notices(filter), "a list of notices").await
    }

    /// Waits for notices that the filter selects; empty after the timeout.
    pub async fn wait_notices(&self, filter: &NoticesFilter, timeout: Duration) -> Result<Vec<Notice>, Error> {
        let (what, envelope) = self.envelope(request::wait_notices(filter, timeout), timeout).await?;
        read(&what, envelope.result, "a list of notices")
    }

    /// Adds a custom notice and returns its id.
    pub async fn notify(&self, notice: &Notify) -> Result<String, Error> {
        Ok(self.ask::<NoticeAdded>(request::notify(notice), "a notice's id").await?.id)
    }
}
