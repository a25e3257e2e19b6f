//! Escapes untrusted text for printing: a terminal would obey its control characters.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` in one line without control characters, escape sequences and overrides of the writing direction.
///
/// Each of them becomes its escape, as in Rust: `\n`, `\u{1b}`. All other text stays as it is, backslashes too. For
/// every quotation in a message: file names, keys and values of files, output of programs.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// As [`shown`], but line breaks and tabs stay, for text of several lines.
#[must_use]
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| is_hidden(character) && !['\n', '\t'].contains(&character))
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            hidden if is_hidden(hidden) => {
                write!(out, "{}", hidden.escape_default()).expect("writing to a string can't fail");
            }
            plain => out.push(plain),
        }
    }
    Cow::Owned(out)
}

/// True of a character that a terminal obeys instead of showing: control characters (C0, DEL, C1), line separators,
/// marks of the writing direction, the byte order mark and the invisible tags.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_that_a_terminal_obeys_are_escaped() {
        for (text, expected) in [
            ("plain \\ ä 漢 🦀", "plain \\ ä 漢 🦀"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\\u{202e}b\\u{2066}c\\u{200f}"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown_lines("a\n\tb\u{1b}[0m\r"), "a\n\tb\\u{1b}[0m\\r");
        assert!(matches!(shown("plain"), Cow::Borrowed("plain")), "nothing is copied");
    }

    proptest! {
        #[test]
        fn no_hidden_character_is_left(text in any::<String>()) {
            prop_assert!(!shown(&text).contains(is_hidden));
        }
    }
}
