//! Names of users and databases: those that the charm makes, and those that clients ask for.

use std::fmt;

use juju::RelationId;

/// Most bytes of a name in PostgreSQL; it cuts longer ones.
pub const MAX_NAME_BYTES: usize = 63;

/// Name of the role that runs `auth_query`, of its schema, and of its line in the auth file.
#[must_use]
pub fn auth_user(backend_user: &str) -> String {
    format!("pgbouncer_auth_{}", underscored(backend_user))
}

/// User of PgBouncer's console that may change things.
#[must_use]
pub fn admin_user(app: &str) -> String {
    format!("pgbouncer_admin_{}", underscored(app))
}

/// User of PgBouncer's console that may look.
#[must_use]
pub fn stats_user(app: &str) -> String {
    format!("pgbouncer_stats_{}", underscored(app))
}

/// Role of a client relation.
#[must_use]
pub fn client_user(relation: RelationId) -> String {
    format!("relation_id_{relation}")
}

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// Name of a database that a client may have.
///
/// ```
/// use pgbouncer::DatabaseName;
/// assert_eq!(DatabaseName::parse("shop").unwrap().as_str(), "shop");
/// assert_eq!(DatabaseName::parse("\"my shop\"").unwrap().as_str(), "my shop");
/// assert!(DatabaseName::parse("my shop").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseName(String);

/// A name that no client may have as its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidName {
    /// PgBouncer's console or PostgreSQL has it.
    Reserved,
    /// It needs double quotes around it, or holds a control character.
    Characters,
    /// It is empty or has more than [`MAX_NAME_BYTES`].
    Length,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserved => "the name is reserved",
            Self::Characters => "the name has characters that need double quotes around it",
            Self::Length => "the name has no or too many characters",
        })
    }
}

impl std::error::Error for InvalidName {}

/// Names of databases that clients can't have.
const RESERVED: [&str; 4] = ["pgbouncer", "postgres", "template0", "template1"];

impl DatabaseName {
    /// Reads a name: letters, digits, `_` and `-`, or any text between double quotes, in which a quote is written twice.
    ///
    /// # Errors
    /// The name is reserved, has other characters, or a wrong length.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let name = match quoted {
            Some(inside) => unquoted(inside).ok_or(InvalidName::Characters)?,
            None if text.chars().all(is_plain) => text.to_owned(),
            None => return Err(InvalidName::Characters),
        };
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(InvalidName::Length);
        }
        if name.contains(char::is_control) {
            return Err(InvalidName::Characters);
        }
        if RESERVED.contains(&name.as_str()) { Err(InvalidName::Reserved) } else { Ok(Self(name)) }
    }

    /// The name without quotes, as PostgreSQL knows it.
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

    /// The name as a key of `[databases]`.
    #[must_use]
    pub fn key(&self) -> String {
        if self.0.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            self.0.clone()
        } else {
            format!("\"{}\"", self.0.replace('"', "\"\""))
        }
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-".contains(letter)
}

/// The text of a quoted name; `None` if a quote in it is not doubled.
fn unquoted(inside: &str) -> Option<String> {
    let name = inside.replace("\"\"", "\u{0}");
    (!name.contains('"') && !inside.contains('\u{0}')).then(|| name.replace('\u{0}', "\""))
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
    fn hostile_names_are_refused_or_quoted() {
        let table = [
            ("shop", Ok("shop")),
            ("Shop-1_x", Ok("\"Shop-1_x\"")),
            ("\"a\"\"b; [pgbouncer]\"", Ok("\"a\"\"b; [pgbouncer]\"")),
            ("\"ü\"", Ok("\"ü\"")),
            ("pgbouncer", Err(InvalidName::Reserved)),
            ("\"postgres\"", Err(InvalidName::Reserved)),
            ("a b", Err(InvalidName::Characters)),
            ("a'; DROP ROLE x --", Err(InvalidName::Characters)),
            ("*", Err(InvalidName::Characters)),
            ("\"a\"b\"", Err(InvalidName::Characters)),
            ("\"a\nb\"", Err(InvalidName::Characters)),
            ("\"", Err(InvalidName::Characters)),
            ("\"\"", Err(InvalidName::Length)),
            ("", Err(InvalidName::Length)),
        ];
        for (text, expected) in table {
            assert_eq!(DatabaseName::parse(text).map(|name| name.key()), expected.map(str::to_owned), "{text}");
        }
        assert_eq!(DatabaseName::parse(&"a".repeat(63)).map(|name| name.read_only()), Ok(None));
        assert_eq!(DatabaseName::parse(&"a".repeat(64)), Err(InvalidName::Length));
    }

    proptest! {
        #[test]
        fn a_key_is_read_back_as_the_same_name(text in "\\PC{0,20}") {
            if let Ok(name) = DatabaseName::parse(&text) {
                prop_assert_eq!(DatabaseName::parse(&name.key()).unwrap(), name.clone());
            }
            let quoted = format!("\"{}\"", text.replace('"', "\"\""));
            if let Ok(name) = DatabaseName::parse(&quoted) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
