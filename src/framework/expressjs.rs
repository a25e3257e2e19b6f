//! Express, under node: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/express-framework-extension/>.

use super::option::{FrameworkOption, Purpose, Rule, Value, metrics, secret_key};
use super::{EnvNames, Framework, Line, Metrics, Naming, WebServer, nothing};

/// Express in rocks and charms of the 1.x line.
pub const EXPRESSJS: Framework = Framework {
    name: "expressjs",
    title: "ExpressJS",
    line: Line::First,
    container: "app",
    prefix: "APP_",
    app_dir: "/app",
    state_dir: "/app/state",
    port: 8080,
    metrics: None,
    env_names: EnvNames::NOTHING,
    options: &[PORT, ENV, METRICS, KEY],
    constants: &[],
    own: nothing,
    server: WebServer::Own,
    naming: Naming::Plain,
    needs_database: false,
    actions: &[],
    reserved: &["expressjs-", "webserver-"],
};

/// Express in the 2.x line: `paas-config.yaml` sets port and metrics.
pub const EXPRESSJS_2: Framework = Framework {
    line: Line::Second,
    metrics: Some(Metrics { port: 9464, path: "/metrics" }),
    env_names: EnvNames { port: Some("PORT"), metrics: Some(["METRICS_PORT", "METRICS_PATH"]) },
    options: &[PORT_2, ENV, KEY],
    ..EXPRESSJS
};

const PORT: &[FrameworkOption] = &[FrameworkOption::int("app-port", Rule::Port)
    .used_as(Purpose::Port)
    .gives(&["PORT"])
    .or(Value::Int(8080))
    .always()];

const PORT_2: &[FrameworkOption] = &[FrameworkOption::int("port", Rule::Port).used_as(Purpose::Port).authors()];

const ENV: &[FrameworkOption] = &[FrameworkOption::text("node-env", Rule::NotEmpty)
    .gives(&["NODE_ENV"])
    .or(Value::Text("production"))
    .always()
    .authors()];

const METRICS: &[FrameworkOption] = &metrics(&["METRICS_PORT"], &["METRICS_PATH"], "/metrics");

const KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["APP_SECRET_KEY"]);
