//! Health checks as part of a state.

use pebble::plan::{Check, Startup};
use pebble::types::CheckInfo;
use serde::Deserialize;

/// A health check of a container's plan, with its failures so far.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateCheck {
    /// Name in the plan.
    pub name: String,
    /// Level: `alive`, `ready` or empty.
    pub level: String,
    /// Startup: `enabled` or `disabled`.
    pub startup: String,
    /// Failures in a row.
    pub failures: u64,
    /// Failures in a row from which the check is down.
    pub threshold: i64,
}

impl Default for StateCheck {
    fn default() -> StateCheck {
        let (name, level, startup) = (String::new(), String::new(), "enabled".to_owned());
        StateCheck { name, level, startup, failures: 0, threshold: 3 }
    }
}

impl StateCheck {
    /// A check that is up, with what a layer means that says no more: no level, enabled, a threshold of 3.
    pub fn new(name: impl Into<String>) -> StateCheck {
        StateCheck { name: name.into(), ..StateCheck::default() }
    }

    /// The same, and it is down.
    pub fn down(name: impl Into<String>) -> StateCheck {
        let check = StateCheck::new(name);
        StateCheck { failures: check.threshold.unsigned_abs(), ..check }
    }

    /// True if the check is down.
    pub fn is_down(&self) -> bool {
        i64::try_from(self.failures).is_ok_and(|failures| failures >= self.threshold)
    }

    pub(super) fn of(info: CheckInfo) -> StateCheck {
        let CheckInfo { name, level, startup, failures, threshold, .. } = info;
        StateCheck { name, level, startup, failures, threshold }
    }

    /// A phrase for each value that is another one in the plan.
    pub(crate) fn differences(&self, planned: &Check) -> Vec<String> {
        let startup = if planned.startup == Startup::Disabled { "disabled" } else { "enabled" };
        let said = [
            ("level", format!("{:?}", self.level), format!("{:?}", planned.level.as_str())),
            ("startup", format!("{:?}", self.startup), format!("{startup:?}")),
            ("threshold", self.threshold.to_string(), planned.threshold.to_string()),
        ];
        let differs = said.into_iter().filter(|(_, ours, theirs)| ours != theirs);
        differs.map(|(what, ours, theirs)| format!("its {what} is {ours}, and {theirs} in the plan")).collect()
    }
}
