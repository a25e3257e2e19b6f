//! Gunicorn's options, which frameworks share.

use super::option::{FrameworkOption, Purpose, Rule};

/// Options of every framework under gunicorn.
pub const OPTIONS: &[FrameworkOption] = &[
    setting("webserver-keepalive", "keepalive", 0),
    setting("webserver-threads", "threads", 1),
    setting("webserver-timeout", "timeout", 0),
    FrameworkOption::text("webserver-worker-class", Rule::OneOf(WORKER_CLASSES)).used_as(Purpose::WorkerClass),
    setting("webserver-workers", "workers", 1),
];

/// Worker classes that an option may set.
pub const WORKER_CLASSES: &[&str] = &["sync", "gevent"];

const fn setting(option: &'static str, name: &'static str, least: i64) -> FrameworkOption {
    FrameworkOption::int(option, Rule::AtLeast(least)).used_as(Purpose::WebServer(name))
}
