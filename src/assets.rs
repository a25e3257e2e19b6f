//! The author's dashboards and alert rules: files in the charm's folder [`FOLDER`]. Pure; [`observe`](crate::observe)
//! reads the files.
//!
//! A file that can't be used is left out with a line for the log, and all others are used.

use std::collections::BTreeMap;

use interfaces::Topology;
use interfaces::alert_rules::{self, RuleFile};
use interfaces::grafana_dashboard::provider::is_dashboard;
use serde_json::Value;

/// Folder of the author's files, in the charm's folder.
pub const FOLDER: &str = "cos_custom";

/// Folder of dashboards.
pub const DASHBOARDS: &str = "grafana_dashboards";

/// Folder of alert rules over metrics.
pub const METRIC_RULES: &str = "prometheus_alert_rules";

/// Folder of alert rules over logs.
pub const LOG_RULES: &str = "loki_alert_rules";

/// Prefix of an author's files beside those of the framework.
const CUSTOM: &str = "custom_";

/// Suffixes of files with rules.
const RULES: [&str; 4] = [".rule", ".rules", ".yml", ".yaml"];

/// The author's files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assets {
    /// Dashboards by the names of their files.
    pub dashboards: BTreeMap<String, Value>,
    /// Alert rules over metrics.
    pub metric_rules: Vec<RuleFile>,
    /// Alert rules over logs.
    pub log_rules: Vec<RuleFile>,
    /// Files that can't be used, each in a line with the remedy.
    pub faults: Vec<String>,
}

impl Assets {
    /// Adds a file: its folder in [`FOLDER`], its name and its text.
    pub fn add(&mut self, folder: &str, name: &str, text: &[u8]) {
        let custom = format!("{CUSTOM}{name}");
        let fault = match folder {
            DASHBOARDS if is_dashboard(name) => match serde_json::from_slice(text) {
                Ok(content @ Value::Object(_)) => {
                    self.dashboards.insert(custom, content);
                    return;
                }
                Ok(_) => "is JSON, but no object".to_owned(),
                Err(error) => format!("is not JSON: {error}"),
            },
            METRIC_RULES | LOG_RULES => {
                let Some(stem) = RULES.iter().find_map(|suffix| custom.strip_suffix(suffix)) else { return };
                let into = if folder == LOG_RULES { &mut self.log_rules } else { &mut self.metric_rules };
                match rules(stem, text) {
                    Ok(file) => {
                        into.push(file);
                        return;
                    }
                    Err(fault) => fault,
                }
            }
            _ => return,
        };
        self.refuse(&format!("{folder}/{name}"), &fault);
    }

    /// Adds the fault of a file, a predicate such as "is not JSON".
    pub fn refuse(&mut self, path: &str, fault: &str) {
        self.faults.push(format!("{FOLDER}/{path} is left out: it {fault}"));
    }
}

/// File of rules that Prometheus reads, or its fault.
fn rules(stem: &str, text: &[u8]) -> Result<RuleFile, String> {
    let yaml = |error: &dyn std::error::Error| format!("is not YAML: {error}");
    let mut content: serde_yaml::Value = yaml::from_slice(text).map_err(|error| yaml(&error))?;
    content.apply_merge().map_err(|error| yaml(&error))?;
    let content = serde_json::to_value(content).map_err(|error| yaml(&error))?;
    let file = RuleFile { stem: stem.to_owned(), content };
    let groups = alert_rules::groups(&file, &Topology::default());
    groups.map(|_| file).map_err(|bad| format!("has no rules of Prometheus: {bad}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_taken_by_folder_and_suffix_and_faulty_ones_are_told() {
        let mut assets = Assets::default();
        let rule = b"alert: Slow\nexpr: latency > 1\nfor: 5m\n";
        let files: [(&str, &str, &[u8]); 11] = [
            (DASHBOARDS, "mine.json", b"{\"title\": \"Mine\"}"),
            (DASHBOARDS, "notes.txt", b"no"),
            (DASHBOARDS, "broken.json.tmpl", b"{"),
            (DASHBOARDS, "list.json", b"[1]"),
            (METRIC_RULES, "slow.rule", rule),
            (METRIC_RULES, "group.yml", b"groups: [{rules: []}]"),
            (METRIC_RULES, "README.md", rule),
            (METRIC_RULES, "keys.yaml", b"{1: 2}"),
            (METRIC_RULES, "broken.yml", b"a: ["),
            (LOG_RULES, "errors.rules", rule),
            ("elsewhere", "a.json", b"{}"),
        ];
        for (folder, name, text) in files {
            assets.add(folder, name, text);
        }
        assert_eq!(assets.dashboards, [("custom_mine.json".to_owned(), json!({"title": "Mine"}))].into());
        let content = json!({"alert": "Slow", "expr": "latency > 1", "for": "5m"});
        assert_eq!(assets.metric_rules[0], RuleFile { stem: "custom_slow".to_owned(), content });
        assert_eq!(assets.log_rules[0].stem, "custom_errors");
        let begins = [
            "cos_custom/grafana_dashboards/broken.json.tmpl is left out: it is not JSON: EOF",
            "cos_custom/grafana_dashboards/list.json is left out: it is JSON, but no object",
            "cos_custom/prometheus_alert_rules/broken.yml is left out: it is not YAML: ",
            "cos_custom/prometheus_alert_rules/group.yml is left out: it has no rules of Prometheus: a group has no name",
            "cos_custom/prometheus_alert_rules/keys.yaml is left out: it ",
        ];
        let told = |begin: &&str| assets.faults.iter().any(|fault| fault.starts_with(*begin));
        assert!(begins.iter().all(told) && assets.faults.len() == begins.len(), "{:#?}", assets.faults);
    }
}
