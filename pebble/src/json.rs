//! Size of JSON in memory, known before it is parsed.

/// Returns the number of values and names in a JSON text, or a few more; the text need not be valid.
///
/// Each may take 200 bytes of memory once parsed, and only two bytes of text: a reader of untrusted text limits this
/// number besides the length.
///
/// ```
/// assert_eq!(webcharm_pebble::json::values(br#"{"a": [1, "b,c"]}"#), 5);
/// ```
pub fn values(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}
