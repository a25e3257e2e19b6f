//! Quoting of clients' texts in messages: as in Go, to match Pebble's messages, but shortened.

use std::borrow::Cow;

/// The most characters of a client's text in a message. Pebble repeats any length.
const LONGEST: usize = 100;
/// The most items of a list in a message.
const MOST_ITEMS: usize = 20;

/// Shortens a text of more than 100 characters to its first 60 and last 40, with `...` in between.
///
/// ```
/// assert_eq!(webcharm_pebble::plan::shortened("short"), "short");
/// assert_eq!(webcharm_pebble::plan::shortened(&"x".repeat(1 << 20)).len(), 103);
/// ```
pub fn shortened(text: &str) -> Cow<'_, str> {
    shortened_to(text, LONGEST)
}

/// [`shortened`] to `most` characters: three fifths of them from the beginning, the rest from the end.
pub(crate) fn shortened_to(text: &str, most: usize) -> Cow<'_, str> {
    let first = most * 3 / 5;
    let start = text.char_indices().nth(first).map(|(at, _)| at);
    let end = text.char_indices().rev().nth((most - first).saturating_sub(1)).map(|(at, _)| at);
    match (start, end) {
        (Some(start), Some(end)) if start < end => format!("{}...{}", &text[..start], &text[end..]).into(),
        _ => text.into(),
    }
}

/// Joins the first 20 items, and adds the number of the others.
pub fn listed(items: &[String], separator: &str) -> String {
    let shown = items[..items.len().min(MOST_ITEMS)].join(separator);
    match items.len().saturating_sub(MOST_ITEMS) {
        0 => shown,
        more => format!("{shown}{separator}and {more} more"),
    }
}

/// Quotes a text as Go's `%q` does, [`shortened`].
pub fn quote(text: &str) -> String {
    let text = shortened(text);
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\x00"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            _ if printable(c) => out.push(c),
            _ => out.push_str(&escape(u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn escape(code: u32) -> String {
    match code {
        ..0x80 => format!("\\x{code:02x}"),
        0x80..0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Rust's definition of printable, which differs from Go's in a few code points.
fn printable(c: char) -> bool {
    !format!("{c:?}").contains("\\u") || is_mark(c)
}

/// Combining marks of the common blocks, which Rust escapes and Go doesn't.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::{listed, quote, shortened};

    #[test]
    fn long_texts_are_quoted_by_their_ends() {
        let whole = "é".repeat(100);
        assert_eq!(shortened(&whole), whole);
        let long = format!("{}{}{}", "a".repeat(60), "é".repeat(1 << 20), "z".repeat(40));
        assert_eq!(shortened(&long), format!("{}...{}", "a".repeat(60), "z".repeat(40)));
        assert_eq!(quote(&"\0".repeat(1 << 20)).len(), 2 + 4 * 100 + 3);
    }

    #[test]
    fn long_lists_end_with_a_number() {
        let items = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(listed(&items(3), ", "), "0, 1, 2");
        assert_eq!(listed(&items(20), ";").matches(';').count(), 19);
        assert_eq!(listed(&items(23), ", ").split_once("19, ").unwrap().1, "and 3 more");
    }

    #[test]
    fn quotes_as_go_does() {
        let table = [
            ("web", r#""web""#),
            ("", r#""""#),
            ("it's \"so\"\\", r#""it's \"so\"\\""#),
            ("a\tb\nc\r\x07\x08\x0b\x0c", r#""a\tb\nc\r\a\b\v\f""#),
            ("\0\x01\x7f", r#""\x00\x01\x7f""#),
            ("é日本😀e\u{301}", "\"é日本😀e\u{301}\""),
            ("\u{85}\u{a0}\u{feff}\u{e0001}", r#""\u0085\u00a0\ufeff\U000e0001""#),
        ];
        for (text, quoted) in table {
            assert_eq!(quote(text), quoted);
        }
    }
}
