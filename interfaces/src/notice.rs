//! What Prometheus, Loki and Grafana say of the data that they were sent: the key `event` of their application.

use juju::View;
use serde::Serialize;
use serde_json::Value;

use crate::json;

/// Key of either interface.
pub(crate) const EVENT: &str = "event";

/// Longest complaint that is passed on, in characters.
const LONGEST: usize = 300;

/// Verdict about the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Notice {
    pub(crate) valid: bool,
    pub(crate) errors: Value,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) scrape_job_errors: String,
}

/// The remote application's complaint, in one line. `None` if it has none, or if it can't be read.
pub(crate) fn complaint(view: &View) -> Option<String> {
    let notice: Value = json::value(&view.remote_app, EVENT, "an object").ok()??;
    let texts = ["errors", "scrape_job_errors"].map(|key| words(notice.get(key)));
    let text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    let is_refused = notice.get("valid") == Some(&Value::Bool(false));
    let line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect();
    match (line.is_empty(), is_refused) {
        (false, _) => Some(line),
        (true, true) => Some("no reason given".to_owned()),
        (true, false) => None,
    }
}

/// A text as it is, an empty value as nothing, any other value as JSON.
fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.is_empty() => String::new(),
        Some(other) => json::text(other),
    }
}
