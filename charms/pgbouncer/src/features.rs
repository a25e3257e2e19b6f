//! Features of the installed PgBouncer. A key that it doesn't know is fatal, so each is written only from its version on.
//!
//! The versions are those of PgBouncer's changelog; `tests/` tries 1.18 with the real program.

use juju::Version;

/// Version of the PgBouncer that instances run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    version: Version,
}

/// The oldest that is supported, also taken if the version is unknown.
const OLDEST: Version = Version { major: 1, minor: 18, patch: 0 };

impl Default for Features {
    fn default() -> Self {
        Self { version: OLDEST }
    }
}

impl Features {
    /// Features of a version such as `1.18.0`; those of 1.18 if it can't be read.
    #[must_use]
    pub fn of(version: &str) -> Self {
        Self { version: version.parse().unwrap_or(OLDEST) }
    }

    /// `[peers]` and `peer_id`: cancel requests reach the instance with the query.
    #[must_use]
    pub fn has_peers(self) -> bool {
        self.version.at_least(1, 19, 0)
    }

    /// `max_prepared_statements`.
    #[must_use]
    pub fn has_prepared_statements(self) -> bool {
        self.version.at_least(1, 21, 0)
    }
}

/// The version that `pgbouncer --version` prints: second word of the first line.
#[must_use]
pub fn version(output: &str) -> Option<&str> {
    let word = output.lines().next()?.split_whitespace().nth(1)?;
    word.parse::<Version>().ok().map(|_| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_first_line() {
        let output = "PgBouncer 1.18.0\nlibevent 2.1.12-stable\n";
        assert_eq!(version(output), Some("1.18.0"));
        for output in ["", "\n", "PgBouncer", "PgBouncer next", "sh: not found"] {
            assert_eq!(version(output), None, "{output}");
        }
    }

    #[test]
    fn features_begin_with_their_version() {
        let features = |version| (Features::of(version).has_peers(), Features::of(version).has_prepared_statements());
        assert_eq!(features("1.18.0"), (false, false));
        assert_eq!(features("1.19.0"), (true, false));
        assert_eq!(features("1.20.1"), (true, false));
        assert_eq!(features("1.21.0"), (true, true));
        assert_eq!(features("garbage"), (false, false));
    }
}
