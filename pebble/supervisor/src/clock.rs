//! Time in Pebble's formats: one type for moments, printed with three precisions.
//!
//! Pure code never reads the clock; it gets a [`Time`] as an argument.

pub(crate) mod rfc3339;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment, printed in UTC as RFC 3339 with as many digits as it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Timestamp);

impl Time {
    /// The present moment.
    pub(crate) fn now() -> Time {
        Time(Timestamp::now())
    }

    /// Reads an RFC 3339 time; `None` if it isn't one.
    pub(crate) fn parse(text: &str) -> Option<Time> {
        text.parse().ok().map(Time)
    }

    /// Seconds and nanoseconds since the epoch, as the kernel gives them for files.
    pub(crate) fn from_unix(seconds: i64, nanoseconds: i32) -> Option<Time> {
        Timestamp::new(seconds, nanoseconds).ok().map(Time)
    }

    /// The moment this long before; saturates at the earliest time.
    pub(crate) fn minus(self, duration: Duration) -> Time {
        Time(self.0.checked_sub(duration).unwrap_or(Timestamp::MIN))
    }

    /// The moment this long after; saturates at the latest time.
    pub(crate) fn plus(self, duration: Duration) -> Time {
        Time(self.0.checked_add(duration).unwrap_or(Timestamp::MAX))
    }

    /// Text with whole seconds, as in task logs and file times.
    pub(crate) fn seconds(self) -> String {
        format!("{:.0}", self.floor(1_000_000_000))
    }

    /// Text with milliseconds, as in the logs of services and daemon.
    pub(crate) fn millis(self) -> String {
        format!("{:.3}", self.floor(1_000_000))
    }

    /// This moment cut to milliseconds.
    pub(crate) fn whole_millis(self) -> Time {
        Time(self.floor(1_000_000))
    }

    /// Nanoseconds since the epoch.
    pub(crate) fn unix_nanos(self) -> i128 {
        self.0.as_nanosecond()
    }

    /// Nanoseconds of the current second: random enough for names of temporary files.
    pub(crate) fn subsecond(self) -> i32 {
        self.0.subsec_nanosecond()
    }

    fn floor(self, unit: i128) -> Timestamp {
        let whole = self.0.as_nanosecond().div_euclid(unit) * unit;
        Timestamp::from_nanosecond(whole).unwrap_or(self.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        let text = String::deserialize(from)?;
        Time::parse(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn prints_only_the_digits_it_needs() {
        assert_eq!(at("2026-01-02T03:04:05.120Z").to_string(), "2026-01-02T03:04:05.12Z");
        assert_eq!(at("2026-01-02T03:04:05Z").to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(at("2026-01-02T03:04:05.000000001Z").to_string(), "2026-01-02T03:04:05.000000001Z");
    }

    #[test]
    fn cuts_instead_of_rounding() {
        assert_eq!(at("2026-01-02T03:04:05.9999Z").millis(), "2026-01-02T03:04:05.999Z");
        assert_eq!(at("2026-01-02T03:04:05.9999Z").seconds(), "2026-01-02T03:04:05Z");
        assert_eq!(at("2026-01-02T03:04:05Z").millis(), "2026-01-02T03:04:05.000Z");
    }

    #[test]
    fn reads_other_zones() {
        assert_eq!(at("2026-01-02T05:04:05+02:00"), at("2026-01-02T03:04:05Z"));
        assert_eq!(Time::parse("yesterday"), None);
    }
}
