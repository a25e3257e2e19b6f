//! Juju's version, as far as a charm asks for it: is this at least x.y.z?

use std::fmt;
use std::str::FromStr;

/// Text that is not a version of Juju.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {0:?} as a Juju version")]
pub struct VersionError(String);

/// A version of Juju. Tags such as `-beta1` are read and dropped: no charm should depend on them.
///
/// ```
/// use webcharm_juju::Version;
/// let version: Version = "3.6.12".parse()?;
/// assert!(version.at_least(3, 6, 0));
/// assert!(!version.at_least(4, 0, 0));
/// # Ok::<(), webcharm_juju::VersionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number; 0 in a version such as `4.0-beta1`.
    pub patch: u32,
}

impl Version {
    /// True if this version is the given one or a later one.
    #[must_use]
    pub fn at_least(self, major: u32, minor: u32, patch: u32) -> bool {
        self >= Self { major, minor, patch }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `3.6.12`, `3.6.12.1` (a build), `4.0-beta1`, `4.0-beta1.2` and `3.6-rc1-ubuntu-amd64`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError(crate::name::shortened(text));
        let numbers = text.split_once('-').map_or(text, |(numbers, _)| numbers);
        let parts: Option<Vec<u32>> = numbers.split('.').map(number).collect();
        match parts.as_deref() {
            Some([major, minor]) => Ok(Self { major: *major, minor: *minor, patch: 0 }),
            Some([major, minor, patch] | [major, minor, patch, _]) => {
                Ok(Self { major: *major, minor: *minor, patch: *patch })
            }
            _ => Err(wrong()),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_as_juju_writes_them() {
        for (text, want) in [
            ("3.6.12", (3, 6, 12)),
            ("2.9.49.1", (2, 9, 49)),
            ("4.0-beta1", (4, 0, 0)),
            ("4.0-beta1.2", (4, 0, 0)),
            ("3.6-rc1-ubuntu-amd64", (3, 6, 0)),
        ] {
            let got: Version = text.parse().expect(text);
            assert_eq!((got.major, got.minor, got.patch), want, "{text}");
        }
        for bad in ["", "3", "x.y.z", "3.6.+1", "3..6", "1.2.3.4.5"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trip_and_order(major: u32, minor: u32, patch: u32) {
            let version = Version { major, minor, patch };
            prop_assert_eq!(version.to_string().parse::<Version>(), Ok(version));
            prop_assert!(version.at_least(major, minor, patch));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = text.parse::<Version>();
        }
    }
}
