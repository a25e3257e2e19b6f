//! Moments as Pebble writes them: RFC 3339 with up to nine digits of a second.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment, kept in the text in which it came, so that it goes back unchanged, for example into
/// [`crate::types::NoticesFilter::after`].
///
/// Ordered by the moment. Texts that are none, as of a newer daemon, come before all others.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use webcharm_pebble::types::Time;
///
/// let time = Time::from("1970-01-01T01:00:00.5+01:00");
/// assert_eq!(time.moment(), Some(SystemTime::UNIX_EPOCH + Duration::from_millis(500)));
/// assert!(Time::from("1970-01-01T00:00:00Z") < time);
/// assert_eq!(Time::from(SystemTime::UNIX_EPOCH).as_str(), "1970-01-01T00:00:00Z");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(String);

impl Time {
    /// The text, in RFC 3339.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment; `None` if the text is empty or no time of RFC 3339.
    pub fn moment(&self) -> Option<SystemTime> {
        self.0.parse::<Timestamp>().ok().map(SystemTime::from)
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Time) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Time) -> Ordering {
        self.moment().cmp(&other.moment()).then_with(|| self.0.cmp(&other.0))
    }
}

impl Deref for Time {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Time {
    fn from(text: &str) -> Time {
        Time(text.to_owned())
    }
}

impl From<String> for Time {
    fn from(text: String) -> Time {
        Time(text)
    }
}

impl From<SystemTime> for Time {
    /// In UTC; empty beyond the years that RFC 3339 can write.
    fn from(moment: SystemTime) -> Time {
        Time(Timestamp::try_from(moment).map(|moment| moment.to_string()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ordered_by_their_moment_and_not_their_text() {
        let sorted = [
            "",
            "soon",
            "0001-01-01T00:00:00Z",
            "2026-01-01T00:00:00+01:00",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:00.500000001Z",
        ];
        let times = sorted.map(Time::from);
        let mut shuffled = times.clone();
        shuffled.reverse();
        shuffled.sort();
        assert_eq!(shuffled, times);
    }

    #[test]
    fn a_time_is_a_text_on_the_wire() {
        let time: Time = serde_json::from_str("\"2026-01-02T03:04:05.6+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-01-02T03:04:05.6+01:00\"");
        assert_eq!(Time::from(time.moment().unwrap()).as_str(), "2026-01-02T02:04:05.6Z");
    }
}
