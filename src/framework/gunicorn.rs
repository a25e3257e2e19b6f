//! Gunicorn's options and metrics, which frameworks share.

use super::option::{FrameworkOption, Purpose, Rule};
use super::panel::{LOGS, Panel, rate, share};

/// Options of every framework under gunicorn.
pub const OPTIONS: &[FrameworkOption] = &[
    setting("webserver-keepalive", "keepalive", 0),
    setting("webserver-threads", "threads", 1),
    setting("webserver-timeout", "timeout", 0),
    FrameworkOption::text("webserver-worker-class", Rule::OneOf(WORKER_CLASSES)).used_as(Purpose::WorkerClass),
    setting("webserver-workers", "workers", 1),
];

/// Panels over gunicorn's metrics, which the rock's exporter serves.
pub(super) const PANELS: &[Panel] = &[
    Panel::numbers("Requests in 24 hours", "short", &[("sum(increase(#_requests{@}[24h]))", "requests")]),
    Panel::numbers(
        "Responses in 24 hours by status",
        "short",
        &[("sum by (status) (increase(#_response_code{@}[24h]))", "{{status}}")],
    ),
    Panel::series(
        "Requests per second",
        "reqps",
        &[("sum by (juju_unit) (rate(#_requests{@}[$__rate_interval]))", "{{juju_unit}}")],
    ),
    Panel::series("Share of successes (2xx)", "percentunit", &[(share!("#_response_code", "status", "2"), "2xx")]),
    Panel::series("Share of redirections (3xx)", "percentunit", &[(share!("#_response_code", "status", "3"), "3xx")]),
    Panel::series("Share of client errors (4xx)", "percentunit", &[(share!("#_response_code", "status", "4"), "4xx")]),
    Panel::series("Share of server errors (5xx)", "percentunit", &[(share!("#_response_code", "status", "5"), "5xx")]),
    Panel::series(
        "Duration of requests",
        "s",
        &[("max by (quantile) (#_request_duration{@, quantile=~\"0.5|0.9|0.99\"})", "quantile {{quantile}}")],
    ),
    Panel::series(
        "Mean duration of requests",
        "s",
        &[(concat!(rate!("#_request_duration_sum"), " / ", rate!("#_request_duration_count")), "mean")],
    ),
    LOGS,
];

/// Worker classes that an option may set.
pub const WORKER_CLASSES: &[&str] = &["sync", "gevent"];

const fn setting(option: &'static str, name: &'static str, least: i64) -> FrameworkOption {
    FrameworkOption::int(option, Rule::AtLeast(least)).used_as(Purpose::WebServer(name))
}
