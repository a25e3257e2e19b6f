//! Styles of texts: plain if unambiguous, otherwise quoted, and with several lines a literal block.

use crate::plan::yaml::{Resolved, resolve};

/// Properties of a text that decide its style.
struct Traits {
    /// True with a line break.
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

/// Style of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Style of a key, and true if it fits on a line with its value.
pub(super) fn key_style(text: &str) -> (Style, bool) {
    let traits = analyse(text);
    (style(text, &traits), text.len() <= 128 && !traits.multiline)
}

/// Style of a value or item.
pub(super) fn value_style(text: &str) -> Style {
    style(text, &analyse(text))
}

fn style(text: &str, traits: &Traits) -> Style {
    if text.contains('\n') {
        return if traits.block { Style::Literal } else { Style::Double };
    }
    if !matches!(resolve(text), Resolved::Text | Resolved::Merge) || is_old_bool(text) || is_base_60(text) {
        return Style::Double;
    }
    match traits {
        Traits { plain: true, .. } => Style::Plain,
        Traits { single: true, .. } => Style::Single,
        _ => Style::Double,
    }
}

/// Booleans of YAML 1.1.
fn is_old_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    )
}

/// Numbers of YAML 1.1 in base 60, such as `12:30:45`.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut places = whole.split(':');
    let first = places.next().unwrap_or_default();
    let mut count = 0;
    let sixties = places.all(|place| {
        count += 1;
        let bytes = place.as_bytes();
        bytes.iter().all(u8::is_ascii_digit) && (bytes.len() == 1 || bytes.len() == 2 && bytes[0] < b'6')
    });
    first.starts_with(|c: char| c.is_ascii_digit()) && digits(first) && count > 0 && sixties && digits(fraction)
}

/// Analyses every character with its neighbours.
fn analyse(text: &str) -> Traits {
    let marks = text.starts_with("---") || text.starts_with("...");
    let mut indicators = marks;
    let (mut breaks, mut special, mut tab, mut break_space, mut space_break) = (false, false, false, false, false);
    let mut previous: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        indicators |= is_indicator(c, previous, before_blank);
        tab |= c == '\t';
        special |= c != '\t' && !is_printable(c);
        breaks |= is_break(c);
        break_space |= c == ' ' && previous.is_some_and(is_break);
        space_break |= is_break(c) && previous == Some(' ');
        previous = Some(c);
    }
    let edge = |c: char| c == ' ' || is_break(c);
    let edges = text.starts_with(edge) || text.ends_with(edge);
    Traits {
        multiline: breaks,
        plain: !(edges || break_space || space_break || tab || special || breaks || indicators),
        single: !(break_space || space_break || tab || special),
        block: !(text.is_empty() || text.ends_with(' ') || space_break || special),
    }
}

/// True if the character would be an indicator in a plain text.
fn is_indicator(c: char, previous: Option<char>, before_blank: bool) -> bool {
    match (c, previous) {
        (':', _) | ('?' | '-', None) => before_blank,
        ('#', Some(previous)) => matches!(previous, ' ' | '\t') || is_break(previous),
        (_, None) => {
            matches!(c, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`')
        }
        _ => false,
    }
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// True for characters that yaml.v3 calls printable: line feeds and most of the basic plane, without tabs.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// Escapes a text for double quotes. A byte order mark at its beginning makes Go escape all characters.
pub(super) fn escaped(text: &str) -> String {
    let marked = text.starts_with('\u{feff}');
    text.chars()
        .map(
            |c| {
                if marked || is_break(c) || !is_printable(c) || c == '"' || c == '\\' {
                    escape(c)
                } else {
                    c.to_string()
                }
            },
        )
        .collect()
}

fn escape(c: char) -> String {
    let short = match c {
        '"' | '\\' => c,
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// Indicators after a literal block's bar: the indentation, if the text begins with a blank, and the sign for line
/// breaks at its end.
pub(super) fn hints(text: &str) -> String {
    let mut hints = String::new();
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        hints.push('4');
    }
    let mut backwards = text.chars().rev();
    match (backwards.next().is_some_and(is_break), backwards.next()) {
        (false, _) => hints.push('-'),
        (true, None) => hints.push('+'),
        (true, Some(before)) if is_break(before) => hints.push('+'),
        (true, Some(_)) => {}
    }
    hints
}
