//! Logs of the charms and the pods.

use juju::UnitName;
use juju_testing::LogLine;

use super::Session;
use crate::log_tail::LogTail;
use crate::pod::Pod;

impl Session {
    /// The last lines of the log, and of failed hooks' standard error.
    #[must_use]
    pub fn log(&self, lines: usize) -> Vec<String> {
        self.log_after(lines, 0).0
    }

    /// The same without the first `after` lines ever written, and the number of lines ever written.
    #[must_use]
    pub fn log_after(&self, lines: usize, after: usize) -> (Vec<String>, usize) {
        let (mut log, written): (Vec<String>, usize) = self.server.with(|model| {
            let log = model.log();
            let line = |line: &LogLine| format!("{}: {} {}", line.unit, line.level.as_str(), line.message);
            (log.since(after).map(line).collect(), log.written())
        });
        if after == 0 || after < written {
            for (unit, agent) in &self.state().agents {
                log.extend(agent.stderr.iter().map(|line| format!("{unit}: stderr {line}")));
            }
        }
        (log.split_off(log.len().saturating_sub(lines)), written)
    }

    /// The end of the output of a pod's services. `None` without a pod.
    #[must_use]
    pub fn pod_log(&self, unit: &UnitName) -> Option<LogTail> {
        self.state().agents.get(unit).and_then(|agent| agent.pod.as_ref()).map(Pod::service_log_tail)
    }
}
