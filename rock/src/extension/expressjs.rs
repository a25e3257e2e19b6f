//! `expressjs-framework`.

use serde_json::{Value as Json, json};

use super::{Made, Obstacle, Snippet, Source, daemon, promtail};
use crate::DAEMON_USER;

/// The folder with `package.json`.
const FOLDER: &str = "app";

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    check(source)?;
    let mut service = json!({
        "override": "replace",
        "startup": "enabled",
        "user": DAEMON_USER,
        "working-dir": "/app",
        "environment": {"NODE_ENV": "production"},
    });
    if !source.has_command("expressjs") {
        service["command"] = "npm start".into();
    }
    let part = json!({"plugin": "npm", "source": FOLDER, "permissions": daemon()});
    Ok(Snippet {
        services: json!({"expressjs": service}),
        parts: json!({"expressjs-framework/install-app": part}),
        made: Made { folders: promtail(), ..Made::default() },
    })
}

/// Checks that the package has a name and a start script.
fn check(source: &Source<'_>) -> Result<(), Obstacle> {
    let text = source.root.text("app/package.json")?.ok_or("it needs a package.json in the folder app/")?;
    let package: Json = serde_json::from_str(&text).map_err(|error| format!("app/package.json is no JSON: {error}"))?;
    if package["name"].as_str().is_none_or(str::is_empty) {
        return Err("app/package.json needs a `name`".into());
    }
    if package["scripts"]["start"].as_str().is_none() {
        return Err("app/package.json needs a `start` among its `scripts`, such as \"node app.js\"".into());
    }
    Ok(())
}
