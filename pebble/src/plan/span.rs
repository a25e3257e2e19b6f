//! Durations in Go's text form (`1m30s`, `500ms`), as in Pebble's layers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

/// A duration in nanoseconds, possibly negative, parsed and printed as in Go.
///
/// ```
/// use webcharm_pebble::plan::Span;
/// assert_eq!("90s".parse::<Span>().unwrap().to_string(), "1m30s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

/// An optional duration of a layer. One that is set to the default differs from an unset one: it is printed.
pub type OptionalDuration = Option<Span>;

/// Text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid duration {}", super::quote(.0))]
pub struct NotASpan(String);

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Span {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// From seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000_000_000)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Converts to a timer's duration; a negative span is zero.
    pub fn to_std(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

impl From<Duration> for Span {
    /// Saturates at Go's longest duration, some 292 years.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        let magnitude = magnitude(rest).ok_or_else(|| NotASpan(text.to_owned()))?;
        let nanos = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
        nanos.map(Self).ok_or_else(|| NotASpan(text.to_owned()))
    }
}

/// Sum of the terms of an unsigned duration, at most 2⁶³; `None` for another text.
fn magnitude(mut text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let (nanos, rest) = term(text)?;
        total = total.checked_add(nanos).filter(|total| *total <= 1 << 63)?;
        text = rest;
    }
    Some(total)
}

/// Splits off one number with its unit.
fn term(text: &str) -> Option<(u64, &str)> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => split_digits(after),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos = whole.checked_mul(scale)?.checked_add(fraction_nanos(fraction, scale))?;
    (nanos <= 1 << 63).then_some((nanos, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Nanoseconds of the digits after the point, rounded down. Digits beyond 63 bits are dropped.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "as in Go")]
fn fraction_nanos(digits: &str, scale: u64) -> u64 {
    let (mut numerator, mut denominator): (u64, f64) = (0, 1.0);
    for digit in digits.bytes().map(|digit| u64::from(digit - b'0')) {
        let Some(longer) = numerator.checked_mul(10).and_then(|n| n.checked_add(digit)).filter(|n| *n <= 1 << 63)
        else {
            break;
        };
        numerator = longer;
        denominator *= 10.0;
    }
    (numerator as f64 * (scale as f64 / denominator)) as u64
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            ..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(nanos, 1_000_000)),
            _ => {
                let minutes = nanos / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", decimal(nanos % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

/// Prints `value / unit` exactly, without trailing zeros; `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_go_reads() {
        let table = [
            ("0", "0s"),
            ("-0", "0s"),
            ("0s", "0s"),
            ("1s", "1s"),
            ("+5s", "5s"),
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("36h15m.5s", "36h15m0.5s"),
            ("1.5s", "1.5s"),
            ("500ms", "500ms"),
            ("1us", "1µs"),
            ("1µs", "1µs"),
            ("1μs2ns", "1.002µs"),
            ("1.0000000001s", "1s"),
            ("1.s", "1s"),
            (".5m", "30s"),
            ("-1.5h", "-1h30m0s"),
            ("100ns", "100ns"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
            ("0.3333333333333333333h", "20m0s"),
        ];
        for (text, printed) in table {
            assert_eq!(text.parse::<Span>().map(|s| s.to_string()).as_deref(), Ok(printed), "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in
            ["", "1", "s", ".s", "-", "+", "1x", "1 s", "1s ", "3000000h", "9223372036854775808ns", "0x1s", "1d"]
        {
            assert_eq!(text.parse::<Span>(), Err(NotASpan(text.to_owned())), "{text}");
        }
        assert_eq!("1 day".parse::<Span>().unwrap_err().to_string(), r#"invalid duration "1 day""#);
    }

    proptest! {
        #[test]
        fn printed_spans_are_read_back(nanos: i64) {
            prop_assert_eq!(Span(nanos).to_string().parse::<Span>(), Ok(Span(nanos)));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<Span>();
        }
    }
}
