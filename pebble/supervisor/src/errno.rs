//! Errors of the operating system in Pebble's words: the C library's, in lower case.

use std::borrow::Cow;
use std::fmt;
use std::io;

use pebble::plan::shortened;
use rustix::io::Errno;

/// Bytes of the longest path that Linux takes, its end included.
const LONGEST_PATH: usize = 4096;

/// An error in Pebble's form `OPERATION PATH: REASON`.
#[derive(Debug)]
pub(crate) struct PathError {
    doing: &'static str,
    path: String,
    source: io::Error,
}

impl PathError {
    /// Returns a function for `map_err`.
    pub(crate) fn when(doing: &'static str, path: &str) -> impl FnOnce(io::Error) -> PathError {
        let path = path.to_owned();
        move |source| PathError { doing, path, source }
    }

    /// True if the path or one of its directories does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }

    /// True if the system denied access.
    pub(crate) fn is_permission_denied(&self) -> bool {
        self.source.kind() == io::ErrorKind::PermissionDenied
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.doing, shown(&self.path), text(&self.source))
    }
}

impl std::error::Error for PathError {}

/// A path in a message: shortened if it is longer than any that the system takes.
pub(crate) fn shown(path: &str) -> Cow<'_, str> {
    if path.len() < LONGEST_PATH { path.into() } else { shortened(path) }
}

/// The C library's text of an error, in lower case and without the number.
pub(crate) fn text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => of_number(number),
        // A path with a zero byte, which the system never sees.
        None if error.kind() == io::ErrorKind::InvalidInput => of_number(Errno::INVAL.raw_os_error()),
        None => error.to_string(),
    }
}

fn of_number(number: i32) -> String {
    let full = io::Error::from_raw_os_error(number).to_string();
    let plain = full.strip_suffix(&format!(" (os error {number})")).unwrap_or(&full);
    // Only the first letter: names such as "RFS specific error" keep their capitals.
    let mut letters = plain.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// An error with this number, for checks without a system call.
pub(crate) fn error(errno: Errno) -> io::Error {
    errno.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_pebble() {
        let error = PathError::when("stat", "/nope")(error(Errno::NOENT));
        assert_eq!(error.to_string(), "stat /nope: no such file or directory");
        assert!(error.is_not_found() && !error.is_permission_denied());
        assert_eq!(text(&super::error(Errno::PERM)), "operation not permitted");
    }

    #[test]
    fn a_path_longer_than_any_is_not_repeated_whole() {
        let told = |length: usize| PathError::when("stat", &"x".repeat(length))(error(Errno::NAMETOOLONG)).to_string();
        assert_eq!(told(4095).len(), "stat : file name too long".len() + 4095);
        assert_eq!(told(1 << 20).len(), "stat : file name too long".len() + 103);
    }
}
