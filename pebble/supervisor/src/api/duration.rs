//! Durations in requests.

use pebble::plan::{Span, quote};

/// Reads a limit, which may be below zero, as Go does; `None` for an empty text and for zero.
pub(super) fn limit(text: &str) -> Result<Option<Span>, String> {
    Ok(Some(span(text)?).filter(|span| *span != Span::ZERO))
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
        assert_eq!(limit("1.5s"), Ok(Some(Span::from_millis(1500))));
        assert_eq!((limit(""), limit("0s"), limit("-1s")), (Ok(None), Ok(None), Ok(Some(Span::from_secs(-1)))));
        assert_eq!(limit("10"), Err("time: missing unit in duration \"10\"".to_owned()));
        assert_eq!(limit("5x"), Err("time: unknown unit \"x\" in duration \"5x\"".to_owned()));
        assert_eq!(limit("x"), Err("time: invalid duration \"x\"".to_owned()));
        assert_eq!(limit("1ms2"), Err("time: missing unit in duration \"1ms2\"".to_owned()));
        assert_eq!(limit(".s"), Err("time: invalid duration \".s\"".to_owned()));
    }
}
