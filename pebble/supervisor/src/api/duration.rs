//! Durations in requests.

use std::time::Duration;

use pebble::plan::{Span, quote};

/// Reads a duration as Go does; `None` for an empty text and for zero.
pub(super) fn duration(text: &str) -> Result<Option<Duration>, String> {
    Ok(Some(span(text)?).filter(|span| *span != Span::ZERO).map(Span::to_std))
}

/// Reads a duration that may be below zero; zero for an empty text.
pub(super) fn span(text: &str) -> Result<Span, String> {
    if text.is_empty() { Ok(Span::ZERO) } else { text.parse().map_err(|_| not_a_duration(text)) }
}

/// Go's message about a text that isn't a duration.
fn not_a_duration(text: &str) -> String {
    const UNITS: [&str; 8] = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"];
    let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    while rest.starts_with(is_number) {
        let (number, behind) = rest.split_at(rest.find(|letter| !is_number(letter)).unwrap_or(rest.len()));
        if !number.contains(|letter: char| letter.is_ascii_digit()) || number.matches('.').count() > 1 {
            break;
        }
        let (unit, behind) = behind.split_at(behind.find(is_number).unwrap_or(behind.len()));
        if unit.is_empty() {
            return format!("time: missing unit in duration {}", quote(text));
        }
        if !UNITS.contains(&unit) {
            return format!("time: unknown unit {} in duration {}", quote(unit), quote(text));
        }
        rest = behind;
    }
    format!("time: invalid duration {}", quote(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        assert_eq!(duration("1.5s"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!((duration(""), duration("0s")), (Ok(None), Ok(None)));
        assert_eq!(duration("10"), Err("time: missing unit in duration \"10\"".to_owned()));
        assert_eq!(duration("5x"), Err("time: unknown unit \"x\" in duration \"5x\"".to_owned()));
        assert_eq!(duration("x"), Err("time: invalid duration \"x\"".to_owned()));
        assert_eq!(duration("1ms2"), Err("time: missing unit in duration \"1ms2\"".to_owned()));
        assert_eq!(duration(".s"), Err("time: invalid duration \".s\"".to_owned()));
    }
}
