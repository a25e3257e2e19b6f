//! Health checks: a test says which are down.

use pebble::plan::{Check, CheckLevel, Startup};
use pebble::types::{CheckInfo, CheckRefresh};

use crate::Pebble;

impl Pebble {
    /// Sets a check of the plan up, or down by as many failures as its threshold.
    ///
    /// # Errors
    /// The plan has no such check.
    pub fn set_check(&mut self, name: &str, is_up: bool) -> Result<(), String> {
        let threshold = self.plan().checks.get(name).map_or(1, threshold);
        self.set_failures(name, if is_up { 0 } else { threshold })
    }

    /// Sets the number of failures in a row of a check of the plan, which is down from its threshold on.
    ///
    /// # Errors
    /// The plan has no such check.
    pub fn set_failures(&mut self, name: &str, failures: u64) -> Result<(), String> {
        if !self.plan().checks.contains_key(name) {
            return Err(format!("the plan has no check {name:?}"));
        }
        self.failing.insert(name.to_owned(), failures);
        Ok(())
    }

    /// The checks of the plan by name.
    pub fn checks(&self) -> Vec<CheckInfo> {
        self.plan().checks.iter().map(|(name, check)| self.info(name, check)).collect()
    }

    /// Starts or stops checks; returns the names of those that were not so before.
    ///
    /// # Errors
    /// The plan has no such check; in Pebble's words.
    pub(crate) fn switch_checks(&mut self, names: &[String], is_on: bool) -> Result<Vec<String>, String> {
        let unknown: Vec<&String> = names.iter().filter(|name| !self.plan().checks.contains_key(*name)).collect();
        if let Some(name) = unknown.first() {
            return Err(format!("cannot find check {} in plan", pebble::plan::quote(name)));
        }
        let mut changed = Vec::new();
        for name in names {
            let was_on = self.checks().iter().any(|info| info.name == *name && info.status != "inactive");
            self.switched.insert(name.clone(), is_on);
            if was_on != is_on {
                changed.push(name.clone());
            }
        }
        changed.sort();
        Ok(changed)
    }

    /// Runs a check: the same result as its last, which a test set.
    pub(crate) fn refresh_check(&self, name: &str) -> Option<CheckRefresh> {
        let info = self.checks().into_iter().find(|info| info.name == name)?;
        let error = if info.failures == 0 { String::new() } else { "the test says that it fails".to_owned() };
        Some(CheckRefresh { info, error })
    }

    fn info(&self, name: &str, check: &Check) -> CheckInfo {
        let failures = self.failures(name);
        let is_down = failures >= threshold(check);
        let is_enabled = check.startup != Startup::Disabled;
        let is_on = self.switched.get(name).copied().unwrap_or(is_enabled);
        let is_off = self.switched.get(name) == Some(&false);
        let status = match (is_on, is_down && !is_off) {
            (_, true) => "down",
            (true, false) => "up",
            (false, false) => "inactive",
        };
        CheckInfo {
            name: name.to_owned(),
            level: check.level.as_str().to_owned(),
            startup: if is_enabled { "enabled" } else { "disabled" }.to_owned(),
            status: status.to_owned(),
            successes: u64::from(failures == 0),
            failures,
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
        alive.into_iter().all(|(name, check)| self.failures(name) < threshold(check))
    }

    fn failures(&self, name: &str) -> u64 {
        self.failing.get(name).copied().unwrap_or_default()
    }
}

/// Failures in a row from which a check is down.
fn threshold(check: &Check) -> u64 {
    u64::try_from(check.threshold).unwrap_or_default().max(1)
}
