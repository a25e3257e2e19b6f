//! Spring Boot:
//! <https://documentation.ubuntu.com/charmcraft/latest/reference/extensions/spring-boot-framework-extension/>.
//!
//! Names with dots and dashes are Spring's properties. The process gets them as variables of exactly these names, and
//! Spring reads these like property files.

use pebble::plan::Environment;

use super::option::{FrameworkOption, Purpose, Rule, Value, secret_key};
use super::panel::{LOGS, Panel, quantile, rate, share};
use super::{EnvInputs, EnvNames, Framework, Line, Metrics, Naming, WebServer};

/// Spring Boot in rocks and charms of the 1.x line.
pub const SPRING_BOOT: Framework = Framework {
    name: "spring-boot",
    title: "Spring Boot",
    line: Line::First,
    container: "app",
    prefix: "APP_",
    app_dir: "/app",
    state_dir: "/app/state",
    port: 8080,
    metrics: None,
    env_names: EnvNames::NOTHING,
    options: &[PORT, PROFILES, METRICS, KEY],
    constants: &[],
    own: properties,
    server: WebServer::Own,
    naming: Naming::Spring,
    needs_database: false,
    actions: &[],
    panels: PANELS,
    reserved: &["spring-boot-", "webserver-"],
};

/// Spring Boot in the 2.x line: `paas-config.yaml` sets port and metrics.
pub const SPRING_BOOT_2: Framework = Framework {
    line: Line::Second,
    metrics: Some(Metrics { port: 8080, path: "/actuator/prometheus" }),
    env_names: EnvNames { port: Some("SERVER_PORT"), metrics: None },
    options: &[PROFILES, KEY],
    own: properties_2,
    ..SPRING_BOOT
};

const PORT: &[FrameworkOption] = &[FrameworkOption::int("app-port", Rule::Port)
    .used_as(Purpose::Port)
    .gives(&["SERVER_PORT"])
    .or(Value::Int(8080))
    .always()];

const PROFILES: &[FrameworkOption] =
    &[FrameworkOption::text("app-profiles", Rule::NotEmpty).gives(&["APP_PROFILES", "spring.profiles.active"])];

const METRICS: &[FrameworkOption] = &[
    FrameworkOption::int("metrics-port", Rule::Port)
        .used_as(Purpose::MetricsPort)
        .gives(&["MANAGEMENT_SERVER_PORT"])
        .or(Value::Int(8080))
        .always(),
    FrameworkOption::text("metrics-path", Rule::NamedPath)
        .used_as(Purpose::MetricsPath)
        .gives(&["METRICS_PATH"])
        .or(Value::Text("/actuator/prometheus"))
        .always(),
];

/// Options of the secret key. The second variable is for applications written for the Python framework, which uses that
/// name.
const KEY: &[FrameworkOption] = &secret_key("app-secret-key", "app-secret-key-id", &["APP_SECRET_KEY", "SECRET_KEY"]);

/// Properties of every application: forwarded headers of a proxy that strips the path's prefix, and the path of the
/// metrics.
fn properties(inputs: &EnvInputs<'_>) -> Environment {
    let mut all: Environment =
        [("server.forward-headers-strategy", "framework"), ("management.endpoints.web.exposure.include", "prometheus")]
            .into_iter()
            .collect();
    let Some(metrics) = inputs.metrics else { return all };
    let parts: Vec<_> = metrics.path.split('/').filter(|part| !part.is_empty()).collect();
    let Some((name, folders)) = parts.split_last() else { return all };
    all.extend([
        ("management.endpoints.web.base-path", format!("/{}", folders.join("/"))),
        ("management.endpoints.web.path-mapping.prometheus", (*name).to_owned()),
    ]);
    all
}

/// Properties with the port of the metrics, which no option sets in the 2.x line.
fn properties_2(inputs: &EnvInputs<'_>) -> Environment {
    let mut all = properties(inputs);
    all.extend(inputs.metrics.map(|metrics| ("management.server.port", metrics.port.to_string())));
    all
}

/// Panels over the metrics of Spring Boot's actuator.
const PANELS: &[Panel] = &[
    Panel::numbers("Version of Java", "none", &[("count by (version) (jvm_info{@})", "{{version}}")]),
    Panel::numbers(
        "Requests in 24 hours",
        "short",
        &[("sum(increase(http_server_requests_seconds_count{@}[24h]))", "requests")],
    ),
    Panel::numbers(
        "Responses in 24 hours by status",
        "short",
        &[("sum by (status) (increase(http_server_requests_seconds_count{@}[24h]))", "{{status}}")],
    ),
    Panel::series(
        "Requests per second",
        "reqps",
        &[("sum by (juju_unit) (rate(http_server_requests_seconds_count{@}[$__rate_interval]))", "{{juju_unit}}")],
    ),
    Panel::series(
        "Share of successes (2xx)",
        "percentunit",
        &[(share!("http_server_requests_seconds_count", "status", "2"), "2xx")],
    ),
    Panel::series(
        "Share of redirections (3xx)",
        "percentunit",
        &[(share!("http_server_requests_seconds_count", "status", "3"), "3xx")],
    ),
    Panel::series(
        "Share of client errors (4xx)",
        "percentunit",
        &[(share!("http_server_requests_seconds_count", "status", "4"), "4xx")],
    ),
    Panel::series(
        "Share of server errors (5xx)",
        "percentunit",
        &[(share!("http_server_requests_seconds_count", "status", "5"), "5xx")],
    ),
    Panel::series(
        "Duration of requests",
        "s",
        &[
            (quantile!("0.5", "http_server_requests_seconds"), "50 %"),
            (quantile!("0.9", "http_server_requests_seconds"), "90 %"),
            (quantile!("0.99", "http_server_requests_seconds"), "99 %"),
        ],
    ),
    Panel::series(
        "Mean duration of requests",
        "s",
        &[(
            concat!(rate!("http_server_requests_seconds_sum"), " / ", rate!("http_server_requests_seconds_count")),
            "mean",
        )],
    ),
    LOGS,
    Panel::series(
        "Heap",
        "bytes",
        &[("sum by (juju_unit) (jvm_memory_used_bytes{@, area=\"heap\"})", "{{juju_unit}}")],
    ),
    Panel::series(
        "Memory besides the heap",
        "bytes",
        &[("sum by (juju_unit) (jvm_memory_used_bytes{@, area=\"nonheap\"})", "{{juju_unit}}")],
    ),
    Panel::series("Threads", "short", &[("sum by (juju_unit) (jvm_threads_live_threads{@})", "{{juju_unit}}")]),
    Panel::series(
        "Mean pause of garbage collection",
        "s",
        &[(concat!(rate!("jvm_gc_pause_seconds_sum"), " / ", rate!("jvm_gc_pause_seconds_count")), "mean")],
    ),
    Panel::series("Garbage collections per second", "ops", &[(rate!("jvm_gc_pause_seconds_count"), "collections")]),
    Panel::series(
        "Sessions",
        "short",
        &[("sum by (juju_unit) (tomcat_sessions_active_current_sessions{@})", "{{juju_unit}}")],
    ),
    Panel::series(
        "Most sessions at once",
        "short",
        &[("max by (juju_unit) (tomcat_sessions_active_max_sessions{@})", "{{juju_unit}}")],
    ),
    Panel::series(
        "Longest session",
        "s",
        &[("max by (juju_unit) (tomcat_sessions_alive_max_seconds{@})", "{{juju_unit}}")],
    ),
    Panel::series("Sessions made per second", "ops", &[(rate!("tomcat_sessions_created_sessions_total"), "made")]),
    Panel::series(
        "Sessions ended per second",
        "ops",
        &[
            (rate!("tomcat_sessions_expired_sessions_total"), "expired"),
            (rate!("tomcat_sessions_rejected_sessions_total"), "rejected"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_path_of_metrics_is_a_base_path_and_a_name() {
        let table = [
            ("/actuator/prometheus", "/actuator", "prometheus"),
            ("/a/b/prom/", "/a/b", "prom"),
            ("/othermetrics", "/", "othermetrics"),
            ("metrics", "/", "metrics"),
            ("//a//b", "/a", "b"),
        ];
        for (path, base, name) in table {
            let inputs =
                EnvInputs { options: &BTreeMap::new(), base_url: "", metrics: Some(Metrics { port: 81, path }) };
            let all = properties_2(&inputs);
            assert_eq!(all["management.endpoints.web.base-path"], base, "{path}");
            assert_eq!(all["management.endpoints.web.path-mapping.prometheus"], name, "{path}");
            assert_eq!(all["management.server.port"], "81");
            assert!(!properties(&inputs).contains_key("management.server.port"));
        }
    }

    #[test]
    fn a_path_without_a_name_keeps_springs_default() {
        let inputs =
            EnvInputs { options: &BTreeMap::new(), base_url: "", metrics: Some(Metrics { port: 81, path: "/" }) };
        assert_eq!(properties(&inputs).len(), 2);
    }
}
