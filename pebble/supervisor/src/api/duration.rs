//! Durations in requests.

use std::time::Duration;

use pebble::plan::{Span, quote};

/// Reads a duration as Go does; `None` for an empty text and for zero.
pub(super) fn duration(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let span: Span = text.parse().map_err(|_| not_a_duration(text))?;
    Ok(Some(span).filter(|span| *span != Span::ZERO).map(Span::to_std))
}

/// Go's message about a text that isn't a duration.
fn not_a_duration(text: &str) -> String {
    let number = text.trim_start_matches(['-', '+']);
    let behind = number.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let unit = behind.split(|letter: char| letter.is_ascii_digit() || letter == '.').next().unwrap_or_default();
    match (number.len() > behind.len(), unit) {
        (true, "") => format!("time: missing unit in duration {}", quote(text)),
        (true, unit) if !["ns", "us", "µs", "ms", "s", "m", "h"].contains(&unit) => {
            format!("time: unknown unit {} in duration {}", quote(unit), quote(text))
        }
        _ => format!("time: invalid duration {}", quote(text)),
    }
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
    }
}
