//! Go: <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/go-framework-extension/>.

use super::option::{FrameworkOption, Purpose, Rule, Value, metrics, secret_key};
use super::panel::{Panel, rate};
use super::{EnvNames, Framework, Line, Metrics, Naming, WebServer, nothing};

/// Go in rocks and charms of the 1.x line.
pub const GO: Framework = Framework {
    name: "go",
    title: "Go",
    line: Line::First,
    container: "app",
    prefix: "APP_",
    app_dir: "/app",
    state_dir: "/tmp/go/state",
    port: 8080,
    metrics: None,
    env_names: EnvNames::NOTHING,
    options: &[PORT, METRICS, KEY],
    constants: &[],
    own: nothing,
    server: WebServer::Own,
    naming: Naming::Plain,
    needs_database: false,
    actions: &[],
    panels: PANELS,
    reserved: &["go-", "webserver-"],
};

/// Go in the 2.x line: `paas-config.yaml` sets port and metrics, and their variables have no prefix.
pub const GO_2: Framework = Framework {
    line: Line::Second,
    metrics: Some(Metrics { port: 8080, path: "/metrics" }),
    env_names: EnvNames { port: Some("PORT"), metrics: Some(["METRICS_PORT", "METRICS_PATH"]) },
    options: &[PORT_2, KEY],
    ..GO
};

const PORT: &[FrameworkOption] = &[FrameworkOption::int("app-port", Rule::Port)
    .used_as(Purpose::Port)
    .gives(&["APP_PORT"])
    .or(Value::Int(8080))
    .always()];

const PORT_2: &[FrameworkOption] = &[FrameworkOption::int("port", Rule::Port).used_as(Purpose::Port).authors()];

const METRICS: &[FrameworkOption] = &metrics(&["APP_METRICS_PORT"], &["APP_METRICS_PATH"], "/metrics");

const KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["APP_SECRET_KEY"]);

/// Panels over the metrics of Go's runtime, which Prometheus's client library serves.
const PANELS: &[Panel] = &[
    Panel::numbers("Version of Go", "none", &[("count by (version) (go_info{@})", "{{version}}")]),
    Panel::series(
        "Memory from the system",
        "bytes",
        &[("sum by (juju_unit) (go_memstats_sys_bytes{@})", "{{juju_unit}}")],
    ),
    Panel::series("Goroutines", "short", &[("sum by (juju_unit) (go_goroutines{@})", "{{juju_unit}}")]),
    Panel::series(
        "Mean pause of garbage collection",
        "s",
        &[(concat!(rate!("go_gc_duration_seconds_sum"), " / ", rate!("go_gc_duration_seconds_count")), "mean")],
    ),
    Panel::series("Garbage collections per second", "ops", &[(rate!("go_gc_duration_seconds_count"), "collections")]),
];
