//! What is wrong with a file of a folder, and what mends it.

use std::io;

use super::{DEPTH, NAMES};
use crate::text::shown;

/// Why a file of a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path leads out of the folder.
    #[error("{} leads out of {}: name a path inside it", shown(.path), shown(.folder))]
    Outside {
        /// The path, as it was written.
        path: String,
        /// The folder.
        folder: String,
    },
    /// The path is too deep.
    #[error("{} is more than {DEPTH} folders deep", shown(&.0.chars().take(200).collect::<String>()))]
    Deep(String),
    /// The path, or a folder on it, is a symbolic link.
    #[error("{} is a symbolic link, which isn't followed: put what it leads to in its place", shown(.0))]
    Link(String),
    /// It is of another kind than needed.
    #[error("{} is {is}, not {needed}", shown(.path))]
    Kind {
        /// The path.
        path: String,
        /// What it is.
        is: &'static str,
        /// What it must be.
        needed: &'static str,
    },
    /// It is too large.
    #[error("{} is larger than {limit} bytes, the most that is read of such a file: make it smaller", shown(.path))]
    Large {
        /// The path.
        path: String,
        /// The limit.
        limit: u64,
    },
    /// The folder has too many entries.
    #[error("{} has more than {NAMES} entries: divide it", shown(.0))]
    Many(String),
    /// It can't be read.
    #[error("cannot read {}", shown(.path))]
    Read {
        /// The path.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It can't be written.
    #[error("cannot write {}", shown(.path))]
    Write {
        /// The path.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}
