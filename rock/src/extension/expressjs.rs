//! `expressjs-framework`.

use serde_json::{Value as Json, json};

use super::{Made, Snippet, Source, promtail};
use crate::{DAEMON_ID, DAEMON_USER};

/// The folder with `package.json`.
const FOLDER: &str = "app";

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, String> {
    let name = package(source)?;
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
    // Its folder and the link to it, but not the folders above, which are the system's.
    let owned = |path: String| json!({"path": path, "owner": DAEMON_ID, "group": DAEMON_ID});
    let permissions = [owned(format!("lib/node_modules/{name}*")), owned("app".to_owned())];
    let part = json!({"plugin": "npm", "source": FOLDER, "permissions": permissions});
    Ok(Snippet {
        services: json!({"expressjs": service}),
        parts: json!({"expressjs-framework/install-app": part}),
        made: Made { folders: promtail(), ..Made::default() },
    })
}

/// The name of the package, which can be started.
fn package(source: &Source<'_>) -> Result<String, String> {
    let text = std::fs::read_to_string(source.root.join(FOLDER).join("package.json"))
        .map_err(|_| "it needs a package.json in the folder app/".to_owned())?;
    let package: Json = serde_json::from_str(&text).map_err(|error| format!("app/package.json is no JSON: {error}"))?;
    let name = package["name"].as_str().filter(|name| !name.is_empty()).ok_or("app/package.json needs a `name`")?;
    if package["scripts"]["start"].as_str().is_none() {
        return Err("app/package.json needs a `start` among its `scripts`, such as \"node app.js\"".to_owned());
    }
    Ok(name.to_owned())
}
