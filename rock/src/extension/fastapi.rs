//! `fastapi-framework`.

use serde_json::json;

use super::{Made, Obstacle, Snippet, Source, install_app, promtail};
use crate::DAEMON_USER;

const APP: &str = "fastapi-framework/install-app";

/// Files copied into the image besides the application itself.
const FILES: [&str; 5] = ["migrate", "migrate.sh", "migrate.py", "static", "templates"];

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    if !pack::python::names_fastapi(source.root)? {
        return Err("it needs a requirements.txt with fastapi or starlette".into());
    }
    let mut service = json!({
        "override": "replace",
        "startup": "enabled",
        "user": DAEMON_USER,
        "working-dir": "/app",
        "environment": {"UVICORN_HOST": "0.0.0.0"},
    });
    let mut files = source.present(&FILES)?;
    if !source.has_command("fastapi") {
        let entry = pack::python::asgi(source.root, source.name())?.ok_or(
            "no variable `app` is in app.py, main.py, app/, src/ or the folder of the project's name: add one, or give \
             services/fastapi a command",
        )?;
        service["command"] = format!("/bin/python3 -m uvicorn {entry}").into();
        let first = entry.file.iter().next().unwrap_or_default();
        files.push(first.to_string_lossy().into_owned());
    }
    let parts = json!({
        "fastapi-framework/dependencies": {
            "plugin": "python",
            "source": ".",
            "python-packages": ["uvicorn"],
            "python-requirements": ["requirements.txt"],
        },
        (APP): install_app(source, APP, "app", files)?,
    });
    let made = Made { folders: promtail(), ..Made::default() };
    Ok(Snippet { services: json!({"fastapi": service}), parts, made })
}
