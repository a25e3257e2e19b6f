//! The daemon's own log, on standard error, line for line as Pebble writes it: measuring tools parse these lines.

use std::io::{self, Write};

use crate::clock::Time;

/// Where the daemon's own lines go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journal {
    debug: bool,
}

/// A security event's kind, in OWASP's words as Pebble uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The daemon starts.
    Startup,
    /// The daemon ends.
    Shutdown,
    /// An administrator does something that matters.
    Admin,
    /// Someone was refused.
    Refused,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::Startup => "sys_startup",
            Event::Shutdown => "sys_shutdown",
            Event::Admin => "authz_admin",
            Event::Refused => "authz_fail",
        }
    }

    fn level(self) -> &'static str {
        match self {
            Event::Startup | Event::Shutdown | Event::Admin => "WARN",
            Event::Refused => "CRITICAL",
        }
    }
}

impl Journal {
    /// A journal that also tells details if asked to.
    pub(crate) fn new(debug: bool) -> Journal {
        Journal { debug }
    }

    /// Something an operator should see. A reader that went away is no reason to stop.
    pub(crate) fn note(self, message: &str) {
        let line = format!("{} [pebble] {}\n", Time::now().millis(), message.trim_end_matches('\n'));
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// Something of use when looking for a fault.
    pub(crate) fn debug(self, message: impl FnOnce() -> String) {
        if self.debug {
            self.note(&format!("DEBUG {}", message()));
        }
    }

    /// A security event; `who` is a user, with what they did behind a comma.
    pub(crate) fn security(self, event: Event, who: &str, description: &str) {
        self.note(&security_line(event, who, description, Time::now()));
    }
}

fn security_line(event: Event, who: &str, description: &str, now: Time) -> String {
    // Literal, for the order of the fields is part of the line.
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
