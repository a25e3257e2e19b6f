//! The requirer of the [database family](super) that shares its server with clients of its own: a connection pooler.
//!
//! It asks for a database and for a role by which it may make databases and users. Its answer is read like every other
//! requirer's, with [`database::read`](super::read).

use juju::{Changes, Databag, Draft, View};

use super::{Request, seen};
use crate::json;

/// The fields that a pooler wants in secrets.
pub const REQUESTED_SECRETS: [&str; 4] = ["username", "password", "tls", "tls-ca"];

/// The request, for [`database::read`](super::read).
#[must_use]
pub fn request(database: &str) -> Request {
    Request { database: database.to_owned(), secrets: true, cross_model: false }
}

/// Changes of a pooler: the leader's request with the role `extra_user_role`, and every unit's copy of the answer.
///
/// Keys of a request that stand there already stay: providers don't follow changes of them.
///
/// ```
/// use interfaces::database::pooler;
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("backend-database", RelationId(3));
/// view.local_app = Some(Databag::new());
/// let written = pooler::ask(&view, "pgbouncer", "SUPERUSER").app.texts();
/// assert_eq!(written.text("extra-user-roles"), Some("SUPERUSER"));
/// assert_eq!(written.text("requested-secrets"), Some(r#"["username", "password", "tls", "tls-ca"]"#));
/// ```
#[must_use]
pub fn ask(view: &View, database: &str, extra_user_role: &str) -> Changes {
    let app = view.local_app.as_ref().map(|current| {
        let wanted = [
            ("database", database.to_owned()),
            ("extra-user-roles", extra_user_role.to_owned()),
            ("requested-secrets", json::text(&REQUESTED_SECRETS)),
        ];
        let missing = wanted.into_iter().filter(|(key, _)| current.text(key).is_none_or(str::is_empty));
        Draft::differing(current, &missing.collect())
    });
    let copy = seen(view).map(|copy| ("data".to_owned(), copy));
    let unit = Draft::differing(&view.local_unit, &copy.into_iter().collect::<Databag>());
    Changes { app: app.unwrap_or_default(), unit }
}

#[cfg(test)]
mod tests {
    use juju::RelationId;

    use super::*;

    #[test]
    fn a_request_is_written_once_and_by_the_leader_alone() {
        let mut view = View::empty("backend-database", RelationId(3));
        assert_eq!(ask(&view, "pgbouncer", "SUPERUSER"), Changes::default());
        view.local_app = Some(Databag::new());
        let written = ask(&view, "pgbouncer", "SUPERUSER").app.texts();
        assert_eq!(written.keys().collect::<Vec<_>>(), ["database", "extra-user-roles", "requested-secrets"]);
        view.local_app = Some(written);
        assert_eq!(ask(&view, "other", "CREATEDB"), Changes::default());
    }

    #[test]
    fn every_unit_copies_the_answer() {
        let mut view = View::empty("backend-database", RelationId(3));
        view.remote_app = Databag::from_iter([("endpoints", "db:5432"), ("data", "{}")]);
        let written = ask(&view, "pgbouncer", "SUPERUSER").unit.texts();
        assert_eq!(written.text("data"), Some(r#"{"endpoints": "db:5432"}"#));
    }
}
