//! Times of RFC 3339 as Go parses them, with its messages.

use pebble::plan::quote;

use super::Time;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Parses a time.
///
/// # Errors
/// Go's message about the first part that is none, or out of its range.
pub(crate) fn parse(text: &str) -> Result<Time, String> {
    Parser { text, rest: text }.parse()
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Time, String> {
        self.digits(4, "2006")?;
        self.literal("-")?;
        let month = self.digits(2, "01")?;
        self.check("month", (1..=12).contains(&month))?;
        self.literal("-")?;
        self.digits(2, "02")?;
        self.literal("T")?;
        let hour = self.digits(2, "15")?;
        self.check("hour", hour < 24)?;
        self.literal(":")?;
        let minute = self.digits(2, "04")?;
        self.check("minute", minute < 60)?;
        self.literal(":")?;
        let second = self.digits(2, "05")?;
        self.check("second", second < 60)?;
        self.fraction();
        self.zone()?;
        if !self.rest.is_empty() {
            return Err(self.wrong(&format!("extra text: {}", quote(self.rest))));
        }
        // Only the day of the month is left to be wrong.
        Time::parse(&self.text.replace(',', ".")).ok_or_else(|| self.wrong("day out of range"))
    }

    fn digits(&mut self, count: usize, element: &str) -> Result<u32, String> {
        let digits = self.rest.get(..count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| self.not(element))?;
        self.rest = &self.rest[count..];
        Ok(number)
    }

    fn literal(&mut self, literal: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(literal).ok_or_else(|| self.not(literal))?;
        Ok(())
    }

    fn fraction(&mut self) {
        let Some(digits) = self.rest.strip_prefix(['.', ',']) else { return };
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        if end > 0 {
            self.rest = &digits[end..];
        }
    }

    fn zone(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(());
        }
        let (zone, rest) = self.rest.split_at_checked(6).ok_or_else(|| self.not("Z07:00"))?;
        let is_digit = |at: usize| zone.as_bytes()[at].is_ascii_digit();
        if !zone.starts_with(['+', '-']) || zone.as_bytes()[3] != b':' || ![1, 2, 4, 5].into_iter().all(is_digit) {
            return Err(self.not("Z07:00"));
        }
        self.rest = rest;
        Ok(())
    }

    fn check(&self, part: &str, is_within: bool) -> Result<(), String> {
        if is_within { Ok(()) } else { Err(self.wrong(&format!("{part} out of range"))) }
    }

    fn not(&self, element: &str) -> String {
        let (text, rest) = (quote(self.text), quote(self.rest));
        format!(r#"parsing time {text} as "{LAYOUT}": cannot parse {rest} as "{element}""#)
    }

    fn wrong(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote(self.text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_are_gos() {
        let cannot = |rest: &str, element: &str| format!("cannot parse \"{rest}\" as \"{element}\"");
        for (text, expected) in [
            ("", cannot("", "2006")),
            ("x", cannot("x", "2006")),
            ("2024-01-01", cannot("", "T")),
            ("2024-1-1T00:00:00Z", cannot("1-1T00:00:00Z", "01")),
            ("2024-01-01t00:00:00z", cannot("t00:00:00z", "T")),
            ("2024-01-01T00:00:00", cannot("", "Z07:00")),
            ("2024-01-01T00:00:00+0100", cannot("+0100", "Z07:00")),
            ("2024-13-01T00:00:00Z", "month out of range".to_owned()),
            ("2024-02-30T00:00:00Z", "day out of range".to_owned()),
            ("2024-01-01T00:00:60Z", "second out of range".to_owned()),
            ("2024-01-01T00:00:00Zx", "extra text: \"x\"".to_owned()),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.ends_with(&expected), "{text}: {error}");
        }
        for text in ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5+01:00", "2024-01-01T00:00:00,5Z"] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(2024-01-01T)?[0-9:.,+Zé-]{0,14}") {
            let _ = parse(&text);
        }
    }
}
