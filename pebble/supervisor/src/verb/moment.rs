//! Times for people: `today at 15:04 UTC`.

use std::time::Duration;

use super::Arguments;
use crate::clock::Time;

/// Days beyond which a time is shown as a date.
const FAR: i64 = 60;

/// A time in the daemon's form as the arguments ask for it: with `--abs-time` to the second, else for people.
pub(super) fn shown(arguments: &Arguments, text: &str) -> String {
    match Time::parse(text) {
        None => "-".to_owned(),
        Some(time) if arguments.has("abs-time") => time.seconds(),
        Some(time) => for_people(time, Time::now()),
    }
}

/// A time, or a dash.
pub(super) fn shown_or_dash(arguments: &Arguments, text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| shown(arguments, text))
}

fn for_people(time: Time, now: Time) -> String {
    let text = time.seconds();
    let (date, clock) = (&text[..10], &text[11..16]);
    let midnight = |time: Time| Time::parse(&format!("{}T00:00:00Z", &time.seconds()[..10])).unwrap_or(time);
    let (then, today) = (midnight(time), midnight(now));
    let apart = (0..=FAR).find(|days| {
        let span = Duration::from_secs(days.unsigned_abs() * 24 * 3600);
        today.minus(span) == then || today.plus(span) == then
    });
    match (apart, then < today) {
        (Some(0), _) => format!("today at {clock} UTC"),
        (Some(1), true) => format!("yesterday at {clock} UTC"),
        (Some(1), false) => format!("tomorrow at {clock} UTC"),
        (Some(days), true) => format!("{days} days ago, at {clock} UTC"),
        (Some(days), false) => format!("in {days} days, at {clock} UTC"),
        (None, _) => date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_days_have_names() {
        let now = Time::parse("2026-03-01T12:00:00Z").unwrap();
        for (text, expected) in [
            ("2026-03-01T07:47:59Z", "today at 07:47 UTC"),
            ("2026-02-28T23:59:00Z", "yesterday at 23:59 UTC"),
            ("2026-02-20T01:02:03Z", "9 days ago, at 01:02 UTC"),
            ("2026-03-02T00:00:00Z", "tomorrow at 00:00 UTC"),
            ("2020-01-01T00:00:00Z", "2020-01-01"),
        ] {
            assert_eq!(for_people(Time::parse(text).unwrap(), now), expected);
        }
    }
}
