//! YAML printer in the style of Juju's tools, that of Go's `yaml.v3` (four spaces, ambiguous strings in double quotes).
//!
//! It prints the values that tools answer with: maps, lists and scalars.

use serde_json::Value;

/// Prints a document that ends with a newline.
pub(crate) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(value, 0, false, &mut out),
        Value::Array(list) if !list.is_empty() => sequence(list, 0, &mut out),
        _ => {
            out.push_str(&scalar(value, 0));
            out.push('\n');
        }
    }
    out
}

/// Prints the entries of a map. With `inline` the first entry follows the dash of a list.
fn mapping(value: &Value, indent: usize, inline: bool, out: &mut String) {
    let Value::Object(map) = value else { return };
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 || !inline {
            pad(indent, out);
        }
        out.push_str(&text(key, indent));
        out.push(':');
        entry(value, indent, out);
    }
}

fn entry(value: &Value, indent: usize, out: &mut String) {
    // yaml.v3 counts a list's dash and space as two of the four columns of the next level.
    let inner = if indent % 4 == 2 { indent + 2 } else { indent + 4 };
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            mapping(value, inner, false, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            sequence(list, inner, out);
        }
        _ => {
            out.push(' ');
            out.push_str(&scalar(value, indent));
            out.push('\n');
        }
    }
}

fn sequence(list: &[Value], indent: usize, out: &mut String) {
    for value in list {
        pad(indent, out);
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => mapping(value, indent + 2, true, out),
            _ => {
                out.push_str(&scalar(value, indent));
                out.push('\n');
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(value: &Value, indent: usize) -> String {
    match value {
        Value::String(string) => text(string, indent),
        // Empty containers, numbers, booleans and null are the same in JSON and YAML.
        _ => value.to_string(),
    }
}

/// A string in the first YAML style that a reader takes for the same string.
fn text(string: &str, indent: usize) -> String {
    if string.chars().any(|c| c != '\n' && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'))) {
        return double(string);
    }
    if is_ambiguous(string) {
        return double(string);
    }
    if string.contains('\n') {
        return if has_space_at_break(string) { double(string) } else { literal(string, indent) };
    }
    if is_plain(string) { string.to_owned() } else { format!("'{}'", string.replace('\'', "''")) }
}

fn double(string: &str) -> String {
    let mut out = String::from("\"");
    for c in string.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if c.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn has_space_at_break(string: &str) -> bool {
    string.contains(" \n") || string.ends_with(' ')
}

/// A block scalar. `-`, no sign or `+` after the bar stands for no, one or more newlines at the end of the string.
fn literal(string: &str, indent: usize) -> String {
    let body = string.trim_end_matches('\n');
    let ends = string.len() - body.len();
    let chomp = match ends {
        0 => "-",
        1 if !body.is_empty() => "",
        _ => "+",
    };
    let hint = if string.starts_with([' ', '\n']) { "4" } else { "" };
    let inner = " ".repeat(indent + 4);
    let mut lines = vec![format!("|{hint}{chomp}")];
    lines.extend(body.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{inner}{line}") }));
    lines.extend((1..ends).map(|_| String::new()));
    lines.join("\n")
}

/// True if a reader of YAML 1.1 or 1.2 takes the bare text for another type than a string.
fn is_ambiguous(string: &str) -> bool {
    const WORDS: [&str; 17] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "+.inf", "-.inf", ".nan", "<<",
        "=",
    ];
    let lower = string.to_lowercase();
    (WORDS.contains(&lower.as_str()) && string != "=") || is_number(&lower) || is_base60(string) || is_date(string)
}

fn is_number(lower: &str) -> bool {
    let bare = lower.replace('_', "");
    let digits = bare.trim_start_matches(['+', '-']);
    if bare.len() - digits.len() > 1 || !lower.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return false;
    }
    let radix =
        |prefix: &str, radix| digits.strip_prefix(prefix).is_some_and(|d| u64::from_str_radix(d, radix).is_ok());
    let decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().any(|c| c.is_ascii_digit())
        && digits.parse::<f64>().is_ok();
    decimal || radix("0x", 16) || radix("0o", 8) || radix("0b", 2)
}

/// True for a number to base sixty of YAML 1.1, such as `12:30:45`.
fn is_base60(string: &str) -> bool {
    let rest = string.trim_start_matches(['+', '-']);
    let (whole, fraction) = rest.split_once('.').map_or((rest, ""), |(whole, fraction)| (whole, fraction));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let tail: Vec<&str> = parts.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_')
        && !tail.is_empty()
        && tail.iter().all(|part| part.parse::<u8>().is_ok_and(|n| n < 60) && part.len() <= 2 && !part.starts_with('+'))
        && fraction.chars().all(|c| c.is_ascii_digit() || c == '_')
}

/// True for `2024-01-31`: alone, with a time after a space, or with a time and a zone after a T.
fn is_date(string: &str) -> bool {
    let at = string.find(['T', 't', ' ']).unwrap_or(string.len());
    let (date, rest) = string.split_at(at);
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let is_day = year.len() == 4 && [year, month, day].into_iter().all(|part| is_digits(part)) && month.len() < 3;
    let is_time = match rest.chars().next() {
        None => true,
        Some(' ') => is_clock(&rest[1..]),
        Some(_) => rest[1..].find(['Z', '+', '-']).is_some_and(|zone| is_clock(&rest[1..=zone])),
    };
    is_day && day.len() < 3 && is_time
}

fn is_digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// True for `1:02:03`, with or without a fraction.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    let [hour, minute, second] = parts.as_slice() else { return false };
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    [hour, minute, &second, &fraction].into_iter().all(|part| is_digits(part))
}

fn is_plain(string: &str) -> bool {
    let mut chars = string.chars();
    let first = chars.next().unwrap_or(' ');
    let second = chars.next();
    let opens = match first {
        '-' | '?' | ':' => second.is_none_or(|c| c == ' '),
        c => "#,[]{}&*!|>'\"%@` ".contains(c),
    };
    !opens
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && !string.contains(" #")
        && !string.starts_with("---")
        && !string.starts_with("...")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn scalars_look_as_go_prints_them() {
        for (string, printed) in [
            ("plain text", "plain text"),
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("1e3", "\"1e3\""),
            ("0o17", "\"0o17\""),
            ("12:30:45", "\"12:30:45\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("10.1.0.1", "10.1.0.1"),
            ("a: b", "'a: b'"),
            ("it's", "it's"),
            ("- a", "'- a'"),
            ("-a", "-a"),
            ("{}", "'{}'"),
            ("tab\there", "\"tab\\there\""),
            ("two\nlines", "|-\n    two\n    lines"),
            ("two\nlines\n", "|\n    two\n    lines"),
        ] {
            assert_eq!(document(&json!(string)), format!("{printed}\n"), "{string:?}");
        }
    }

    #[test]
    fn maps_and_lists_nest_as_go_prints_them() {
        let value = json!({"a": {"b": [{"c": 1, "d": ["x"]}, "y"], "e": {}}, "f": [], "g": null, "h": true});
        let printed = "a:\n    b:\n        - c: 1\n          d:\n            - x\n        - \"y\"\n    e: {}\nf: []\ng: null\nh: true\n";
        assert_eq!(document(&value), printed);
    }

    proptest! {
        #[test]
        fn every_string_reads_back_as_itself(key in "[a-z]{1,8}", string in "(?s).{0,24}|[ \n:#'\"-]{0,8}|[0-9_.:eE+-]{1,8}") {
            let printed = document(&json!({key.as_str(): &string}));
            let back: serde_json::Map<String, Value> = serde_yaml::from_str(&printed).unwrap();
            prop_assert_eq!(&back[&key], &json!(string), "{}", printed);
        }
    }
}
