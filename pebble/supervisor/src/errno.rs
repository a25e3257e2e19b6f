//! Errors of the operating system in Pebble's words: the C library's, in lower case.

mod texts;

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
    pub(crate) fn when(doing: &'static str, path: &str) -> impl FnOnce(io::Error) -> PathError + use<> {
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

/// Text of an error, in Pebble's words and without the number.
pub(crate) fn text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => texts::of(number).into_owned(),
        // A path with a zero byte, which the system never sees.
        None if error.kind() == io::ErrorKind::InvalidInput => texts::of(Errno::INVAL.raw_os_error()).into_owned(),
        None => error.to_string(),
    }
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
    fn texts_do_not_depend_on_the_c_library() {
        for (errno, expected) in [
            (Errno::NAMETOOLONG, "file name too long"),
            (Errno::LOOP, "too many levels of symbolic links"),
            (Errno::XDEV, "invalid cross-device link"),
            (Errno::BUSY, "device or resource busy"),
            (Errno::ADDRINUSE, "address already in use"),
            (Errno::ADDRNOTAVAIL, "cannot assign requested address"),
            (Errno::HOSTUNREACH, "no route to host"),
            (Errno::MFILE, "too many open files"),
            (Errno::NFILE, "too many open files in system"),
            (Errno::TXTBSY, "text file busy"),
            (Errno::IO, "input/output error"),
            (Errno::ISDIR, "is a directory"),
            (Errno::NOTDIR, "not a directory"),
            (Errno::NOTEMPTY, "directory not empty"),
            (Errno::NOSPC, "no space left on device"),
            (Errno::DQUOT, "disk quota exceeded"),
            (Errno::ROFS, "read-only file system"),
            (Errno::PIPE, "broken pipe"),
            (Errno::NOEXEC, "exec format error"),
            (Errno::TOOBIG, "argument list too long"),
            (Errno::AGAIN, "resource temporarily unavailable"),
            (Errno::OPNOTSUPP, "operation not supported"),
            (Errno::CONNREFUSED, "connection refused"),
            (Errno::TIMEDOUT, "connection timed out"),
            (Errno::RFKILL, "operation not possible due to RF-kill"),
            (Errno::from_raw_os_error(73), "RFS specific error"),
            (Errno::from_raw_os_error(133), "errno 133"),
            (Errno::from_raw_os_error(58), "errno 58"),
        ] {
            assert_eq!(text(&super::error(errno)), expected);
        }
    }

    #[test]
    fn a_path_longer_than_any_is_not_repeated_whole() {
        let told = |length: usize| PathError::when("stat", &"x".repeat(length))(error(Errno::NAMETOOLONG)).to_string();
        assert_eq!(told(4095).len(), "stat : file name too long".len() + 4095);
        assert_eq!(told(1 << 20).len(), "stat : file name too long".len() + 103);
    }
}
