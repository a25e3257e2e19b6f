//! `go-framework`.

use std::collections::BTreeMap;

use serde_json::json;
use serde_yaml::Value;

use super::{Made, Obstacle, Snippet, Source, assets, promtail};
use crate::DAEMON_USER;

const APP: &str = "go-framework/install-app";
const ASSETS: &str = "go-framework/assets";

/// Files copied into the image besides the programs.
const FILES: [&str; 4] = ["migrate", "migrate.sh", "static", "templates"];

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    if !source.has("go.mod")? {
        return Err("it needs a go.mod".into());
    }
    let name = source.name();
    let organize = organize(source, name);
    let stage: Vec<&String> = organize.values().collect();
    let mut parts = json!({(APP): {"plugin": "go", "source": ".", "organize": organize, "stage": stage}});
    if let Some(assets) = assets(source, ASSETS, &FILES)? {
        parts[ASSETS] = assets;
    }
    let service = json!({
        "override": "replace",
        "startup": "enabled",
        "command": name,
        "user": DAEMON_USER,
        "working-dir": "/app",
    });
    let folders = promtail().into_iter().chain(["app".to_owned()]).collect();
    Ok(Snippet { services: json!({"go": service}), parts, made: Made { folders, ..Made::default() } })
}

/// Places of the programs: the author's rules, and one for the project's own program unless the author placed it or
/// gave the service a command.
fn organize(source: &Source<'_>, name: &str) -> BTreeMap<String, String> {
    let written = source.written("parts", APP, "organize").and_then(Value::as_mapping);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut rules: BTreeMap<String, String> =
        written.into_iter().flatten().filter_map(|(from, to)| Some((text(from)?, text(to)?))).collect();
    let program = format!("usr/local/bin/{name}");
    if !rules.values().any(|to| *to == program) && !source.has_command("go") {
        rules.insert(format!("bin/{name}"), program);
    }
    rules
}
