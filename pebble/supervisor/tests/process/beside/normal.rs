//! Answers without the parts that differ between two runs of one daemon.

use serde_json::Value;

use super::request::Answer;

/// The answer as text: status, headers and body, without times, boundaries and random names. Changes, which Pebble lists in
/// random order, are sorted.
pub(super) fn normal(answer: &Answer) -> String {
    let boundary = answer.kind.split_once("boundary=").map(|(_, boundary)| boundary.to_owned());
    let mut text = String::from_utf8_lossy(&answer.body).into_owned();
    if let Some(sorted) = sorted_changes(&answer.json()) {
        text = sorted;
    }
    let mut text = format!("{} {} {}\n{text}", answer.status, answer.kind, answer.location);
    if let Some(boundary) = boundary {
        text = text.replace(&boundary, "<boundary>");
    }
    without_boot_id(&without_random(&without_times(&text)))
}

fn sorted_changes(body: &Value) -> Option<String> {
    let list = body["result"].as_array().filter(|list| list.len() > 1)?;
    if !list.iter().all(|item| item.get("ready").is_some()) {
        return None;
    }
    let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
    texts.sort();
    Some(texts.join("\n"))
}

/// Replaces times of RFC 3339 with a mark that shows the number of their digits only if it is fixed.
fn without_times(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|&at| is_time(&rest.as_bytes()[at..])) {
        plain.push_str(&rest[..at]);
        plain.push_str("<time>");
        let tail = &rest[at + 19..];
        rest = tail.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".:+-Z".contains(letter));
    }
    plain + rest
}

fn is_time(text: &[u8]) -> bool {
    let pattern = b"dddd-dd-ddTdd:dd:dd";
    text.len() >= pattern.len()
        && pattern.iter().zip(text).all(|(wanted, byte)| match wanted {
            b'd' => byte.is_ascii_digit(),
            wanted => wanted == byte,
        })
}

/// Replaces the random part of a temporary file `NAME.DRAWN~`.
fn without_random(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split('~').collect();
    let last = pieces.pop().unwrap_or_default();
    let stripped = pieces.into_iter().map(|piece| match piece.rsplit_once('.') {
        Some((name, drawn)) if drawn.len() > 5 && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("{name}.<drawn>~")
        }
        _ => format!("{piece}~"),
    });
    stripped.collect::<String>() + last
}

fn without_boot_id(text: &str) -> String {
    let Some((before, rest)) = text.split_once(r#""boot-id":""#) else { return text.to_owned() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!(r#"{before}"boot-id":"<boot>"{after}"#)
}
