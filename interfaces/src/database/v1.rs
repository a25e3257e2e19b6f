//! Version 1 of the data interfaces, for databases: the provider's half.
//!
//! Requests and responses are JSON lists under `requests`, beside `version: v1`; a response has the id of its request. All
//! credentials are in secrets. Our application's `data` keeps a copy of the requests by their ids, without which a
//! requirer derives no event. [`valkey`](crate::valkey) has the same form, and its requirer.
//!
//! ```
//! use interfaces::database::v1;
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("database", RelationId(5));
//! view.remote_app = Databag::from_iter([
//!     ("version", "v1"),
//!     ("requests", r#"[{"resource": "shop", "request-id": "d0c3", "salt": "xq", "extra-user-roles": "createdb"}]"#),
//! ]);
//! assert!(v1::speaks(&view));
//! let request = v1::read(&view);
//! assert_eq!(request.ready().unwrap().extra_user_roles, ["createdb"]);
//! ```

use std::collections::BTreeMap;

use juju::{Changes, Databag, Draft, Offer, Part, Secret, SecretContent, SecretId, View};
use serde::{Deserialize, Serialize};

use super::provider::Account;
use crate::field::{self, list};
use crate::json;
use crate::read::{Read, Stop};

/// Key of the lists.
pub(super) const REQUESTS: &str = "requests";

/// Key and value of the version.
const VERSION: (&str, &str) = ("version", "v1");

/// Key of the user's secret in a response.
const USER: &str = "secret-user";

/// Request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The database's name.
    pub database: String,
    /// Roles for its user.
    pub extra_user_roles: Vec<String>,
    id: String,
    salt: String,
}

/// A request on the wire. Fields that are not needed here are ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Wire {
    resource: String,
    request_id: String,
    #[serde(default)]
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra_user_roles: Option<String>,
}

/// Our response, as far as we read it again.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Response {
    request_id: String,
    secret_user: Option<String>,
}

/// True if the requirer speaks this version.
#[must_use]
pub fn speaks(view: &View) -> bool {
    view.remote_app.text(VERSION.0) == Some(VERSION.1) && view.remote_app.contains_key(REQUESTS)
}

/// Reads the requirer's first request; web apps make a single one.
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    Read::of(view, || {
        let wire: Vec<Wire> = json::list(&view.remote_app, REQUESTS, "a list of requests")?;
        let wire = wire.into_iter().next().ok_or_else(|| Stop::waiting(REQUESTS))?;
        let text = |text: &str| Ok(field::checked(REQUESTS, Some(text))?.unwrap_or_default());
        let database = field::checked(REQUESTS, Some(&wire.resource))?.ok_or_else(|| Stop::waiting(REQUESTS))?;
        let extra_user_roles = list(REQUESTS, wire.extra_user_roles.as_deref())?;
        Ok(Request { database, extra_user_roles, id: text(&wire.request_id)?, salt: text(&wire.salt)? })
    })
}

/// The secret with the user that a request was answered with.
#[must_use]
pub fn answered(view: &View, request: &Request) -> Option<SecretId> {
    let responses: Read<Vec<Response>> = json::list(view.local_app.as_ref()?, REQUESTS, "a list of responses").into();
    let response = responses.ready()?.iter().find(|response| response.request_id == request.id)?;
    field::address_of(response.secret_user.as_deref()?)
}

/// Changes of the **leader** once the account exists.
#[must_use]
pub fn answer(view: &View, request: &Request, account: &Account) -> Changes {
    let clear = [
        ("resource", account.database.clone()),
        ("request-id", request.id.clone()),
        ("salt", request.salt.clone()),
        ("endpoints", account.endpoints.join(",")),
        ("read-only-endpoints", account.read_only_endpoints.join(",")),
        ("version", account.version.clone().unwrap_or_default()),
    ];
    let clear = clear.into_iter().filter(|(_, value)| !value.is_empty());
    let secrets = offers(view, request, account).map(|(key, offer)| (key, Part::Secret(offer)));
    let response: BTreeMap<_, _> = clear.map(|(key, value)| (key, Part::Text(value))).chain(secrets).collect();
    let wanted = Databag::from_iter([(VERSION.0, VERSION.1.to_owned()), ("data", seen(&view.remote_app))]);
    let mut app = Draft::differing(&view.local_app.clone().unwrap_or_default(), &wanted);
    app.set(REQUESTS, json::objects(&[response]));
    Changes { app, ..Changes::default() }
}

/// The secrets of the user and of TLS. Here `tls` is JSON's word.
fn offers(view: &View, request: &Request, account: &Account) -> [(&'static str, Offer); 2] {
    let offer = |group: &str, fields: Vec<(&str, Option<Secret>)>| {
        let content: SecretContent =
            fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect();
        Offer { label: format!("{}.{}.{}.{group}.secret", view.endpoint, view.id, request.id), content }
    };
    let user = vec![
        ("username", Some(Secret::from(account.username.as_str()))),
        ("password", Some(account.password.clone())),
        ("uris", account.uris.clone()),
    ];
    let is_on = if account.tls == Some(true) { "true" } else { "false" };
    let tls = vec![("tls", Some(Secret::from(is_on))), ("tls-ca", account.tls_ca.as_deref().map(Secret::from))];
    [(USER, offer("user", user)), ("secret-tls", offer("tls", tls))]
}

/// The requests by their ids.
fn seen(requirer: &Databag) -> String {
    let requests: Read<Vec<Wire>> = json::list(requirer, REQUESTS, "a list of requests").into();
    let by_id = requests.ready().into_iter().flatten().map(|request| (request.request_id.clone(), request.clone()));
    json::text(&by_id.collect::<BTreeMap<String, Wire>>())
}

#[cfg(test)]
mod tests {
    use juju::RelationId;

    use super::*;

    fn view(requests: &str) -> View {
        let mut view = View::empty("database", RelationId(5));
        view.app = Some("web".to_owned());
        view.remote_app = Databag::from_iter([("version", "v1"), ("requests", requests)]);
        view.local_app = Some(Databag::new());
        view
    }

    const REQUEST: &str = r#"[{"resource": "shop", "request-id": "d0c3", "salt": "xq", "extra-user-roles": null}]"#;

    #[test]
    fn an_answer_is_found_again() {
        let mut view = view(REQUEST);
        let request = read(&view).ready().cloned().expect("it is complete");
        assert_eq!(answered(&view, &request), None);
        let account = Account {
            database: "shop".to_owned(),
            username: "relation_id_5".to_owned(),
            password: "hunter2".into(),
            uris: None,
            endpoints: vec!["pgb-0:6432".to_owned()],
            read_only_endpoints: Vec::new(),
            tls: Some(true),
            tls_ca: Some("ca".to_owned()),
            replset: None,
            version: Some("15.4".to_owned()),
        };
        let written = crate::trial::written(&answer(&view, &request, &account).app, &Databag::new());
        let response = written.text("requests").expect("a response");
        assert!(response.contains(r#""endpoints": "pgb-0:6432""#) && !response.contains("hunter2"), "{response}");
        let seen = r#"{"d0c3": {"resource": "shop", "request-id": "d0c3", "salt": "xq"}}"#;
        assert_eq!((written.text("version"), written.text("data")), (Some("v1"), Some(seen)));
        view.local_app = Some(written);
        assert_eq!(answered(&view, &request), crate::trial::SECRET.parse().ok());
    }

    #[test]
    fn complete_partial_and_bad_data() {
        assert!(!speaks(&View::empty("database", RelationId(5))));
        assert!(matches!(read(&view("[]")), Read::Waiting(key) if key == "requests"));
        assert!(matches!(read(&view(&REQUEST.replace("shop", ""))), Read::Waiting(key) if key == "requests"));
        for text in ["{", "7", "[{}]", &REQUEST.replace("shop", "a\\u0000")] {
            assert!(matches!(read(&view(text)), Read::Invalid { key, .. } if key == "requests"), "{text}");
        }
    }
}
