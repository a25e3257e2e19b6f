//! Reads YAML within limits: one reader for every project file, whose time and memory are linear in the text.
//!
//! The parser is a translation of libyaml. Two kinds of text cost it far more than their length: open brackets, each
//! looked at again for the next 1024 characters, and aliases, each a copy of its anchor. Both are counted before a
//! value is made. The parser itself limits the depth to 128.
//!
//! ```
//! let value: serde_yaml::Value = yaml::from_str("a: [1, 2]")?;
//! assert_eq!(value["a"][1], 2);
//! assert_eq!(yaml::from_str::<serde_yaml::Value>(&"[".repeat(20_000)).unwrap_err().to_string(),
//!     "it has more than 10000 brackets: write lists and mappings in lines");
//! # Ok::<(), yaml::Error>(())
//! ```

mod size;

use serde::de::{DeserializeOwned, DeserializeSeed};

/// Longest text, in bytes. A reader of files can stop one byte after it.
pub const MAX_BYTES: usize = 1 << 20;
/// Largest number of characters `[` and `{`, also in quotes, since only a parser could tell those apart. Each costs up
/// to 1024 steps.
pub const MAX_BRACKETS: usize = 10_000;
/// Largest number of keys, values and items. Those behind an alias count once for each use.
pub const MAX_NODES: usize = 200_000;
/// Largest total of keys and values, in bytes. Those behind an alias count once for each use.
pub const MAX_TEXT: usize = 4 << 20;

/// Text that can't be read. The messages continue a sentence such as "cannot read metadata.yaml: ".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is longer than [`MAX_BYTES`].
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The text has more than [`MAX_BRACKETS`].
    #[error("it has more than {MAX_BRACKETS} brackets: write lists and mappings in lines")]
    TooManyBrackets,
    /// The value has more than [`MAX_NODES`] or [`MAX_TEXT`].
    #[error("it has more than {MAX_NODES} values or {MAX_TEXT} bytes of them, with every use of an alias counted")]
    TooLarge,
    /// The bytes are not UTF-8.
    #[error(transparent)]
    NoText(#[from] std::str::Utf8Error),
    /// The text is not YAML, or not the YAML expected.
    #[error(transparent)]
    Syntax(#[from] serde_yaml::Error),
}

impl Error {
    /// Line and column of the fault, counted from 1, if it has a place.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        let Self::Syntax(error) = self else { return None };
        error.location().map(|place| (place.line(), place.column()))
    }
}

/// Reads the one document of a text.
///
/// # Errors
/// A limit is passed, or the text isn't the YAML expected.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    check(text)?;
    Ok(serde_yaml::from_str(text)?)
}

/// Reads the one document of bytes that should be UTF-8.
///
/// # Errors
/// As [`from_str`], and bytes that aren't UTF-8.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    from_str(std::str::from_utf8(bytes)?)
}

/// Checks a text against the limits, for callers that parse it themselves.
///
/// # Errors
/// A limit is passed. Text that is no YAML passes: the caller's parser reports it.
pub fn check(text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::TooLong);
    }
    if text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > MAX_BRACKETS {
        return Err(Error::TooManyBrackets);
    }
    let mut budget = size::Budget { nodes: MAX_NODES, text: MAX_TEXT };
    for document in serde_yaml::Deserializer::from_str(text).take(2) {
        if size::Measure(&mut budget).deserialize(document).is_err() {
            break;
        }
    }
    if budget.is_spent() { Err(Error::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
