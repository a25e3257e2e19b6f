//! Version 0 of the data interfaces, shared by `postgresql_client`, `mysql_client` and `mongodb_client`.
//!
//! **Requirer's side** (this file). The leader asks: `database`, the wanted name; `requested-secrets`, the fields
//! it wants in secrets, without which a provider publishes clear text; `provided-secrets`. Its unit's databag repeats
//! the two lists, and every unit keeps in `data` a copy of what it has seen of the provider, from which the Python
//! framework derives its events. This crate doesn't read that copy; it lets either implementation replace the other.
//!
//! **Provider's side**: [`provider`]; for a requirer of version 1, [`v1`]; for either, [`client`]. A requirer that is a provider
//! itself: [`pooler`].
//!
//! A field that was asked for comes from its group's secret if that has any of the group's fields, else in clear. All
//! of this reads what others wrote: a value that can't be used gives [`Read::Invalid`] with its key, and a secret that
//! can't be read (yet) gives [`Read::Waiting`].

pub mod client;
pub mod pooler;
pub mod provider;
mod server_tls;
#[cfg(test)]
mod tests;
pub mod v1;

use juju::percent::encode;
use juju::{Changes, Databag, Draft, Needs, Secret, SecretContent, View};

use crate::field::{self, checked, list};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::uri::{self, Uri};

pub use server_tls::{ServerTls, server_tls};

/// Parts of the relation that the requirer reads. Units' databags hold no data that it uses.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// The fields that a requirer wants in secrets, in the order in which the Python framework writes them.
pub const REQUESTED_SECRETS: [&str; 8] =
    ["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"];

/// The fields that a requirer may send in secrets.
pub const PROVIDED_SECRETS: [&str; 1] = ["mtls-cert"];

/// The fields that are in the secret of a group `user`.
const USER_FIELDS: [&str; 4] = ["username", "password", "uris", "read-only-uris"];

/// Groups of secrets, as in `secret-<group>`; true for those that [`read`] waits for.
const GROUPS: [(&str, bool); 5] =
    [("user", true), ("tls", false), ("entity", false), ("extra", false), ("mtls", false)];

/// Differences between the members of the family.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The scheme of a URI that has to be built.
    pub scheme: &'static str,
    /// The servers that a built URI names.
    pub hosts: Hosts,
}

/// Servers in a connection string that is built because the provider gives no `uris`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// The first of `endpoints`.
    First,
    /// All `endpoints`, and the replica set's name if the provider gives one: clients find the primary themselves.
    All,
}

/// Request of a requirer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name of the database; web apps ask for one of the application's name. Once written it isn't changed, since
    /// providers don't follow.
    pub database: String,
    /// Juju has secrets (3.0 and later); without them the provider has to publish in clear.
    pub secrets: bool,
    /// True if the provider is known to be in another model: then `provided-secrets` is left out. See
    /// [`was_asked_across_models`].
    pub cross_model: bool,
}

/// True if the request in our application's databag was written for a provider in another model. `None` while it is not
/// written. False for a unit that may not read that databag: it does not write it either.
#[must_use]
pub fn was_asked_across_models(view: &View) -> Option<bool> {
    let Some(asked) = &view.local_app else { return Some(false) };
    asked.text("requested-secrets").map(|_| asked.text("provided-secrets").is_none())
}

/// A database that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The connection string: the provider's `uris` as it stands, or one made of the parts. Never empty.
    pub uri: Secret,
    /// The database's name: what the provider calls it, else what was asked for.
    pub database: String,
    /// The user, if given apart from the connection string.
    pub username: Option<Secret>,
    /// The password, if given apart from the connection string.
    pub password: Option<Secret>,
    /// `host:port` of each server that takes writes.
    pub endpoints: Vec<String>,
    /// `host:port` of each server that only answers.
    pub read_only_endpoints: Vec<String>,
    /// The server's version.
    pub version: Option<String>,
}

impl Database {
    /// The parts of the connection string's first URI.
    #[must_use]
    pub fn parts(&self) -> Uri {
        Uri::first(self.uri.expose())
    }
}

/// The secrets that the provider's databag refers to. An invalid id is left out; [`read`] reports it.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    let refs = GROUPS.iter().filter_map(|(group, needed)| {
        let id = field::address_of(view.remote_app.text(&format!("secret-{group}"))?)?;
        Some(SecretRef { id, label: Some(label(view, group)), group: (*group).to_owned(), needed: *needed })
    });
    refs.collect()
}

/// The label of a group's secret, at both sides.
pub(crate) fn label(view: &View, group: &str) -> String {
    format!("{}.{}.{group}.secret", view.endpoint, view.id)
}

/// Reads the provider's answer. Ready with `uris`, or else with `endpoints`, `username` and `password`.
#[must_use]
pub fn read(family: &Family, view: &View, secrets: &Secrets, request: &Request) -> Read<Database> {
    Read::of(view, || complete(family, view, secrets, request))
}

fn complete(family: &Family, view: &View, secrets: &Secrets, request: &Request) -> Result<Database, Stop> {
    let fields = Fields { app: &view.remote_app, user: user_secret(view, secrets, request)? };
    let database = fields.text("database")?.unwrap_or_else(|| request.database.clone());
    let username = fields.text("username")?.map(Secret::from);
    let password = fields.text("password")?.map(Secret::from);
    let endpoints = list("endpoints", fields.text("endpoints")?.as_deref())?;
    let uri = match fields.text("uris")? {
        Some(uris) => uris.into(),
        None => {
            let hosts = hosts(family, &endpoints)?;
            let username = username.as_ref().ok_or_else(|| Stop::waiting("username"))?;
            let password = password.as_ref().ok_or_else(|| Stop::waiting("password"))?;
            let uri = uri::build(family.scheme, username.expose(), password, &hosts, &database);
            match fields.text("replset")?.filter(|_| family.hosts == Hosts::All) {
                Some(name) => format!("{}?replicaSet={}", uri.expose(), encode(&name)).into(),
                None => uri,
            }
        }
    };
    let read_only_endpoints = list("read-only-endpoints", fields.text("read-only-endpoints")?.as_deref())?;
    let version = fields.text("version")?;
    Ok(Database { uri, database, username, password, endpoints, read_only_endpoints, version })
}

/// The hosts of a connection string that has to be built.
fn hosts(family: &Family, endpoints: &[String]) -> Result<String, Stop> {
    let (count, which) = match family.hosts {
        Hosts::First => (1, "the first"),
        Hosts::All => (endpoints.len(), "an"),
    };
    let named = endpoints.get(..count).filter(|named| !named.is_empty()).ok_or_else(|| Stop::waiting("endpoints"))?;
    for endpoint in named {
        uri::check_endpoint(endpoint).map_err(|why| Stop::invalid("endpoints", &format!("{which} entry {why}")))?;
    }
    Ok(named.join(","))
}

/// The content of the user's secret: `None` if everything is in clear.
fn user_secret<'a>(view: &View, secrets: &'a Secrets, request: &Request) -> Result<Option<&'a SecretContent>, Stop> {
    let Some(address) = view.remote_app.text("secret-user").filter(|_| request.secrets) else {
        return Ok(None);
    };
    let content = field::content("secret-user", address, secrets)?;
    Ok(Some(content).filter(|content| USER_FIELDS.iter().any(|field| content.contains_key(*field))))
}

/// The provider's fields, in its databag or in the user's secret.
struct Fields<'a> {
    app: &'a Databag,
    user: Option<&'a SecretContent>,
}

impl Fields<'_> {
    /// A field's value; an empty one counts as absent. With a user's secret, the databag is ignored for its group.
    fn text(&self, key: &str) -> Result<Option<String>, Stop> {
        let value = match self.user.filter(|_| USER_FIELDS.contains(&key)) {
            Some(content) => content.get(key).map(Secret::expose),
            None => self.app.text(key),
        };
        checked(key, value)
    }
}

/// Changes of the requirer: the request if this unit leads (only the leader may read our application's databag), and
/// the copy of the provider's data.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let lists = if view.local_app.is_some() { requested(request) } else { Databag::new() };
    let app = match &view.local_app {
        Some(current) => {
            let mut wanted = lists.clone();
            if current.text("database").is_none_or(str::is_empty) {
                wanted.insert("database".into(), request.database.clone());
            }
            Draft::differing(current, &wanted)
        }
        None => Draft::default(),
    };
    let mut wanted = lists;
    wanted.extend(seen(view).map(|copy| ("data".to_owned(), copy)));
    Changes { app, unit: Draft::differing(&view.local_unit, &wanted) }
}

/// The two lists of a request; empty without secrets.
fn requested(request: &Request) -> Databag {
    let mut lists = Databag::new();
    if request.secrets {
        lists.insert("requested-secrets".into(), json::text(&REQUESTED_SECRETS));
        if !request.cross_model {
            lists.insert("provided-secrets".into(), json::text(&PROVIDED_SECRETS));
        }
    }
    lists
}

/// The copy for our unit's `data`. Absent before the provider writes, and while it reports that it isn't up.
fn seen(view: &View) -> Option<String> {
    let subordinated = view.remote_app.text("subordinated") == Some("true");
    if subordinated && !view.units.values().any(|unit| unit.text("state") == Some("ready")) {
        return None;
    }
    let fresh = view.local_unit.text("data").is_none_or(str::is_empty);
    let silent = view.remote_app.keys().all(|key| key == "data");
    if silent && fresh { None } else { json::copy(&view.remote_app) }
}
