//! Interface `mysql_client`: the [database family](crate::database) with MySQL's scheme.
//!
//! ```
//! use interfaces::mysql::{self, Request};
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("mysql", RelationId(4));
//! view.app = Some("mysql-k8s".into());
//! view.remote_app = Databag::from_iter([("endpoints", "db:3306"), ("username", "me"), ("password", "p@ss")]);
//! let request = Request { database: "shop".into(), secrets: true, cross_model: false };
//! let read = mysql::read(&view, &interfaces::Secrets::new(), &request);
//! assert_eq!(read.ready().unwrap().uri.expose(), "mysql://me:p%40ss@db:3306/shop");
//! ```

use juju::View;

use crate::database::{self, Family, Hosts};
use crate::secret::Secrets;

pub use crate::database::{Database, NEEDS, Request, provider, request, secrets};
pub use crate::read::Read;

/// The name of the interface.
pub const INTERFACE: &str = "mysql_client";

const FAMILY: Family = Family { scheme: "mysql", hosts: Hosts::First };

/// Reads the provider's answer; see [`database::read`].
#[must_use]
pub fn read(view: &View, secrets: &Secrets, request: &Request) -> Read<Database> {
    database::read(&FAMILY, view, secrets, request)
}

#[cfg(test)]
mod tests {
    use juju::{Databag, RelationId, Secret, SecretContent};

    use super::provider::Account;
    use super::*;

    const ADDRESS: &str = "secret:cjqub6vubg2s77p3nio0";

    fn our_request() -> Request {
        Request { database: "shop".into(), secrets: true, cross_model: false }
    }

    fn view(remote: &[(&str, &str)]) -> View {
        let mut view = View::empty("mysql", RelationId(4));
        view.app = Some("mysql-k8s".into());
        view.remote_app = remote.iter().copied().collect();
        view
    }

    /// Data that MySQL's charms publish: host, user and password, but never a connection string.
    fn account() -> Account {
        Account {
            database: "shop".into(),
            username: "relation-4".into(),
            password: "p/4".into(),
            uris: None,
            endpoints: vec!["mysql-k8s-primary:3306".into()],
            read_only_endpoints: vec!["mysql-k8s-replicas:3306".into()],
            tls: None,
            tls_ca: None,
            replset: None,
            version: Some("8.0".into()),
        }
    }

    fn written(draft: &juju::Draft) -> Databag {
        let id = |label: &str| (label == "mysql.4.user.secret").then(|| ADDRESS.parse().unwrap());
        crate::trial::resolved(draft, &Databag::new(), |label| id(label).expect("there is one secret"))
    }

    /// One half's request, the other's answer, and what is read of it.
    fn exchange(wanted: &Request) -> (Databag, Read<Database>) {
        let mut ours = view(&[]);
        ours.local_app = Some(Databag::new());
        let mut theirs = view(&[]);
        theirs.remote_app = written(&request(&ours, wanted).app);
        let asked = provider::read(&theirs).ready().cloned().expect("the request is complete");
        assert_eq!((asked.database.as_str(), asked.requested_secrets.is_empty()), ("shop", !wanted.secrets));
        let answer = provider::answer(&theirs, &asked, &account());
        ours.remote_app = written(&answer.app);
        let contents: Vec<SecretContent> = answer.app.offers().map(|offer| offer.content.clone()).collect();
        let refs =
            secrets(&ours).into_iter().inspect(|one| assert_eq!(one.label.as_deref(), Some("mysql.4.user.secret")));
        let secrets: Secrets = refs.map(|one| one.id).zip(contents).collect();
        let read = read(&ours, &secrets, wanted);
        (ours.remote_app, read)
    }

    #[test]
    fn an_answer_in_a_secret_is_read() {
        let (bag, read) = exchange(&our_request());
        assert_eq!(bag.text("secret-user"), Some(ADDRESS));
        let keys: Vec<_> = bag.keys().map(String::as_str).collect();
        assert_eq!(keys, ["data", "database", "endpoints", "read-only-endpoints", "secret-user", "version"]);
        let database = read.ready().expect("the answer is complete");
        assert_eq!(database.uri.expose(), "mysql://relation-4:p%2F4@mysql-k8s-primary:3306/shop");
        assert_eq!(database.version.as_deref(), Some("8.0"));
        assert!(!format!("{read:?}").contains("p/4") && !format!("{read:?}").contains("p%2F4"));
    }

    #[test]
    fn an_answer_in_clear_is_read() {
        let (bag, read) = exchange(&Request { secrets: false, ..our_request() });
        assert_eq!((bag.text("password"), bag.text("secret-user"), bag.text("tls")), (Some("p/4"), None, None));
        let database = read.ready().expect("the answer is complete");
        assert_eq!(database.uri.expose(), "mysql://relation-4:p%2F4@mysql-k8s-primary:3306/shop");
        assert_eq!(database.password.as_ref().map(Secret::expose), Some("p/4"));
    }

    #[test]
    fn partial_and_bad_data() {
        let all = [("endpoints", "my:3306"), ("username", "u1"), ("password", "p1"), ("database", "other")];
        let said = |remote: &[(&str, &str)]| match read(&view(remote), &Secrets::new(), &our_request()) {
            Read::Absent => "absent".into(),
            Read::Waiting(key) => format!("waiting {key}"),
            Read::Invalid { key, .. } => format!("invalid {key}"),
            Read::Ready(database) => database.uri.expose().to_owned(),
        };
        assert_eq!(said(&[]), "waiting endpoints");
        assert_eq!(said(&all[..1]), "waiting username");
        assert_eq!(said(&all[..2]), "waiting password");
        assert_eq!(said(&all[..3]), "mysql://u1:p1@my:3306/shop");
        assert_eq!(said(&all), "mysql://u1:p1@my:3306/other");
        // A router on the same machine offers a socket, which no pod can reach.
        assert_eq!(said(&[("endpoints", "file:///run/mysqld.sock"), all[1], all[2]]), "invalid endpoints");
        assert_eq!(read(&View::empty("mysql", RelationId(4)), &Secrets::new(), &our_request()), Read::Absent);
    }
}
