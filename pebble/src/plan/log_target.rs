//! Log targets, to which the output of services is forwarded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Override;
use super::text_enum::text_enum;

text_enum! {
    /// The protocol of a log target.
    LogTargetType {
        /// Loki's push API.
        Loki = "loki",
        /// OTLP over HTTP.
        OpenTelemetry = "opentelemetry",
        /// Syslog (RFC 5424).
        Syslog = "syslog",
    }
}

/// A log target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LogTarget {
    /// The protocol.
    #[serde(rename = "type", skip_serializing_if = "LogTargetType::is_unset")]
    pub type_: LogTargetType,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Services: names or `all`, with a leading `-` to exclude. The last match counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Override of lower layers; required in every layer.
    #[serde(rename = "override", skip_serializing_if = "Override::is_unset")]
    pub override_: Override,
    /// Labels of the output, in which `$VARIABLE` stands for a variable of the service.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl LogTarget {
    /// True if the service's output is forwarded to this target.
    pub fn takes(&self, service: &str) -> bool {
        let verdict = self.services.iter().rev().find_map(|word| match word.strip_prefix('-') {
            _ if word == service || word == "all" => Some(true),
            Some(without) if without == service || without == "all" => Some(false),
            _ => None,
        });
        verdict.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_service_counts() {
        let table: [(&[&str], bool); 7] = [
            (&[], false),
            (&["all"], true),
            (&["all", "-web"], false),
            (&["all", "-web", "web"], true),
            (&["web", "-all"], false),
            (&["other"], false),
            (&["-other", "web"], true),
        ];
        for (services, expected) in table {
            let target =
                LogTarget { services: services.iter().map(ToString::to_string).collect(), ..Default::default() };
            assert_eq!(target.takes("web"), expected, "{services:?}");
        }
    }
}
