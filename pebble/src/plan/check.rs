//! Health checks as layers and plans describe them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::service::is_empty;
use super::text_enum::text_enum;
use super::{Environment, OptionalDuration, Override, Span, Startup};

text_enum! {
    /// Health level of a check.
    CheckLevel {
        /// The workload is alive.
        Alive = "alive",
        /// The workload can serve requests.
        Ready = "ready",
    }
}

/// A health check. In a valid plan exactly one of `http`, `tcp` and `exec` is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Check {
    /// Override of lower layers; required in every layer.
    #[serde(rename = "override", skip_serializing_if = "Override::is_unset")]
    pub override_: Override,
    /// Health level.
    #[serde(skip_serializing_if = "CheckLevel::is_unset")]
    pub level: CheckLevel,
    /// Startup; unset counts as enabled.
    #[serde(skip_serializing_if = "Startup::is_unset")]
    pub startup: Startup,
    /// Time between two runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: OptionalDuration,
    /// Time that one run may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: OptionalDuration,
    /// Failures in a row until the check is down; 0 is unset, which a combined plan replaces with 3.
    #[serde(skip_serializing_if = "is_zero")]
    pub threshold: i64,
    /// HTTP GET that must be answered with 2xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpCheck>,
    /// TCP port that must be open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<TcpCheck>,
    /// Command that must exit with 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecCheck>,
}

pub(super) fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Check {
    /// Default time between two runs.
    pub(super) const PERIOD: Span = Span::from_secs(10);

    /// Time between two runs: 10 s unless set. One below zero, which ends a real Pebble, counts as unset.
    pub fn effective_period(&self) -> Duration {
        self.period.filter(|period| *period > Span::ZERO).unwrap_or(Self::PERIOD).to_std()
    }

    /// Time that one run may take: 3 s unless set, at most the period. Below zero no run succeeds.
    pub fn effective_timeout(&self) -> Span {
        // A combined plan has a timeout below zero as well if the period is.
        let is_of_period = self.period.is_some_and(|period| period < Span::ZERO);
        let timeout = self.timeout.filter(|timeout| !is_of_period || *timeout > Span::ZERO);
        timeout.unwrap_or(Span::from_secs(3)).min(self.effective_period().into())
    }

    /// Failures in a row until the check is down: 3 unless set.
    pub fn effective_threshold(&self) -> i64 {
        if self.threshold == 0 { 3 } else { self.threshold }
    }
}

/// An HTTP check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct HttpCheck {
    /// URL to get.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Headers of the request.
    #[serde(skip_serializing_if = "is_empty")]
    pub headers: Environment,
}

/// A TCP check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TcpCheck {
    /// The port; 0 is unset.
    #[serde(skip_serializing_if = "is_zero")]
    pub port: i64,
    /// The host; `localhost` when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// A check that runs a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExecCheck {
    /// The command line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Service whose user, environment and directory are the defaults.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_context: String,
    /// Environment variables, over the service's.
    #[serde(skip_serializing_if = "is_empty")]
    pub environment: Environment,
    /// User id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// User name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// Group name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Directory to run in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
}
