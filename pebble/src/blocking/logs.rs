//! Output of services.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::{Client, block_on};
use crate::connect::Connect;
use crate::types::LogEntry;
use crate::{Error, client};

impl<C: Connect> Client<C> {
    /// The last `n` lines of output of these services together, or of all services.
    pub fn logs(&self, services: &[&str], n: u32) -> Result<Vec<LogEntry>, Error> {
        self.run(self.client.logs(services, n))
    }

    /// Follows the output of these services together, or of all services: the last `n` lines, then all lines as they
    /// are printed, until the daemon ends or the returned value is dropped.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), webcharm_pebble::Error> {
    /// # let pebble = webcharm_pebble::blocking::Client::new("/charm/containers/app/pebble.socket");
    /// for line in pebble.follow_logs(&["web"], 10)? {
    ///     println!("{}", line?.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow_logs(&self, services: &[&str], n: u32) -> Result<LogLines, Error> {
        let lines = self.run(self.client.follow_logs(services, n))?;
        Ok(LogLines { lines, runtime: self.runtime()? })
    }
}

/// Lines of services' output as they are printed; of [`Client::follow_logs`]. The iterator waits for each line, and ends
/// with the daemon or after an error.
#[derive(Debug)]
pub struct LogLines {
    lines: client::LogLines,
    runtime: Arc<Runtime>,
}

impl LogLines {
    /// The next line; `None` once the daemon has ended the answer.
    ///
    /// # Errors
    /// [`Error::Timeout`] if there is none within `limit`; a later call may get it. Else as
    /// [`client::LogLines::next`].
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<LogEntry>, Error> {
        block_on(&self.runtime, self.lines.next_within(limit))
    }
}

impl Iterator for LogLines {
    type Item = Result<LogEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(&self.runtime, self.lines.next()).transpose()
    }
}
