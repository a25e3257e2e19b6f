//! Text in double quotes as Go's `%q` prints it, for messages that must match Pebble's.

/// Text in double quotes, with what needs it escaped, as Go's `%q` prints it.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
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

/// Rust's own idea of printable, which is within a few code points of Go's.
fn printable(c: char) -> bool {
    !format!("{c:?}").contains("\\u") || is_mark(c)
}

/// The combining marks of the common blocks, which Rust escapes and Go doesn't.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_as_go_does() {
        let table = [
            ("web", r#""web""#),
            ("", r#""""#),
            ("it's \"so\"\\", r#""it's \"so\"\\""#),
            ("a\tb\nc\r\x07\x08\x0b\x0c", r#""a\tb\nc\r\a\b\v\f""#),
            ("\x01\x7f", r#""\x01\x7f""#),
            ("é日本😀e\u{301}", "\"é日本😀e\u{301}\""),
            ("\u{85}\u{a0}\u{feff}\u{e0001}", r#""\u0085\u00a0\ufeff\U000e0001""#),
        ];
        for (text, quoted) in table {
            assert_eq!(quote(text), quoted);
        }
    }
}
