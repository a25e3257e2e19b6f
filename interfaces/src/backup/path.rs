//! Paths of a request: absolute, in the form that Python's `PurePosixPath` gives them.

use std::fmt;

/// Most bytes of a request's field.
const MAX_BYTES: usize = 64 * 1024;

/// Absolute path without repeated slashes, `.` components and a slash at its end. It keeps `..`, for only the machine
/// knows what that means beside symbolic links, and two slashes at its beginning, which POSIX leaves to the system. It
/// has no comma, and neither begins nor ends with white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsolutePath(String);

/// Text that is not the path of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path does not begin with a slash.
    #[error("is not an absolute path")]
    Relative,
    /// The path has a comma, which separates paths.
    #[error("has a comma")]
    Comma,
    /// The path ends with white space.
    #[error("ends with white space")]
    WhiteSpace,
    /// The text is longer than 64 KiB.
    #[error("is longer than 64 KiB")]
    TooLong,
}

impl AbsolutePath {
    /// Checks and normalises a path.
    ///
    /// # Errors
    /// The path can't be part of a request.
    pub fn new(path: &str) -> Result<Self, PathError> {
        if path.len() > MAX_BYTES {
            return Err(PathError::TooLong);
        }
        if !path.starts_with('/') {
            return Err(PathError::Relative);
        }
        match normal(path) {
            path if path.contains(',') => Err(PathError::Comma),
            path if path.ends_with(is_blank) => Err(PathError::WhiteSpace),
            path => Ok(Self(path)),
        }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn normal(path: &str) -> String {
    let root = if path.starts_with("//") && !path.starts_with("///") { "//" } else { "/" };
    let components = path.split('/').filter(|component| !matches!(*component, "" | "."));
    root.to_owned() + &components.collect::<Vec<_>>().join("/")
}

/// White space as Python's `str.strip` has it.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}

impl fmt::Display for AbsolutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Files to save: at least one path, in their order, repeated ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fileset(Vec<AbsolutePath>);

/// Text or list that is not a fileset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilesetError {
    /// The text is empty or blank.
    #[error("is empty")]
    Missing,
    /// There are commas but no path, or no path in a list.
    #[error("has no path")]
    NoPath,
    /// An entry is not a path of a request.
    #[error("has an entry that {0}")]
    Path(PathError),
    /// The text is longer than 64 KiB.
    #[error("is longer than 64 KiB")]
    TooLong,
}

impl Fileset {
    /// Reads a comma list. White space around a path and empty entries are dropped.
    ///
    /// # Errors
    /// The text is blank, has no path, or one that can't be part of a request.
    pub fn parse(text: &str) -> Result<Self, FilesetError> {
        if text.len() > MAX_BYTES {
            return Err(FilesetError::TooLong);
        }
        let entries = text.split(',').map(|entry| entry.trim_matches(is_blank)).filter(|entry| !entry.is_empty());
        let entries: Vec<_> = entries.collect();
        if text.trim_matches(is_blank).is_empty() { Err(FilesetError::Missing) } else { Self::new(&entries) }
    }

    /// Takes paths as they are.
    ///
    /// # Errors
    /// There is no path, or one that can't be part of a request, for instance one with a comma.
    pub fn new(paths: &[&str]) -> Result<Self, FilesetError> {
        let paths = paths.iter().map(|path| AbsolutePath::new(path).map_err(FilesetError::Path));
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        if paths.is_empty() { Err(FilesetError::NoPath) } else { Ok(Self(paths)) }
    }

    /// The paths, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &AbsolutePath> {
        self.0.iter()
    }
}

/// The value of `fileset`: the paths, with commas and no blanks between them.
impl fmt::Display for Fileset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(AbsolutePath::as_str).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn filesets_as_the_operator_writes_them() {
        let entry = |error| Err(FilesetError::Path(error));
        let table = [
            ("", Err(FilesetError::Missing)),
            ("  \u{1c}", Err(FilesetError::Missing)),
            (",", Err(FilesetError::NoPath)),
            (" , ,", Err(FilesetError::NoPath)),
            ("var/backups", entry(PathError::Relative)),
            ("~/x", entry(PathError::Relative)),
            ("/a,etc,/b", entry(PathError::Relative)),
            ("/a, /b ,,/c", Ok("/a,/b,/c")),
            ("/a//b/./c/,/x/../y,/", Ok("/a/b/c,/x/../y,/")),
            ("/a,/a", Ok("/a,/a")),
            ("/a b,/ä,/*.log,//a", Ok("/a b,/ä,/*.log,//a")),
            ("///a,//,/.,/./,/a\n/b", Ok("/a,//,/,/,/a\n/b")),
        ];
        for (text, expected) in table {
            let fileset = Fileset::parse(text).map(|fileset| fileset.to_string());
            assert_eq!(fileset, expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn paths_as_a_charm_gives_them() {
        let table = [
            ("/a,b", PathError::Comma),
            (" /a", PathError::Relative),
            ("/a ", PathError::WhiteSpace),
            ("/a\n", PathError::WhiteSpace),
            ("/a /", PathError::WhiteSpace),
            ("", PathError::Relative),
            (".", PathError::Relative),
        ];
        for (path, error) in table {
            assert_eq!(AbsolutePath::new(path), Err(error), "{path:?}");
            assert_eq!(Fileset::new(&["/good", path]), Err(FilesetError::Path(error)), "{path:?}");
        }
        assert_eq!(Fileset::new(&[]), Err(FilesetError::NoPath));
        assert_eq!(AbsolutePath::new(&"/".repeat(MAX_BYTES + 1)), Err(PathError::TooLong));
        assert_eq!(Fileset::parse(&"/".repeat(MAX_BYTES + 1)), Err(FilesetError::TooLong));
    }

    proptest! {
        #[test]
        fn a_fileset_s_text_is_read_as_the_same_fileset(text in prop_oneof![any::<String>(), "[/a., \n]{0,20}"]) {
            if let Ok(fileset) = Fileset::parse(&text) {
                prop_assert_eq!(Fileset::parse(&fileset.to_string()), Ok(fileset.clone()));
                prop_assert!(fileset.iter().all(|path| path.as_str().starts_with('/')));
            }
        }
    }
}
