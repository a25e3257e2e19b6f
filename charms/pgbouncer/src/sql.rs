//! Statements that the charm runs on the backend, as text. Identifiers and literals are quoted here and nowhere else.
//!
//! PostgreSQL takes no parameters in statements that define roles, schemas and functions; their values are literals. A
//! role's password is sent as its SCRAM verifier, so no password reaches the server's log.

/// A quoted identifier.
///
/// ```
/// assert_eq!(pgbouncer::sql::identifier("a\"b; DROP ROLE x"), "\"a\"\"b; DROP ROLE x\"");
/// ```
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted literal, whatever the server's `standard_conforming_strings`.
#[must_use]
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// Makes a role that may log in with the verifier's password.
#[must_use]
pub fn create_role(name: &str, verifier: &str) -> String {
    format!("CREATE ROLE {} LOGIN PASSWORD {}", identifier(name), literal(verifier))
}

/// Gives an existing role another password.
#[must_use]
pub fn alter_role(name: &str, verifier: &str) -> String {
    format!("ALTER ROLE {} LOGIN PASSWORD {}", identifier(name), literal(verifier))
}

/// Installs the look-up of passwords for `auth_user` in the current database: a schema of its own with one function.
///
/// The function runs with the rights of its definer. It answers for roles that may log in, are not for replication and
/// have not expired, but not for the auth user itself.
#[must_use]
pub fn install_auth(auth_user: &str) -> String {
    let user = identifier(auth_user);
    let body = format!(
        "SELECT rolname::text, rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1 AND rolcanlogin \
         AND NOT rolreplication AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.now()) AND rolname <> {}",
        literal(auth_user)
    );
    format!(
        "CREATE SCHEMA IF NOT EXISTS {user};\n\
         CREATE OR REPLACE FUNCTION {user}.get_auth(name text, OUT username text, OUT password text) RETURNS SETOF record\n\
         LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {body};\n\
         REVOKE ALL ON SCHEMA public FROM {user};\n\
         REVOKE ALL ON SCHEMA {user} FROM PUBLIC;\n\
         REVOKE ALL ON FUNCTION {user}.get_auth(text) FROM PUBLIC;\n\
         GRANT USAGE ON SCHEMA {user} TO {user};\n\
         GRANT EXECUTE ON FUNCTION {user}.get_auth(text) TO {user};",
        body = literal(&body)
    )
}

/// Removes the look-up from the current database.
#[must_use]
pub fn uninstall_auth(auth_user: &str) -> String {
    format!("DROP SCHEMA IF EXISTS {} CASCADE", identifier(auth_user))
}

/// Drops what a role owns in the current database and the rights it has there.
#[must_use]
pub fn drop_owned(role: &str) -> String {
    format!("DROP OWNED BY {} CASCADE", identifier(role))
}

/// Drops a role.
#[must_use]
pub fn drop_role(role: &str) -> String {
    format!("DROP ROLE IF EXISTS {}", identifier(role))
}

/// Name of the role that owns a client database and all that its users make in it: users come and go, rows stay.
#[must_use]
pub fn owner(database: &str) -> String {
    let name = format!("pgbouncer_owner_{database}");
    if name.len() <= crate::names::MAX_NAME_BYTES {
        return name;
    }
    format!("pgbouncer_owner_{}", &juju::fingerprint([database.as_bytes()])[..32])
}

/// Makes a role that only owns.
#[must_use]
pub fn create_owner(database: &str) -> String {
    format!("CREATE ROLE {} NOLOGIN", identifier(&owner(database)))
}

/// Makes a client database.
#[must_use]
pub fn create_database(database: &str) -> String {
    format!("CREATE DATABASE {} OWNER {}", identifier(database), identifier(&owner(database)))
}

/// Keeps other clients out of a database that the charm made.
#[must_use]
pub fn close_database(database: &str) -> String {
    format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", identifier(database))
}

/// Lets the owner role use the current database, also one that others made.
#[must_use]
pub fn grant_database(database: &str) -> String {
    let (database, owner) = (identifier(database), identifier(&owner(database)));
    format!("GRANT ALL ON DATABASE {database} TO {owner};\nGRANT ALL ON SCHEMA public TO {owner};")
}

/// Lets the auth user into the current database.
#[must_use]
pub fn grant_connect(database: &str, role: &str) -> String {
    format!("GRANT CONNECT ON DATABASE {} TO {}", identifier(database), identifier(role))
}

/// Has a client's user work as the owner of its database.
#[must_use]
pub fn enlist(user: &str, database: &str) -> String {
    let (user, owner) = (identifier(user), identifier(&owner(database)));
    format!(
        "GRANT {owner} TO {user};\nALTER ROLE {user} IN DATABASE {database} SET ROLE {owner};",
        database = identifier(database)
    )
}

/// Gives a client's user a role that it asked for: an attribute of roles, or the membership in an existing role.
#[must_use]
pub fn grant_role(user: &str, role: &str) -> String {
    let attribute = ["SUPERUSER", "CREATEDB", "CREATEROLE"].into_iter().find(|word| role.eq_ignore_ascii_case(word));
    match attribute {
        Some(attribute) => format!("ALTER ROLE {} {attribute}", identifier(user)),
        None => format!("GRANT {} TO {}", identifier(role), identifier(user)),
    }
}

/// Keeps a leaving user out.
#[must_use]
pub fn forbid_login(user: &str) -> String {
    format!("ALTER ROLE {} NOLOGIN", identifier(user))
}

/// Ends the sessions of a user.
#[must_use]
pub fn end_sessions(user: &str) -> String {
    format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}", literal(user))
}

/// Hands all that a user owns in the current database to the database's owner.
#[must_use]
pub fn reassign(user: &str, database: &str) -> String {
    format!("REASSIGN OWNED BY {} TO {}", identifier(user), identifier(&owner(database)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(identifier("a\"; DROP TABLE x --"), "\"a\"\"; DROP TABLE x --\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\' OR 1"), "E'a\\\\'' OR 1'");
        let statement = create_role("x\" SUPERUSER --", "SCRAM-SHA-256$4096:a$b:c");
        assert_eq!(statement, "CREATE ROLE \"x\"\" SUPERUSER --\" LOGIN PASSWORD 'SCRAM-SHA-256$4096:a$b:c'");
        assert!(install_auth("o'hare").contains("rolname <> ''o''''hare'''"));
    }

    #[test]
    fn a_long_name_s_owner_has_a_name_of_its_own() {
        assert_eq!(owner("shop"), "pgbouncer_owner_shop");
        let (one, other) = ("a".repeat(63), format!("{}b", "a".repeat(62)));
        assert!(owner(&one).len() <= 63 && owner(&one) != owner(&other));
    }

    #[test]
    fn attributes_are_set_and_other_roles_granted() {
        assert_eq!(grant_role("u", "createdb"), "ALTER ROLE \"u\" CREATEDB");
        assert_eq!(grant_role("u", "pg_read_all_data"), "GRANT \"pg_read_all_data\" TO \"u\"");
        assert_eq!(grant_role("u", "superuser; x"), "GRANT \"superuser; x\" TO \"u\"");
    }

    proptest! {
        #[test]
        fn a_literal_ends_where_it_should(text in "['\\\\a]{0,12}") {
            let quoted = literal(&text);
            let (is_escaped, inside) = match quoted.strip_prefix('E') {
                Some(rest) => (true, rest),
                None => (false, quoted.as_str()),
            };
            let inside = &inside[1..inside.len() - 1];
            let back = inside.replace("''", "'");
            prop_assert_eq!(if is_escaped { back.replace("\\\\", "\\") } else { back }, text);
        }
    }
}
