//! Services as layers and plans describe them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command::{self, Command};
use super::text_enum::text_enum;
use super::{Environment, OptionalDuration};

text_enum! {
    /// How a layer's object meets one of the same name from the layers below.
    Override {
        /// Field by field: what is set here wins, lists grow.
        Merge = "merge",
        /// This one alone counts.
        Replace = "replace",
    }
}

text_enum! {
    /// Whether a service is started by autostart and replan (or a check runs from the beginning).
    Startup {
        /// Started on its own.
        Enabled = "enabled",
        /// Started only on demand.
        Disabled = "disabled",
    }
}

text_enum! {
    /// What happens when a service ends by itself or a check of it fails. Unset means [`Action::Restart`] at an exit.
    Action {
        /// Start it again after a backoff.
        Restart = "restart",
        /// End the daemon; its exit code says whether the service succeeded.
        Shutdown = "shutdown",
        /// Do nothing.
        Ignore = "ignore",
        /// End the daemon as if the service had failed; only for `on-success`.
        FailureShutdown = "failure-shutdown",
        /// End the daemon as if the service had succeeded; only for failures.
        SuccessShutdown = "success-shutdown",
    }
}

/// One service of a layer or plan. Fields left at their default are neither printed nor sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Service {
    /// A short title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// A longer text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether autostart and replan start it.
    #[serde(skip_serializing_if = "Startup::is_unset")]
    pub startup: Startup,
    /// How it meets the layers below; every layer must say it.
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
    /// Services that are started along with this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The workload whose user and environment it runs with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload: String,
    /// Environment variables on top of the daemon's own.
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
    /// What an exit with code 0 leads to.
    #[serde(skip_serializing_if = "Action::is_unset")]
    pub on_success: Action,
    /// What any other exit leads to.
    #[serde(skip_serializing_if = "Action::is_unset")]
    pub on_failure: Action,
    /// What a check that goes down leads to, by the check's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub on_check_failure: BTreeMap<String, Action>,
    /// The first wait before a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_delay: OptionalDuration,
    /// What the wait is multiplied by at each further restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_factor: Option<f64>,
    /// The longest wait, and how long a service must run for the wait to be forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_limit: OptionalDuration,
    /// How long SIGTERM may take before SIGKILL follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_delay: OptionalDuration,
}

/// For serde: whether there is nothing to write.
pub(super) fn is_empty(environment: &Environment) -> bool {
    environment.is_empty()
}

impl Service {
    /// The command's parts.
    ///
    /// # Errors
    /// When quotes don't close or brackets don't fit.
    pub fn parse_command(&self) -> Result<Command, command::Error> {
        command::parse(&self.command)
    }

    /// The first wait before a restart: 500 ms unless set.
    pub fn effective_backoff_delay(&self) -> Duration {
        self.backoff_delay.map_or(Duration::from_millis(500), super::Span::to_std)
    }

    /// The growth of that wait: 2 unless set.
    pub fn effective_backoff_factor(&self) -> f64 {
        self.backoff_factor.unwrap_or(2.0)
    }

    /// The longest wait: 30 s unless set.
    pub fn effective_backoff_limit(&self) -> Duration {
        self.backoff_limit.map_or(Duration::from_secs(30), super::Span::to_std)
    }

    /// How long SIGTERM may take: 5 s unless set.
    pub fn effective_kill_delay(&self) -> Duration {
        self.kill_delay.map_or(Duration::from_secs(5), super::Span::to_std)
    }

    /// What an exit leads to, and the name of the option that says so.
    pub fn exit_action(&self, success: bool) -> (Action, &'static str) {
        let (action, option) =
            if success { (&self.on_success, "on-success") } else { (&self.on_failure, "on-failure") };
        (if action.is_unset() { Action::Restart } else { action.clone() }, option)
    }
}
