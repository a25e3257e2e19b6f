//! Flask, under gunicorn: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/flask-framework-extension/>.

use super::option::{FrameworkOption, Rule, Value, secret_key};
use super::{EnvNames, Framework, Line, Metrics, Naming, WebServer, gunicorn, nothing};

/// Flask in rocks and charms of the 1.x line.
pub const FLASK: Framework = Framework {
    name: "flask",
    title: "Flask",
    line: Line::First,
    container: "flask-app",
    prefix: "FLASK_",
    app_dir: "/flask/app",
    state_dir: "/tmp/flask/state",
    port: 8000,
    metrics: Some(Metrics { port: 9102, path: "/metrics" }),
    env_names: EnvNames::NOTHING,
    options: &[OPTIONS, KEY, gunicorn::OPTIONS],
    constants: &[],
    own: nothing,
    server: WebServer::Gunicorn,
    naming: Naming::Plain,
    needs_database: false,
    actions: &[],
    panels: gunicorn::PANELS,
    reserved: &["flask-", "webserver-"],
};

/// Flask in the 2.x line: container and secret key's option have the names that all frameworks share, and
/// `paas-config.yaml` sets port and metrics. Charms packed with the older options keep them.
pub const FLASK_2: Framework = Framework {
    line: Line::Second,
    container: "app",
    env_names: EnvNames { port: None, metrics: Some(["FLASK_METRICS_PORT", "FLASK_METRICS_PATH"]) },
    options: &[OPTIONS, KEY, APP_KEY, gunicorn::OPTIONS],
    reserved: &["flask-", "webserver-", "app-secret-key"],
    ..FLASK
};

const KEY: &[FrameworkOption] = &secret_key("flask-secret-key", "flask-secret-key-id", &["FLASK_SECRET_KEY"]);
const APP_KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["FLASK_SECRET_KEY"]);

const OPTIONS: &[FrameworkOption] = &[
    FrameworkOption::text("flask-application-root", Rule::NotEmpty).gives(&["FLASK_APPLICATION_ROOT"]),
    FrameworkOption::boolean("flask-debug").gives(&["FLASK_DEBUG"]),
    FrameworkOption::text("flask-env", Rule::NotEmpty).gives(&["FLASK_ENV"]),
    FrameworkOption::int("flask-permanent-session-lifetime", Rule::AtLeast(1))
        .gives(&["FLASK_PERMANENT_SESSION_LIFETIME"]),
    FrameworkOption::text("flask-preferred-url-scheme", Rule::UrlScheme)
        .gives(&["FLASK_PREFERRED_URL_SCHEME"])
        .or(Value::Text("HTTPS")),
    FrameworkOption::boolean("flask-session-cookie-secure").gives(&["FLASK_SESSION_COOKIE_SECURE"]),
];
