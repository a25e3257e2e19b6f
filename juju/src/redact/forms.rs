//! The forms of a value in an application's output.

use crate::percent::{decode, encode};

/// Returns every form of a value, also the value itself. A value of several lines also gives each line.
pub(super) fn of(value: &str) -> Vec<String> {
    let decoded = decode(value);
    let mut forms = written(value);
    if decoded != value {
        forms.extend(written(&decoded));
    }
    // Of what a workload printed blanks at both ends of a line are cut off.
    if value.trim() != value {
        forms.extend(written(value.trim()));
    }
    if value.contains(['\n', '\r']) {
        let lines = value.split(['\n', '\r']).map(str::trim).filter(|line| line.len() >= super::SHORTEST);
        forms.extend(lines.flat_map(of));
    }
    forms
}

/// All notations of a text.
fn written(text: &str) -> Vec<String> {
    let plain = [text.to_owned(), json(text), ascii_json(text)];
    plain.into_iter().chain(percent(text)).chain(shell(text)).collect()
}

/// Percent-encoded: digits in upper and lower case, and spaces as `%20` and as `+`.
fn percent(value: &str) -> [String; 4] {
    let upper = encode(value);
    let lower = upper.split('%').enumerate().map(|(at, part)| if at == 0 { part.to_owned() } else { small(part) });
    let lower = lower.collect::<String>();
    let [upper_form, lower_form] = [&upper, &lower].map(|text| text.replace("%20", "+"));
    [upper, lower, upper_form, lower_form]
}

/// Writes the two digits after a percent sign, at the start of a part, in lower case.
fn small(part: &str) -> String {
    format!("%{}{}", part[..2].to_lowercase(), &part[2..])
}

/// Escaped for a JSON string, and for strings of most languages.
fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Escaped as Python's `json.dumps` does: ASCII only.
fn ascii_json(value: &str) -> String {
    let mut units = [0; 2];
    let escape = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    json(value).chars().map(escape).collect()
}

/// Escaped for single quotes as shells, Python's `shlex` and Python itself do, and with a backslash before every
/// special character.
fn shell(value: &str) -> [String; 4] {
    let special = |letter: char| !letter.is_alphanumeric() && !"_-./:=@%+,".contains(letter);
    let escaped = value.chars().map(|letter| if special(letter) { format!("\\{letter}") } else { letter.to_string() });
    [
        value.replace('\'', "'\\''"),
        value.replace('\'', "'\"'\"'"),
        value.replace('\\', "\\\\").replace('\'', "\\'"),
        escaped.collect(),
    ]
}
