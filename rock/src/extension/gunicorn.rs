//! The common parts of Flask's and Django's extensions: gunicorn with its service and file, and its metrics' exporter.

use serde_json::{Value as Json, json};

use super::{Made, Obstacle, Snippet, Source, promtail};
use crate::DAEMON_USER;
use crate::plugin::exporter::{NOTE, PROGRAM};

/// Path of the exporter's stand-in, outside of `/usr`, so that the pod needs no overlay over this machine's `/usr`.
const EXPORTER: &str = "opt/statsd-exporter/statsd_exporter";

/// Services, dependencies and gunicorn's file for `framework`, with the part `app` that has the application's files.
/// `entry` gives the application's entry point; it is not called if the author wrote a command.
pub(super) fn snippet(
    source: &Source<'_>,
    framework: &str,
    app: &Json,
    entry: impl FnOnce() -> Result<String, Obstacle>,
) -> Result<Snippet, Obstacle> {
    let mut service = json!({
        "override": "replace",
        "startup": "enabled",
        "after": ["statsd-exporter"],
        "user": DAEMON_USER,
    });
    if !source.has_command(framework) {
        let worker = if pack::python::requires(source.root, "gevent")? { "gevent" } else { "sync" };
        let entry = entry()?;
        service["command"] =
            format!("/bin/python3 -m gunicorn -c /{framework}/gunicorn.conf.py '{entry}' -k [ {worker} ]").into();
    }
    let dependencies = json!({
        "plugin": "python",
        "source": ".",
        "python-packages": ["gunicorn~=23.0"],
        "python-requirements": source.present(&["requirements.txt"])?,
    });
    let parts = json!({
        (format!("{framework}-framework/dependencies")): dependencies,
        (format!("{framework}-framework/install-app")): app,
    });
    let services = json!({framework: service, "statsd-exporter": exporter()});
    Ok(Snippet { services, parts, made: made(framework) })
}

fn exporter() -> Json {
    json!({
        "override": "merge",
        "summary": "statsd exporter service",
        "command": format!(
            "/bin/python3 /{EXPORTER} --statsd.mapping-config=/statsd-mapping.conf --statsd.listen-udp=localhost:9125 \
             --statsd.listen-tcp=localhost:9125"
        ),
        "startup": "enabled",
        "user": DAEMON_USER,
    })
}

fn made(framework: &str) -> Made {
    let mut made = Made { folders: promtail(), notes: vec![NOTE.to_owned()], ..Made::default() };
    made.folders.push(format!("var/log/{framework}"));
    made.files.insert(format!("{framework}/gunicorn.conf.py"), configuration(framework));
    made.files.insert("statsd-mapping.conf".to_owned(), mapping(framework));
    made.files.insert(EXPORTER.to_owned(), PROGRAM.to_owned());
    made
}

/// The exporter's mapping of gunicorn's metrics to Prometheus names.
fn mapping(framework: &str) -> String {
    let mappings = json!([
        {"match": "gunicorn.request.status.*", "name": format!("{framework}_response_code"), "labels": {"status": "$1"}},
        {"match": "gunicorn.requests", "name": format!("{framework}_requests")},
        {"match": "gunicorn.request.duration", "name": format!("{framework}_request_duration")},
    ]);
    json!({"mappings": mappings}).to_string()
}

/// gunicorn's settings until the charm replaces the file by its own.
fn configuration(framework: &str) -> String {
    format!("bind = [\"0.0.0.0:8000\"]\nchdir = \"/{framework}/app\"\nstatsd_host = \"localhost:9125\"\n")
}
