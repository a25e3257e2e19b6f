//! Names of users and databases: those that the charm makes, and those that clients ask for.

use std::fmt;

use juju::RelationId;

/// Most bytes of a name in PostgreSQL; it cuts longer ones.
pub(crate) const MAX_NAME_BYTES: usize = 63;

/// Name of the role that runs `auth_query`, of its schema, and of its line in the auth file.
#[must_use]
pub(crate) fn auth_user(backend_user: &str) -> String {
    format!("pgbouncer_auth_{}", underscored(backend_user))
}

/// User of PgBouncer's console that may change things.
#[must_use]
pub(crate) fn admin_user(app: &str) -> String {
    format!("pgbouncer_admin_{}", underscored(app))
}

/// User of PgBouncer's console that may look.
#[must_use]
pub(crate) fn stats_user(app: &str) -> String {
    format!("pgbouncer_stats_{}", underscored(app))
}

/// Role of a client relation.
#[must_use]
pub(crate) fn client_user(relation: RelationId) -> String {
    format!("relation_id_{relation}")
}

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// Name of a database that a client may have.
///
/// PgBouncer 1.18 reads no quoted keys: a single one keeps its whole file from being loaded. So a name in double quotes is
/// taken only if it needs none.
///
/// ```
/// use pgbouncer::DatabaseName;
/// assert_eq!(DatabaseName::parse("\"shop-1\"").unwrap().as_str(), "shop-1");
/// assert!(DatabaseName::parse("\"my shop\"").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseName(String);

/// A name that no client may have as its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidName {
    /// PgBouncer's console or PostgreSQL has it.
    Reserved,
    /// It has other characters than ASCII letters, digits, `_` and `-`.
    Characters,
    /// It is empty or has more than 63 bytes, which PostgreSQL cuts.
    Length,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserved => "the name is reserved",
            Self::Characters => "the name has other characters than letters, digits, _ and -",
            Self::Length => "the name has no or too many characters",
        })
    }
}

impl std::error::Error for InvalidName {}

/// Names of databases that clients can't have.
const RESERVED: [&str; 4] = ["pgbouncer", "postgres", "template0", "template1"];

impl DatabaseName {
    /// Reads a name: ASCII letters, digits, `_` and `-`, perhaps between double quotes.
    ///
    /// # Errors
    /// The name is reserved, has other characters, or a wrong length.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        if !name.chars().all(is_plain) {
            return Err(InvalidName::Characters);
        }
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(InvalidName::Length);
        }
        if RESERVED.contains(&name) { Err(InvalidName::Reserved) } else { Ok(Self(name.to_owned())) }
    }

    /// The name, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same database's name for read-only servers; `None` if that would be too long.
    #[must_use]
    pub fn read_only(&self) -> Option<Self> {
        let name = format!("{}_readonly", self.0);
        (name.len() <= MAX_NAME_BYTES).then_some(Self(name))
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-".contains(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn users_are_named_after_application_backend_and_relation() {
        assert_eq!(auth_user("relation-8"), "pgbouncer_auth_relation_8");
        assert_eq!(admin_user("pgbouncer-k8s"), "pgbouncer_admin_pgbouncer_k8s");
        assert_eq!(stats_user("pgb"), "pgbouncer_stats_pgb");
        assert_eq!(client_user(RelationId(7)), "relation_id_7");
    }

    #[test]
    fn hostile_names_are_refused() {
        let table = [
            ("shop", Ok("shop")),
            ("\"Shop-1_x\"", Ok("Shop-1_x")),
            ("\"a\"\"b; [pgbouncer]\"", Err(InvalidName::Characters)),
            ("\"a b\"", Err(InvalidName::Characters)),
            ("ü", Err(InvalidName::Characters)),
            ("pgbouncer", Err(InvalidName::Reserved)),
            ("\"postgres\"", Err(InvalidName::Reserved)),
            ("a'; DROP ROLE x --", Err(InvalidName::Characters)),
            ("*", Err(InvalidName::Characters)),
            ("a\nb", Err(InvalidName::Characters)),
            ("\"", Err(InvalidName::Characters)),
            ("\"\"", Err(InvalidName::Length)),
            ("", Err(InvalidName::Length)),
        ];
        for (text, expected) in table {
            let name = DatabaseName::parse(text);
            assert_eq!(name.as_ref().map(DatabaseName::as_str).map_err(|error| *error), expected, "{text}");
        }
        assert_eq!(DatabaseName::parse(&"a".repeat(63)).map(|name| name.read_only()), Ok(None));
        assert_eq!(DatabaseName::parse(&"a".repeat(64)), Err(InvalidName::Length));
    }

    proptest! {
        #[test]
        fn a_name_ends_no_key_and_no_line(text in "\\PC{0,20}") {
            if let Ok(name) = DatabaseName::parse(&text) {
                prop_assert!(name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
            }
        }
    }
}
