//! The daemon's own log on standard error, in Pebble's format, which measuring tools parse.

use std::io::{self, Write};

use crate::clock::Time;

/// The daemon's log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journal {
    debug: bool,
    quiet: bool,
}

/// Kind of a security event, in OWASP's vocabulary as Pebble uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The daemon starts.
    Startup,
    /// The daemon ends.
    Shutdown,
    /// An administrator's request.
    Admin,
    /// A request was refused.
    Refused,
    /// A request had an identity's certificate, which is not valid.
    Distrusted,
    /// An identity was added.
    UserCreated,
    /// An identity was changed.
    UserUpdated,
    /// An identity was removed.
    UserDeleted,
    /// A check was stopped.
    MonitorDisabled,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::Startup => "sys_startup",
            Event::Shutdown => "sys_shutdown",
            Event::Admin => "authz_admin",
            Event::Refused | Event::Distrusted => "authz_fail",
            Event::UserCreated => "user_created",
            Event::UserUpdated => "user_updated",
            Event::UserDeleted => "user_deleted",
            Event::MonitorDisabled => "sys_monitor_disabled",
        }
    }

    fn level(self) -> &'static str {
        match self {
            Event::Refused => "CRITICAL",
            _ => "WARN",
        }
    }
}

impl Journal {
    /// A journal; with `debug` it has more detail, with `quiet` it writes nothing.
    pub(crate) fn new(debug: bool, quiet: bool) -> Journal {
        Journal { debug, quiet }
    }

    /// Writes an entry for operators: one line, unless the message has several, which stay as they are, as Pebble
    /// writes them. A closed standard error is ignored.
    pub(crate) fn note(self, message: &str) {
        if self.quiet {
            return;
        }
        let line = entry(message, Time::now());
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// Writes a line for debugging, if that is enabled.
    pub(crate) fn debug(self, message: impl FnOnce() -> String) {
        if self.debug {
            self.note(&format!("DEBUG {}", message()));
        }
    }

    /// Writes a security event; `who` is a user id, with the action after a comma.
    pub(crate) fn security(self, event: Event, who: &str, description: &str) {
        self.note(&security_line(event, who, description, Time::now()));
    }
}

fn entry(message: &str, now: Time) -> String {
    format!("{} [pebble] {}\n", now.millis(), message.strip_suffix('\n').unwrap_or(message))
}

fn security_line(event: Event, who: &str, description: &str, now: Time) -> String {
    // Written by hand to keep Pebble's order of the fields.
    let text = |value: &str| serde_json::Value::from(value).to_string();
    format!(
        r#"{{"type":"security","datetime":"{}","level":"{}","event":{},"description":{},"appid":"pebble"}}"#,
        now.seconds(),
        event.level(),
        text(&format!("{}:{who}", event.name())),
        text(description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_pebbles() {
        let now = Time::parse("2026-11-22T05:08:10.9Z").unwrap();
        for (message, expected) in [("Started.", "Started.\n"), ("One\ntwo\n", "One\ntwo\n"), ("", "\n")] {
            assert_eq!(entry(message, now), format!("2026-11-22T05:08:10.900Z [pebble] {expected}"));
        }
    }

    #[test]
    fn security_lines_are_pebbles() {
        let now = Time::parse("2026-11-22T05:08:10.9Z").unwrap();
        assert_eq!(
            security_line(Event::Startup, "0", "Starting daemon", now),
            r#"{"type":"security","datetime":"2026-11-22T05:08:10Z","level":"WARN","event":"sys_startup:0","description":"Starting daemon","appid":"pebble"}"#
        );
        let line = security_line(Event::Admin, "0,push_file", "Pushing file /a\"\n", now);
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    }
}
