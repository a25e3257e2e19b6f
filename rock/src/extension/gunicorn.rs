//! What Flask's and Django's extensions share: gunicorn, its service and its file.

use serde_json::{Value as Json, json};

use super::{Made, Snippet, Source, promtail};
use crate::DAEMON_USER;

/// Rockcraft builds the exporter of gunicorn's metrics from its source for each rock. It is Prometheus's, in no package
/// registry; the application runs the same without it.
const NO_EXPORTER: &str = "the rock's statsd-exporter is left out here: request metrics (port 9102) are not served";

/// Services, dependencies and gunicorn's file for `framework`, with the part `app` that brings the application's files.
/// `entry` is asked for where the web server finds it.
pub(super) fn snippet(
    source: &Source<'_>,
    framework: &str,
    app: &Json,
    entry: impl FnOnce() -> Result<String, String>,
) -> Result<Snippet, String> {
    let mut service = json!({"override": "replace", "startup": "enabled", "user": DAEMON_USER});
    if !source.has_command(framework) {
        let worker = if pack::python::requires(source.root, "gevent") { "gevent" } else { "sync" };
        let entry = entry()?;
        service["command"] =
            format!("/bin/python3 -m gunicorn -c /{framework}/gunicorn.conf.py '{entry}' -k [ {worker} ]").into();
    }
    let dependencies = json!({
        "plugin": "python",
        "source": ".",
        "python-packages": ["gunicorn~=23.0"],
        "python-requirements": source.present(&["requirements.txt"]),
    });
    let parts = json!({
        (format!("{framework}-framework/dependencies")): dependencies,
        (format!("{framework}-framework/install-app")): app,
    });
    Ok(Snippet { services: json!({ framework: service }), parts, made: made(framework) })
}

fn made(framework: &str) -> Made {
    let mut made = Made { folders: promtail(), notes: vec![NO_EXPORTER.to_owned()], ..Made::default() };
    made.folders.push(format!("var/log/{framework}"));
    made.files.insert(format!("{framework}/gunicorn.conf.py"), configuration(framework));
    made
}

/// What gunicorn does until the charm writes its own file over this one.
fn configuration(framework: &str) -> String {
    format!("bind = [\"0.0.0.0:8000\"]\nchdir = \"/{framework}/app\"\nstatsd_host = \"localhost:9125\"\n")
}
