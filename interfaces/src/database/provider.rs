//! The provider's half of the [database family](super).
//!
//! It waits for `database` in the requirer's databag, makes an account, and [answers](answer): the credentials in a
//! secret granted to the relation if the requirer asked for secrets, else in clear; the rest in clear. Its
//! application's `data` keeps a copy of the request, which tells other implementations that it has been seen.

use juju::{Changes, Databag, Draft, Needs, Offer, Secret, SecretContent, View};

use super::label;
use crate::field::{list, needed, text};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// Request as the provider reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The database's name.
    pub database: String,
    /// The fields that it wants in secrets; empty if everything has to be in clear.
    pub requested_secrets: Vec<String>,
    /// Roles for its user.
    pub extra_user_roles: Vec<String>,
    /// Groups for its user.
    pub extra_group_roles: Vec<String>,
    /// It connects from outside the cluster.
    pub external: bool,
}

/// Account made for a requirer, and the addresses of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The database's name; may differ from what was asked for.
    pub database: String,
    /// The user.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// Connection strings, comma-separated, for requirers that take them as they are.
    pub uris: Option<Secret>,
    /// `host:port` of each server that takes writes.
    pub endpoints: Vec<String>,
    /// `host:port` of each read-only server.
    pub read_only_endpoints: Vec<String>,
    /// True if the servers speak TLS; absent if unknown.
    pub tls: Option<bool>,
    /// Certificate of the servers' authority, in PEM.
    pub tls_ca: Option<String>,
    /// The replica set that the servers are, where they are one.
    pub replset: Option<String>,
    /// The server's version.
    pub version: Option<String>,
}

/// Reads the request; waits for `database`, which the requirer's leader writes.
#[must_use]
pub fn read(view: &View) -> Read<Requested> {
    Read::of(view, || request(&view.remote_app))
}

fn request(app: &Databag) -> Result<Requested, Stop> {
    let names = |key: &str| list(key, text(app, key)?.as_deref());
    Ok(Requested {
        database: needed(app, "database")?,
        requested_secrets: requested_secrets(app)?,
        extra_user_roles: names("extra-user-roles")?,
        extra_group_roles: names("extra-group-roles")?,
        external: app.text("external-node-connectivity") == Some("true"),
    })
}

/// The fields that the requirer wants in secrets. A requirer without secrets leaves the key out, so `null` is invalid.
fn requested_secrets(app: &Databag) -> Result<Vec<String>, Stop> {
    const KEY: &str = "requested-secrets";
    match app.text(KEY) {
        Some("null") => Err(Stop::invalid(KEY, "it is not a list of texts")),
        _ => json::list(app, KEY, "a list of texts"),
    }
}

/// Changes of the **leader** once the account exists. A second answer to the same request and account holds only the
/// secrets, whose contents the publisher compares.
#[must_use]
pub fn answer(view: &View, request: &Requested, account: &Account) -> Changes {
    let user = [
        ("username", Some(Secret::from(account.username.as_str()))),
        ("password", Some(account.password.clone())),
        ("uris", account.uris.clone()),
    ];
    let tls = [
        ("tls", account.tls.map(|on| Secret::from(if on { "True" } else { "False" }))),
        ("tls-ca", account.tls_ca.as_deref().map(Secret::from)),
    ];
    let mut reply = Reply { view, request, wanted: public(view, account), offers: Vec::new() };
    reply.give("user", user);
    reply.give("tls", tls);
    let mut app = Draft::differing(view.local_app.as_ref().unwrap_or(&Databag::new()), &reply.wanted);
    for (key, offer) in reply.offers {
        app.set(&key, offer);
    }
    Changes { app, ..Changes::default() }
}

/// Fields that are always in clear; an empty text deletes an outdated key.
fn public(view: &View, account: &Account) -> Databag {
    Databag::from_iter([
        ("data", json::copy(&view.remote_app).unwrap_or_default()),
        ("database", account.database.clone()),
        ("endpoints", account.endpoints.join(",")),
        ("read-only-endpoints", account.read_only_endpoints.join(",")),
        ("replset", account.replset.clone().unwrap_or_default()),
        ("version", account.version.clone().unwrap_or_default()),
    ])
}

/// An answer in the making.
struct Reply<'a> {
    view: &'a View,
    request: &'a Requested,
    wanted: Databag,
    /// Secrets by databag key.
    offers: Vec<(String, Offer)>,
}

impl Reply<'_> {
    /// Puts a group's fields into a secret if any of them was asked for so, else into the databag; never into both.
    fn give<const N: usize>(&mut self, group: &str, fields: [(&str, Option<Secret>); N]) {
        let asked = |field: &str| self.request.requested_secrets.iter().any(|name| name == field);
        let secret = fields.iter().any(|(field, value)| value.is_some() && asked(field));
        let content: SecretContent =
            fields.iter().filter_map(|(field, value)| Some(((*field).to_owned(), value.clone()?))).collect();
        for (field, value) in fields {
            let clear = value.filter(|_| !secret).map(|value| value.expose().to_owned());
            self.wanted.insert(field.to_owned(), clear.unwrap_or_default());
        }
        let key = format!("secret-{group}");
        if secret {
            self.offers.push((key, Offer { label: label(self.view, group), content }));
        } else {
            self.wanted.insert(key, String::new());
        }
    }
}
