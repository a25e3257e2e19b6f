//! FastAPI, under uvicorn: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/fastapi-framework-extension/>.

use super::option::{FrameworkOption, Purpose, Rule, Value, metrics, secret_key};
use super::panel::{LOGS, Panel, quantile, share};
use super::{EnvNames, Framework, Line, Metrics, Naming, WebServer, nothing};

/// FastAPI in rocks and charms of the 1.x line.
pub const FASTAPI: Framework = Framework {
    name: "fastapi",
    title: "FastAPI",
    line: Line::First,
    container: "app",
    prefix: "APP_",
    app_dir: "/app",
    state_dir: "/tmp/fastapi/state",
    port: 8080,
    metrics: None,
    env_names: EnvNames::NOTHING,
    options: &[PORT, OPTIONS, METRICS, KEY],
    constants: &[("UVICORN_HOST", "0.0.0.0")],
    own: nothing,
    server: WebServer::Uvicorn,
    naming: Naming::Plain,
    needs_database: false,
    actions: &[],
    panels: PANELS,
    reserved: &["fastapi-", "webserver-"],
};

/// FastAPI in the 2.x line: `paas-config.yaml` sets port and metrics.
pub const FASTAPI_2: Framework = Framework {
    line: Line::Second,
    port: 8000,
    metrics: Some(Metrics { port: 8000, path: "/metrics" }),
    env_names: EnvNames { port: Some("UVICORN_PORT"), metrics: Some(["METRICS_PORT", "METRICS_PATH"]) },
    options: &[OPTIONS, KEY],
    ..FASTAPI
};

const PORT: &[FrameworkOption] = &[FrameworkOption::int("webserver-port", Rule::Port)
    .used_as(Purpose::Port)
    .gives(&["UVICORN_PORT"])
    .or(Value::Int(8080))
    .always()];

const OPTIONS: &[FrameworkOption] = &[
    FrameworkOption::int("webserver-workers", Rule::AtLeast(1)).gives(&["WEB_CONCURRENCY"]).or(Value::Int(1)).always(),
    FrameworkOption::text("webserver-log-level", Rule::OneOf(LOG_LEVELS))
        .gives(&["UVICORN_LOG_LEVEL"])
        .or(Value::Text("info"))
        .always(),
];

/// Log levels of uvicorn.
const LOG_LEVELS: &[&str] = &["critical", "error", "warning", "info", "debug", "trace"];

const METRICS: &[FrameworkOption] = &metrics(&["METRICS_PORT"], &["METRICS_PATH"], "/metrics");
const KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["APP_SECRET_KEY"]);

/// Panels over the metrics of the package prometheus-fastapi-instrumentator.
const PANELS: &[Panel] = &[
    Panel::numbers("Requests in 24 hours", "short", &[("sum(increase(http_requests_total{@}[24h]))", "requests")]),
    Panel::numbers(
        "Responses in 24 hours by status",
        "short",
        &[("sum by (status) (increase(http_requests_total{@}[24h]))", "{{status}}")],
    ),
    Panel::series(
        "Requests per second",
        "reqps",
        &[("sum by (juju_unit) (rate(http_requests_total{@}[$__rate_interval]))", "{{juju_unit}}")],
    ),
    Panel::series("Share of successes (2xx)", "percentunit", &[(share!("http_requests_total", "status", "2"), "2xx")]),
    Panel::series(
        "Share of redirections (3xx)",
        "percentunit",
        &[(share!("http_requests_total", "status", "3"), "3xx")],
    ),
    Panel::series(
        "Share of client errors (4xx)",
        "percentunit",
        &[(share!("http_requests_total", "status", "4"), "4xx")],
    ),
    Panel::series(
        "Share of server errors (5xx)",
        "percentunit",
        &[(share!("http_requests_total", "status", "5"), "5xx")],
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
