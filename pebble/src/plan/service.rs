//! Services as layers and plans describe them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command::{self, Command};
use super::text_enum::text_enum;
use super::{Environment, OptionalDuration, Span};

text_enum! {
    /// Treatment of an object of the same name in lower layers.
    Override {
        /// Merge field by field: set fields win, lists grow.
        Merge = "merge",
        /// Replace the lower object.
        Replace = "replace",
    }
}

text_enum! {
    /// Startup of a service by autostart and replan, or of a check.
    Startup {
        /// Started automatically.
        Enabled = "enabled",
        /// Started only on demand.
        Disabled = "disabled",
    }
}

text_enum! {
    /// Reaction to the exit of a service or the failure of its check. Unset means [`Action::Restart`] at an exit.
    Action {
        /// Restart the service after a backoff.
        Restart = "restart",
        /// End the daemon; the exit code shows the service's success or failure.
        Shutdown = "shutdown",
        /// No action.
        Ignore = "ignore",
        /// End the daemon as if the service had failed; only for `on-success`.
        FailureShutdown = "failure-shutdown",
        /// End the daemon as if the service had succeeded; only for failures.
        SuccessShutdown = "success-shutdown",
    }
}

/// A service of a layer or plan. Fields at their default are neither printed nor sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Service {
    /// A short title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// A longer text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Startup by autostart and replan.
    #[serde(skip_serializing_if = "Startup::is_unset")]
    pub startup: Startup,
    /// Override of lower layers; required in every layer.
    #[serde(rename = "override", skip_serializing_if = "Override::is_unset")]
    pub override_: Override,
    /// The command line, with optional default arguments in `[ … ]`; see [`command`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Services that start before this one, if they start too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Services that start after this one, if they start too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// Services that are started with this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Workload whose user and environment it runs with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload: String,
    /// Environment variables, over the daemon's own.
    #[serde(skip_serializing_if = "is_empty")]
    pub environment: Environment,
    /// User id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// User name to run as; must agree with the id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// Group name to run as; must agree with the id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Directory to run in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Action at an exit with code 0.
    #[serde(skip_serializing_if = "Action::is_unset")]
    pub on_success: Action,
    /// Action at any other exit.
    #[serde(skip_serializing_if = "Action::is_unset")]
    pub on_failure: Action,
    /// Action when a check goes down, by the check's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub on_check_failure: BTreeMap<String, Action>,
    /// First wait before a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_delay: OptionalDuration,
    /// Factor of the wait at each further restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_factor: Option<f64>,
    /// The longest wait, and the time that a service must run to reset the wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_limit: OptionalDuration,
    /// Time from SIGTERM to SIGKILL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_delay: OptionalDuration,
}

/// For serde: true if there is no variable.
pub(super) fn is_empty(environment: &Environment) -> bool {
    environment.is_empty()
}

impl Service {
    /// Parses the command.
    ///
    /// # Errors
    /// Unclosed quotes and misplaced brackets.
    pub fn parse_command(&self) -> Result<Command, command::Error> {
        command::parse(&self.command)
    }

    /// First wait before a restart: 500 ms unless set.
    pub fn effective_backoff_delay(&self) -> Span {
        self.backoff_delay.unwrap_or(Span::from_millis(500))
    }

    /// Factor of the wait: 2 unless set.
    pub fn effective_backoff_factor(&self) -> f64 {
        self.backoff_factor.unwrap_or(2.0)
    }

    /// The longest wait: 30 s unless set.
    pub fn effective_backoff_limit(&self) -> Span {
        self.backoff_limit.unwrap_or(Span::from_secs(30))
    }

    /// Time from SIGTERM to SIGKILL: 5 s unless set.
    pub fn effective_kill_delay(&self) -> Duration {
        self.kill_delay.map_or(Duration::from_secs(5), Span::to_std)
    }

    /// Action at an exit, and the name of its option.
    pub fn exit_action(&self, success: bool) -> (Action, &'static str) {
        let (action, option) =
            if success { (&self.on_success, "on-success") } else { (&self.on_failure, "on-failure") };
        (if action.is_unset() { Action::Restart } else { action.clone() }, option)
    }
}
