//! JSON as Go's `encoding/json` writes it.

use serde::Serialize;

/// A value as JSON that is safe in HTML, as Go writes it by default: `<`, `>`, `&` and two line ends are escaped.
/// Serialising can't fail, as all keys are text.
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    escaped(&serde_json::to_vec(value).unwrap_or_default(), true)
}

/// [`encode`] for a stream of logs: only the two line ends are escaped.
pub(crate) fn encode_log(value: &impl Serialize) -> Vec<u8> {
    escaped(&serde_json::to_vec(value).unwrap_or_default(), false)
}

/// Escapes letters of JSON. They can only be inside of texts.
fn escaped(json: &[u8], html: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let [first, tail @ ..] = rest {
        let (escape, length): (&[u8], usize) = match (first, tail) {
            (b'<', _) if html => (b"\\u003c", 1),
            (b'>', _) if html => (b"\\u003e", 1),
            (b'&', _) if html => (b"\\u0026", 1),
            (0xe2, [0x80, 0xa8, ..]) => (b"\\u2028", 3),
            (0xe2, [0x80, 0xa9, ..]) => (b"\\u2029", 3),
            _ => (&rest[..1], 1),
        };
        out.extend_from_slice(escape);
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_safe_in_html() {
        let text = "<a> & \u{2028}\u{2029}\u{2030}\u{7f}\n";
        assert_eq!(encode(&text), "\"\\u003ca\\u003e \\u0026 \\u2028\\u2029\u{2030}\u{7f}\\n\"".as_bytes());
        assert_eq!(encode_log(&text), "\"<a> & \\u2028\\u2029\u{2030}\u{7f}\\n\"".as_bytes());
    }
}
