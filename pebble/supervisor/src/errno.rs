//! The operating system's errors in Pebble's words, which are the C library's in lower case.

use std::fmt;
use std::io;

use rustix::io::Errno;

/// `doing path: why`, as clients get it, with what it means for them.
#[derive(Debug)]
pub(crate) struct PathError {
    doing: &'static str,
    path: String,
    source: io::Error,
}

impl PathError {
    /// For use with `map_err`.
    pub(crate) fn when(doing: &'static str, path: &str) -> impl FnOnce(io::Error) -> PathError {
        let path = path.to_owned();
        move |source| PathError { doing, path, source }
    }

    /// Whether the path, or something on the way, isn't there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }

    /// Whether it isn't allowed.
    pub(crate) fn is_permission_denied(&self) -> bool {
        self.source.kind() == io::ErrorKind::PermissionDenied
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.doing, self.path, text(&self.source))
    }
}

impl std::error::Error for PathError {}

/// The error's text as the C library has it, in lower case and without number.
pub(crate) fn text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => of_number(number),
        None => error.to_string(),
    }
}

fn of_number(number: i32) -> String {
    let full = io::Error::from_raw_os_error(number).to_string();
    let plain = full.strip_suffix(&format!(" (os error {number})")).unwrap_or(&full);
    // Only the first letter: names such as "RFS specific error" keep theirs.
    let mut letters = plain.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// An error of that number, for checks that fail without a system call.
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
}
