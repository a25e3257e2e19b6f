//! Bounds on strangers' text.

use crate::plan::Error;

/// The longest text. An environment that Linux would still take is smaller.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// The most nodes, each alias counted as what it stands for.
pub(super) const MAX_NODES: usize = 100_000;
/// The most brackets one line may leave open. The parser itself ends at 128 levels, but only once it has seen the whole
/// text, at a cost that grows with this.
const MAX_BRACKETS: usize = 256;

/// The most characters that may begin a node. The parser keeps every event of a text, at a cost of some hundred bytes
/// each, before the first is counted as a node.
const MAX_INDICATORS: usize = 2 * MAX_NODES;

/// Looks at the text without parsing it.
///
/// Brackets are counted line by line, quoted or not, and only those that a line leaves open add up; so a text gets
/// past this only if it is no deeper than it is long in lines, times the bound.
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

/// Brackets and commas, and the signs that begin a block's node when a blank follows.
fn indicators(text: &str) -> usize {
    let pairs = text.bytes().zip(text.bytes().skip(1).chain([b'\n']));
    let begins = |(byte, next): &(u8, u8)| match byte {
        b'[' | b'{' | b',' => true,
        b'-' | b'?' | b':' => next.is_ascii_whitespace(),
        _ => false,
    };
    pairs.filter(begins).count()
}

/// The most brackets that one line has open at a time.
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
