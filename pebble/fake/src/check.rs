//! Health checks: a test says which are down.

use pebble::plan::{Check, CheckLevel, Startup};
use pebble::types::CheckInfo;

use crate::Pebble;

impl Pebble {
    /// Sets a check of the plan up, or down by as many failures as its threshold.
    ///
    /// # Errors
    /// The plan has no such check.
    pub fn set_check(&mut self, name: &str, is_up: bool) -> Result<(), String> {
        if !self.plan().checks.contains_key(name) {
            return Err(format!("the plan has no check {name:?}"));
        }
        if is_up {
            self.failing.remove(name);
        } else {
            self.failing.insert(name.to_owned());
        }
        Ok(())
    }

    /// The checks of the plan by name.
    pub fn checks(&self) -> Vec<CheckInfo> {
        self.plan().checks.iter().map(|(name, check)| self.info(name, check)).collect()
    }

    fn info(&self, name: &str, check: &Check) -> CheckInfo {
        let is_down = self.failing.contains(name);
        let threshold = u64::try_from(check.threshold).unwrap_or_default();
        let is_on = check.startup != Startup::Disabled;
        let status = match (is_on, is_down) {
            (_, true) => "down",
            (true, false) => "up",
            (false, false) => "inactive",
        };
        CheckInfo {
            name: name.to_owned(),
            level: check.level.as_str().to_owned(),
            startup: if is_on { "enabled" } else { "disabled" }.to_owned(),
            status: status.to_owned(),
            successes: u64::from(!is_down),
            failures: if is_down { threshold } else { 0 },
            threshold: check.threshold,
            ..CheckInfo::default()
        }
    }

    /// True if all checks of a level are up. The level ready includes those of the level alive, and without a level all
    /// are asked.
    pub(crate) fn is_healthy(&self, level: &str, names: &[String]) -> bool {
        let alive = self.plan().checks.iter().filter(|(name, check)| {
            let is_asked = match level {
                "alive" => check.level == CheckLevel::Alive,
                "ready" => matches!(check.level, CheckLevel::Alive | CheckLevel::Ready),
                _ => true,
            };
            is_asked && (names.is_empty() || names.contains(name))
        });
        alive.into_iter().all(|(name, _)| !self.failing.contains(name))
    }
}
