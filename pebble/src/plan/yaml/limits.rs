//! Limits on untrusted text.

use crate::plan::Error;

/// The longest text in bytes. The largest environment that Linux accepts fits into it.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// The most nodes, with aliases expanded.
pub(super) const MAX_NODES: usize = 100_000;
/// The most brackets that one line may open. The parser itself stops at 128 levels, but only after it has scanned the
/// whole text, at a cost that grows with the depth.
const MAX_BRACKETS: usize = 256;

/// The most characters that may begin a node. The parser stores every event of a text, some hundred bytes each, before
/// the first node is counted.
const MAX_INDICATORS: usize = 2 * MAX_NODES;

/// Checks the text without parsing it.
///
/// Brackets are counted line by line, quoted or not, so the depth of an accepted text is at most its number of lines
/// times the limit.
pub(super) fn check(text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        return Err(limit("text is larger than 1 MiB"));
    }
    let deepest = text.lines().map(opened).max().unwrap_or_default();
    if deepest > MAX_BRACKETS {
        return Err(limit("brackets are nested too deeply"));
    }
    if indicators(text) > MAX_INDICATORS {
        return Err(limit("text has too many brackets, commas and dashes"));
    }
    Ok(())
}

/// Number of brackets and commas, and of the signs that begin a block's node before a blank.
fn indicators(text: &str) -> usize {
    let pairs = text.bytes().zip(text.bytes().skip(1).chain([b'\n']));
    let begins = |(byte, next): &(u8, u8)| match byte {
        b'[' | b'{' | b',' => true,
        b'-' | b'?' | b':' => next.is_ascii_whitespace(),
        _ => false,
    };
    pairs.filter(begins).count()
}

/// The most brackets that are open at a time in a line.
fn opened(line: &str) -> usize {
    let mut open: usize = 0;
    let mut most = 0;
    for byte in line.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

pub(super) fn limit(why: &str) -> Error {
    Error::Limit(format!("yaml: {why}"))
}
