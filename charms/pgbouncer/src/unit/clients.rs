//! The clients' relations: their databases, and the connection information that they get.

use std::collections::{BTreeMap, BTreeSet};

use interfaces::database::provider::{self, Account};
use interfaces::{Read, uri};
use juju::{RelationId, Secret, SecretQuery, View};
use serde::{Deserialize, Serialize};

use super::Unit;
use crate::backend::Backend;
use crate::client::{Given, Request, given};
use crate::document::Document;
use crate::error::Error;
use crate::meta;
use crate::names::DatabaseName;

/// Key of the peer databag: the clients' databases by relation.
const DATABASES: &str = "pgb_dbs_config";

/// An entry of it.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    legacy: bool,
}

/// The clients' databases by relation.
pub(crate) type Databases = BTreeMap<RelationId, DatabaseName>;

impl Unit<'_> {
    /// The clients' databases. Entries that can't be read are left out.
    pub(crate) fn databases(&self) -> Result<Databases, Error> {
        let shared = self.shared()?;
        Ok(shared.text(DATABASES).map(databases).unwrap_or_default())
    }

    /// Names of all databases that have the look-up of passwords, and perhaps others. The configuration knows them, too: the
    /// peer relation of a unit that leaves may end before the backend's.
    pub(crate) fn database_names(&mut self) -> Result<BTreeSet<DatabaseName>, Error> {
        let mut names = names(&self.databases()?);
        match self.document() {
            Ok(document) => names.extend(document.iter().flat_map(Document::database_names)),
            Err(Error::Container(error)) => tracing::warn!("{}", juju::chain(&error)),
            Err(error) => return Err(error),
        }
        Ok(names)
    }

    /// Publishes the clients' databases.
    pub(crate) fn share_databases(&self, databases: &Databases) -> Result<(), Error> {
        let entry = |name: &DatabaseName| Entry { name: name.as_str().to_owned(), legacy: false };
        let entries: BTreeMap<_, _> = databases.iter().map(|(id, name)| (id.to_string(), entry(name))).collect();
        self.share([(DATABASES, interfaces::json_text(&entries))])
    }

    /// Puts the clients' databases into the document.
    pub(crate) fn refresh(&self, document: &mut Document, backend: &Backend) -> Result<(), Error> {
        let databases = self.databases()?;
        document.set_databases(databases.values(), backend);
        Ok(())
    }

    pub(crate) fn client_views(&self) -> Result<Vec<View>, Error> {
        let endpoint = juju::key::Endpoint::name(&meta::DATABASE).to_string();
        Ok(self.juju.views(&endpoint, provider::NEEDS)?)
    }

    /// Renews the connection information of all clients that have credentials. The leader's task.
    pub(crate) fn update_clients(&mut self) -> Result<(), Error> {
        if !self.is_leader()? {
            return Ok(());
        }
        let Some(backend) = self.backend()? else { return Ok(()) };
        let databases = self.databases()?;
        for view in self.client_views()? {
            if let (Read::Ready(request), Some(name)) = (Request::read(&view), databases.get(&view.id))
                && let Some(credentials) = self.credentials(&view, &request)
            {
                self.answer(&view, &request, name, &credentials, &backend)?;
            }
        }
        Ok(())
    }

    /// Writes a client's credentials and connection information.
    pub(crate) fn answer(
        &mut self,
        view: &View,
        request: &Request,
        name: &DatabaseName,
        credentials: &Credentials,
        backend: &Backend,
    ) -> Result<(), Error> {
        let port = self.port()?;
        let endpoint = |hostname: &str| format!("{hostname}:{port}");
        let primary = endpoint(&self.hostname());
        let model = &self.juju.context.model;
        let others = self.others()?;
        let read_only = others.iter().map(|unit| endpoint(&interfaces::peer::fqdn(unit, model))).collect();
        let ca = self.tls_ca()?;
        let Credentials { username, password } = credentials;
        let account = Account {
            database: name.as_str().to_owned(),
            uris: Some(uri::build("postgresql", username, password, &primary, name.as_str())),
            username: username.clone(),
            password: password.clone(),
            endpoints: vec![primary],
            read_only_endpoints: read_only,
            tls: Some(ca.is_some()),
            tls_ca: ca,
            replset: None,
            version: backend.version.clone(),
        };
        self.juju.publish(view, &request.answer(view, &account))?;
        Ok(())
    }

    /// Port in force: of the document, else of the operator's option.
    fn port(&mut self) -> Result<u16, Error> {
        let document = self.shared_document()?;
        Ok(document.and_then(|document| document.listen_port()).unwrap_or(self.memory.port))
    }

    /// The credentials that a client was given.
    pub(crate) fn credentials(&self, view: &View, request: &Request) -> Option<Credentials> {
        match given(request, view)? {
            Given::Clear { username, password } => Some(Credentials { username, password }),
            Given::Secret(id) => {
                let content = self.readable(&SecretQuery::id(id).peek())?;
                Some(Credentials {
                    username: content.get("username")?.expose().to_owned(),
                    password: content.get("password")?.clone(),
                })
            }
        }
    }
}

/// A client's user with its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Secret,
}

/// The databases that clients have.
pub(crate) fn names(databases: &Databases) -> BTreeSet<DatabaseName> {
    databases.values().cloned().collect()
}

fn databases(text: &str) -> Databases {
    let entries: BTreeMap<String, Entry> =
        serde_json::from_str(text).inspect_err(|_| tracing::warn!("pgb_dbs_config can't be read")).unwrap_or_default();
    let read = |(id, entry): (String, Entry)| Some((id.parse().ok()?, DatabaseName::parse(&entry.name).ok()?));
    entries.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_make_no_sense_are_left_out() {
        let text = r#"{"3": {"name": "shop", "legacy": false}, "x": {"name": "y"}, "4": {"name": "pgbouncer"}}"#;
        let read = databases(text);
        assert_eq!(read.keys().collect::<Vec<_>>(), [&RelationId(3)]);
        assert_eq!(read[&RelationId(3)].as_str(), "shop");
        for text in ["", "[]", "{", "{\"1\": 7}"] {
            assert!(databases(text).is_empty(), "{text}");
        }
    }
}
