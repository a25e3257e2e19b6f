//! Flask, under gunicorn: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/flask-framework-extension/>.

use std::borrow::Cow;

use super::{Framework, FrameworkOption, Metrics, Purpose, Rule};

/// Flask as rocks and charms of the 1.x line have it.
pub const FLASK: Framework = Framework {
    name: "flask",
    container: "flask-app",
    prefix: "FLASK_",
    app_dir: "/flask/app",
    state_dir: "/tmp/flask/state",
    port: 8000,
    metrics: None,
    options: OPTIONS,
    logs_json: true,
    reserved: &["flask-", "webserver-"],
};

/// Flask as the 2.x line has it: the container and the secret key's option are called as in every framework, port and
/// metrics are set in `paas-config.yaml`. (Charms of that line that were packed with the older options keep them.)
pub const FLASK_2: Framework = Framework {
    container: "app",
    metrics: Some(Metrics { port: 9102, path: Cow::Borrowed("/metrics") }),
    options: OPTIONS_2,
    reserved: &["flask-", "webserver-", "app-secret-key"],
    ..FLASK
};

const fn option(name: &'static str, purpose: Purpose, rule: Rule) -> FrameworkOption {
    FrameworkOption { name, purpose, rule }
}

const OPTIONS: &[FrameworkOption] = &[
    option("flask-application-root", Purpose::Variable("APPLICATION_ROOT"), Rule::NotEmpty),
    option("flask-debug", Purpose::Variable("DEBUG"), Rule::Any),
    option("flask-env", Purpose::Variable("ENV"), Rule::NotEmpty),
    option("flask-permanent-session-lifetime", Purpose::Variable("PERMANENT_SESSION_LIFETIME"), Rule::AtLeast(1)),
    option("flask-preferred-url-scheme", Purpose::Variable("PREFERRED_URL_SCHEME"), Rule::UrlScheme),
    option("flask-secret-key", Purpose::SecretKey, Rule::NotEmpty),
    option("flask-secret-key-id", Purpose::SecretKeyId, Rule::Any),
    option("flask-session-cookie-secure", Purpose::Variable("SESSION_COOKIE_SECURE"), Rule::Any),
    option("webserver-keepalive", Purpose::WebServer("keepalive"), Rule::AtLeast(0)),
    option("webserver-threads", Purpose::WebServer("threads"), Rule::AtLeast(1)),
    option("webserver-timeout", Purpose::WebServer("timeout"), Rule::AtLeast(0)),
    option("webserver-worker-class", Purpose::WorkerClass, Rule::Any),
    option("webserver-workers", Purpose::WebServer("workers"), Rule::AtLeast(1)),
];

/// Those of the first line, and the secret key under its new name.
const OPTIONS_2: &[FrameworkOption] = &with_app_key();

const fn with_app_key() -> [FrameworkOption; OPTIONS.len() + 2] {
    let mut all = [option("app-secret-key", Purpose::SecretKey, Rule::NotEmpty); OPTIONS.len() + 2];
    all[1] = option("app-secret-key-id", Purpose::SecretKeyId, Rule::Any);
    let mut at = 0;
    while at < OPTIONS.len() {
        all[at + 2] = OPTIONS[at];
        at += 1;
    }
    all
}
