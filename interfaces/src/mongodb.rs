//! Interface `mongodb_client`: the [database family](crate::database) with MongoDB's scheme, in whose connection
//! strings every server stands, and the replica set that they are.
//!
//! ```
//! use interfaces::mongodb::{self, Request};
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("mongodb", RelationId(4));
//! view.app = Some("mongodb-k8s".into());
//! let fields = [("endpoints", "a:27017,b:27017"), ("replset", "rs0"), ("username", "me"), ("password", "p@ss")];
//! view.remote_app = Databag::from_iter(fields);
//! let request = Request { database: "shop".into(), secrets: true, cross_model: false };
//! let read = mongodb::read(&view, &interfaces::Secrets::new(), &request);
//! let uri = "mongodb://me:p%40ss@a:27017,b:27017/shop?replicaSet=rs0";
//! assert_eq!(read.ready().unwrap().uri.expose(), uri);
//! ```

use juju::View;

use crate::database::{self, Family, Hosts};
use crate::secret::Secrets;

pub use crate::database::{Database, NEEDS, Request, provider, request, secrets};
pub use crate::read::Read;

/// The name of the interface.
pub const INTERFACE: &str = "mongodb_client";

const FAMILY: Family = Family { scheme: "mongodb", hosts: Hosts::All };

/// Reads the provider's answer; see [`database::read`].
#[must_use]
pub fn read(view: &View, secrets: &Secrets, request: &Request) -> Read<Database> {
    database::read(&FAMILY, view, secrets, request)
}

#[cfg(test)]
mod tests {
    use juju::Databag;

    use super::provider::Account;
    use super::*;
    use crate::trial::{said, secrets, view, written};

    fn our_request() -> Request {
        Request { database: "shop".into(), secrets: true, cross_model: false }
    }

    #[test]
    fn a_connection_string_names_every_server() {
        let all = [("endpoints", "a:1, b:2,[::1]:3"), ("username", "u"), ("password", "p")];
        let with = |key: &'static str, value: &'static str| [&all[..], &[(key, value)]].concat();
        let table: &[(&[(&str, &str)], &str)] = &[
            (&all[1..], "waiting endpoints"),
            (&all, "mongodb://u:p@a:1,b:2,[::1]:3/shop"),
            (&with("replset", "rs 0"), "mongodb://u:p@a:1,b:2,[::1]:3/shop?replicaSet=rs%200"),
            (&with("endpoints", "a:1,b:x"), "invalid endpoints: an entry has a port that is not a number"),
            (&with("endpoints", "a:1,b/c"), "invalid endpoints: an entry is not host:port"),
            (&with("uris", "mongodb://u:p@h1,h2/d?replicaSet=r"), "mongodb://u:p@h1,h2/d?replicaSet=r"),
        ];
        for (remote, expected) in table {
            let found = read(&view(remote), &Secrets::new(), &our_request());
            assert_eq!(said(&found, |database| database.uri.expose().to_owned()), *expected, "{remote:?}");
        }
    }

    #[test]
    fn an_answer_is_read() {
        let account = Account {
            database: "shop".into(),
            username: "u".into(),
            password: "p/4".into(),
            uris: None,
            endpoints: vec!["a:1".into(), "b:1".into()],
            read_only_endpoints: Vec::new(),
            tls: None,
            tls_ca: None,
            replset: Some("rs0".into()),
            version: None,
        };
        let theirs = view(&[("database", "shop"), ("requested-secrets", r#"["password"]"#)]);
        let asked = provider::read(&theirs).ready().cloned().expect("the request is complete");
        let mut ours = view(&[]);
        ours.remote_app = written(&provider::answer(&theirs, &asked, &account).app, &Databag::new());
        let found = read(&ours, &secrets(&[("username", "u"), ("password", "p/4")]), &our_request());
        let uri = "mongodb://u:p%2F4@a:1,b:1/shop?replicaSet=rs0";
        assert_eq!(found.ready().expect("the answer is complete").uri.expose(), uri);
        assert_eq!(super::secrets(&ours).len(), 1);
    }
}
