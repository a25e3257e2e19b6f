//! `expressjs-framework`.

use serde_json::{Value as Json, json};

use super::{Made, Obstacle, Snippet, Source, daemon, promtail};
use crate::DAEMON_USER;

/// The folder with `package.json`.
const FOLDER: &str = "app";

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    let folder = if source.root.has_file("app/package.json")? { FOLDER } else { "." };
    check(source, folder)?;
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
    let mut part = json!({"plugin": "npm", "source": folder, "permissions": daemon()});
    let mut made = Made { folders: promtail(), ..Made::default() };
    if folder != FOLDER {
        part["stage"] = json!(["-app/charm", "-app/rockcraft.yaml"]);
        let note = "rockcraft looks for app/package.json: move the application into the folder app to pack its rock";
        made.notes.push(note.to_owned());
    }
    Ok(Snippet {
        services: json!({"expressjs": service}),
        parts: json!({"expressjs-framework/install-app": part}),
        made,
    })
}

/// Checks that the package has a name and a start script.
fn check(source: &Source<'_>, folder: &str) -> Result<(), Obstacle> {
    let place = format!("{folder}/package.json");
    let text = source.root.text(&place)?.ok_or("it needs a package.json in the folder app/")?;
    let place = place.trim_start_matches("./");
    let package: Json = serde_json::from_str(&text).map_err(|error| format!("{place} is no JSON: {error}"))?;
    if package["name"].as_str().is_none_or(str::is_empty) {
        return Err(format!("{place} needs a `name`").into());
    }
    if package["scripts"]["start"].as_str().is_none() {
        return Err(format!("{place} needs a `start` among its `scripts`, such as \"node app.js\"").into());
    }
    Ok(())
}
