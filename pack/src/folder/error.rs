//! Errors of a folder's files, each with its remedy.

use std::io;

use super::{DEPTH, NAMES};
use crate::text::shown;

/// Error about a file of a folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path leads out of the folder.
    #[error("{} leads out of {}: name a path inside it", shown(.path), shown(.folder))]
    Outside {
        /// The path as written.
        path: String,
        /// The folder.
        folder: String,
    },
    /// The path is too deep.
    #[error("{} is more than {DEPTH} folders deep", shown(&.0.chars().take(200).collect::<String>()))]
    Deep(String),
    /// The path, or a folder on it, is a symbolic link.
    #[error("{} is a symbolic link, which isn't followed: replace it by a copy of its target", shown(.0))]
    Link(String),
    /// The entry is of another kind than needed.
    #[error("{} is {is}, not {needed}", shown(.path))]
    Kind {
        /// The path.
        path: String,
        /// The kind it has.
        is: &'static str,
        /// The kind it must have.
        needed: &'static str,
    },
    /// A text has bytes that aren't UTF-8.
    #[error("{} is no UTF-8 text, in line {line}: save it as UTF-8", shown(.path))]
    NoText {
        /// The path.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// The file is too large.
    #[error("{} is larger than {limit} bytes, the most that is read of such a file: make it smaller", shown(.path))]
    Large {
        /// The path.
        path: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The folder has too many entries.
    #[error("{} has more than {NAMES} entries: divide it", shown(.0))]
    Many(String),
    /// The file or folder can't be read.
    #[error("cannot read {}", shown(.path))]
    Read {
        /// The path.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file or folder can't be written.
    #[error("cannot write {}", shown(.path))]
    Write {
        /// The path.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}
