//! Roles that an application requests for its user, in `extra-user-roles`.

use std::collections::BTreeSet;

/// Attributes of a role, in SQL's words.
const ATTRIBUTES: [&str; 5] = ["SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"];

/// PostgreSQL's predefined roles, by "Predefined Roles" of its documentation. No other role exists for an application.
const PREDEFINED: [&str; 10] = [
    "pg_execute_server_program",
    "pg_monitor",
    "pg_read_all_data",
    "pg_read_all_settings",
    "pg_read_all_stats",
    "pg_read_server_files",
    "pg_signal_backend",
    "pg_stat_scan_tables",
    "pg_write_all_data",
    "pg_write_server_files",
];

/// A role of PostgreSQL's charm whose members make databases.
const ADMIN: &str = "admin";

/// Roles of a user beside that of its database's owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Roles {
    /// Attributes of the user.
    pub(super) attributes: BTreeSet<&'static str>,
    /// Predefined roles that it is a member of.
    pub(super) memberships: BTreeSet<&'static str>,
}

impl Roles {
    /// Reads a request. Attributes may be in small letters, as in the charm of a cluster.
    ///
    /// # Errors
    /// One of them is neither an attribute nor a predefined role.
    pub(super) fn new(requested: &[String]) -> Result<Self, &'static str> {
        let mut roles = Self::default();
        for text in requested {
            // In the charm of a cluster, members of `admin` make databases.
            let text = if text == ADMIN { "CREATEDB" } else { text };
            let attribute = ATTRIBUTES.into_iter().find(|word| text.eq_ignore_ascii_case(word));
            let predefined = PREDEFINED.into_iter().find(|name| text == *name);
            if attribute.is_none() && predefined.is_none() {
                return Err("it has a role that is neither an attribute nor a predefined role");
            }
            roles.attributes.extend(attribute);
            roles.memberships.extend(predefined);
        }
        Ok(roles)
    }

    /// True if the user is an ordinary one.
    pub(super) fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.memberships.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(requested: &[&str]) -> Result<Roles, &'static str> {
        Roles::new(&requested.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn attributes_and_predefined_roles_are_known_and_no_others() {
        assert!(roles(&[]).unwrap().is_empty());
        let known = roles(&["SUPERUSER", "createdb", "admin", "pg_monitor"]).unwrap();
        assert_eq!(known.attributes, ["CREATEDB", "SUPERUSER"].into());
        assert_eq!(known.memberships, ["pg_monitor"].into());
        for unknown in ["", "postgres", "webcharm", "PG_MONITOR", "pg_database_owner", "SUPERUSER; DROP ROLE x"] {
            roles(&["CREATEDB", unknown]).unwrap_err();
        }
    }
}
