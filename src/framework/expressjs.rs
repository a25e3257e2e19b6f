//! Express, under node: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/express-framework-extension/>.

use super::option::{FrameworkOption, Purpose, Rule, Value, metrics, secret_key};
use super::panel::{LOGS, Panel, quantile, share};
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
    panels: PANELS,
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

/// Panels over the metrics of the package express-prom-bundle.
const PANELS: &[Panel] = &[
    Panel::numbers(
        "Requests in 24 hours",
        "short",
        &[("sum(increase(http_request_duration_seconds_count{@}[24h]))", "requests")],
    ),
    Panel::numbers(
        "Responses in 24 hours by status",
        "short",
        &[("sum by (status_code) (increase(http_request_duration_seconds_count{@}[24h]))", "{{status_code}}")],
    ),
    Panel::series(
        "Requests per second",
        "reqps",
        &[("sum by (juju_unit) (rate(http_request_duration_seconds_count{@}[$__rate_interval]))", "{{juju_unit}}")],
    ),
    Panel::series(
        "Share of successes (2xx)",
        "percentunit",
        &[(share!("http_request_duration_seconds_count", "status_code", "2"), "2xx")],
    ),
    Panel::series(
        "Share of redirections (3xx)",
        "percentunit",
        &[(share!("http_request_duration_seconds_count", "status_code", "3"), "3xx")],
    ),
    Panel::series(
        "Share of client errors (4xx)",
        "percentunit",
        &[(share!("http_request_duration_seconds_count", "status_code", "4"), "4xx")],
    ),
    Panel::series(
        "Share of server errors (5xx)",
        "percentunit",
        &[(share!("http_request_duration_seconds_count", "status_code", "5"), "5xx")],
    ),
    Panel::series(
        "Duration of requests",
        "s",
        &[
            (quantile!("0.5", "http_request_duration_seconds"), "50 %"),
            (quantile!("0.9", "http_request_duration_seconds"), "90 %"),
            (quantile!("0.99", "http_request_duration_seconds"), "99 %"),
        ],
    ),
    LOGS,
];
