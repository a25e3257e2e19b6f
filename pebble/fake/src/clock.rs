//! Times of the virtual clock, which begins with the year 2026, and of files.

use std::time::Duration;

/// Seconds from 1970 to the beginning of the virtual clock.
const BEGINNING: u64 = 1_767_225_600;

/// A time of the virtual clock as text.
pub(crate) fn text(now: Duration) -> String {
    rfc3339(BEGINNING + now.as_secs(), now.subsec_nanos())
}

/// Seconds and nanoseconds since 1970 in the form of RFC 3339.
pub(crate) fn rfc3339(seconds: u64, nanoseconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let fraction = if nanoseconds == 0 { String::new() } else { format!(".{nanoseconds:09}") };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of a number of days since 1970.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(text(Duration::ZERO), "2026-01-01T00:00:00Z");
        assert_eq!(text(Duration::new(86_400 * 59 + 3_661, 5)), "2026-03-01T01:01:01.000000005Z");
        assert_eq!(rfc3339(951_782_400, 0), "2000-02-29T00:00:00Z");
    }
}
