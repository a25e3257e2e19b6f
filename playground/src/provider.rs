//! Providers of integrations: the other applications of the model, each a real server.
//!
//! The model has them as applications without a charm. A server is started when an application is first integrated with it,
//! and lives until the model ends. A provider is a value, as a framework and an interface are: one file beside `redis.rs` and
//! one line in [`ALL`]. Help texts, errors and advice are made from the table.

mod accounts;
mod certificates;
mod database;
mod fetched;
mod go;
mod grafana;
mod http_proxy;
mod identity;
mod ingress;
mod loki;
mod mongodb;
mod mysql;
mod npm;
mod oidc;
mod openfga;
mod postgresql;
mod process;
mod prometheus;
mod publish;
mod rabbitmq;
mod redis;
mod relations;
mod running;
pub mod s3;
mod saml;
mod serve;
mod sink;
mod smtp;
mod source;
mod stand_in;
mod tempo;
mod tls;
mod user;
mod valkey;

use juju::{Endpoint, RelationId, Role};
use juju_testing::{Model, ModelError, endpoint};

pub use running::{Answered, Providers, UnitInfo};
pub use serve::{Answer, Host, Relation, Serve, UnitDetails};
pub use source::{Presence, Source};
pub use tls::ServerCertificate;

/// Lines of an export of spans, for the fuzz target.
///
/// # Errors
///
/// The fault of a body that is no export.
#[cfg(fuzzing)]
pub fn spans(kind: &str, body: &[u8]) -> Result<Vec<String>, String> {
    (tempo::TAKER.lines)(&sink::Sent { kind: kind.to_owned(), body: body.to_vec() })
}

/// All providers, in the order in which they are named.
pub const ALL: &[&Provider] = &[
    &postgresql::POSTGRESQL,
    &ingress::INGRESS,
    &redis::REDIS,
    &mysql::MYSQL,
    &rabbitmq::RABBITMQ,
    &valkey::VALKEY,
    &s3::S3,
    &smtp::SMTP,
    &http_proxy::HTTP_PROXY,
    &oidc::OIDC,
    &saml::SAML,
    &mongodb::MONGODB,
    &openfga::OPENFGA,
    &tempo::TEMPO,
    &prometheus::PROMETHEUS,
    &loki::LOKI,
    &grafana::GRAFANA,
    &certificates::CERTIFICATES,
];

/// Provider of an integration: its names, its package and its start. [`Serve`] is the running server.
#[derive(Debug)]
pub struct Provider {
    /// Name, as people type it.
    pub name: &'static str,
    /// Name of the server's program, for people.
    pub title: &'static str,
    /// Name of its application: that of the charm that a cluster has for it.
    pub app: &'static str,
    /// Name of its endpoint.
    pub endpoint: &'static str,
    /// Interface of its endpoint.
    pub interface: &'static str,
    /// Role of its endpoint. Prometheus and Grafana require what a charm provides.
    pub role: Role,
    /// Origin of the server's program.
    pub source: Source,
    /// True if this program only stands in for the server, which no package registry has.
    pub is_stand_in: bool,
    /// True if `status` and `up` name it while an application has an unused endpoint for it.
    pub is_suggested: bool,
    /// True if a charm that requires it waits for it. No charm waits for an ingress, whatever its metadata say.
    pub is_awaited: bool,
    /// True if it may have several units.
    pub is_scalable: bool,
    /// Starts the server.
    pub start: fn(&Host<'_>) -> Result<Box<dyn Serve>, Error>,
}

impl Provider {
    /// The provider with this name, which may be its application's.
    ///
    /// ```
    /// use playground::provider::Provider;
    /// let name = |text| Provider::named(text).map(|provider| provider.name);
    /// assert_eq!(name("postgresql"), name("postgresql-k8s"));
    /// assert_eq!(name("flask-k8s"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|provider| provider.app == name || provider.name == name)
    }

    /// The server and where it comes from, for people.
    ///
    /// ```
    /// use playground::provider::Provider;
    /// let origin = |name| Provider::named(name).map(Provider::origin).unwrap_or_default();
    /// assert_eq!(origin("redis"), "Redis, Debian's package redis-server");
    /// assert_eq!(origin("loki"), "a stand-in for Loki, part of webcharm");
    /// ```
    #[must_use]
    pub fn origin(&self) -> String {
        let begin = if self.is_stand_in { "a stand-in for " } else { "" };
        format!("{begin}{}, {}", self.title, self.source.text())
    }

    /// The names of all providers, in one line.
    #[must_use]
    pub fn names() -> String {
        ALL.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", ")
    }

    /// The names of the providers that may have several units, in one line.
    #[must_use]
    pub fn scalable() -> String {
        ALL.iter().filter(|provider| provider.is_scalable).map(|provider| provider.name).collect::<Vec<_>>().join(", ")
    }

    /// True if `endpoint` can be integrated with it.
    #[must_use]
    pub fn fits(&self, endpoint: &Endpoint) -> bool {
        endpoint.role == self.counterpart() && endpoint.interface == self.interface
    }

    /// Role of a charm's endpoint for it.
    #[must_use]
    pub fn counterpart(&self) -> Role {
        if self.role == Role::Provides { Role::Requires } else { Role::Provides }
    }

    /// The endpoints of its application: that of its row, and that at which it asks for a certificate if it speaks TLS.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let own = endpoint(self.endpoint, self.role, self.interface);
        std::iter::once(own).chain(tls::endpoint(self)).collect()
    }

    /// Makes sure that `model` has its application.
    ///
    /// # Errors
    /// When the model has another application of that name.
    pub fn deploy(&self, model: &mut Model) -> Result<(), ModelError> {
        if model.applications().any(|name| name == self.app) {
            return Ok(());
        }
        model.add_application(self.app, self.endpoints(), 1)
    }
}

/// Error of a server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server can't be started, or refuses.
    #[error(transparent)]
    Server(Box<dyn std::error::Error + Send + Sync>),
    /// The model refuses the answer.
    #[error("cannot answer in relation {relation}")]
    Answer {
        /// The relation.
        relation: RelationId,
        /// The cause.
        #[source]
        source: publish::Error,
    },
    /// The model refuses to remove the secrets of relations that are gone.
    #[error("cannot remove secrets of {app}")]
    Secrets {
        /// The provider's application.
        app: &'static str,
        /// The cause.
        #[source]
        source: publish::Error,
    },
    /// The application requests something that the server doesn't give.
    #[error(
        "relation {relation}: the application's {key:?} can't be served: {why}; its charm has to ask for another, or \
         `webcharm remove-relation {relation}` ends it"
    )]
    Refused {
        /// The relation.
        relation: RelationId,
        /// The key of the databag, or a name for several.
        key: String,
        /// The fault of its value, without the value.
        why: String,
    },
    /// An authority's answer can't be used.
    #[error(
        "relation {relation}: the authority's {key:?} can't be used: {why}; `webcharm remove-relation {relation}` ends it"
    )]
    Certificate {
        /// The relation.
        relation: RelationId,
        /// The key of its databag.
        key: String,
        /// The fault of its value.
        why: String,
    },
    /// The server doesn't run.
    #[error("{0} does not run: `webcharm integrate {0}` starts it")]
    NotRunning(&'static str),
    /// The server has no credentials.
    #[error("{0} has no credentials here: there is nothing to rotate")]
    NoCredentials(&'static str),
    /// No application is told the server's address.
    #[error(
        "{title} has no address that an application is told: there is nothing to move; `webcharm remove-application {name}`, then \
         `webcharm integrate {name}`, replaces it", title = .0.title, name = .0.name
    )]
    NoPlace(&'static Provider),
    /// The server has one unit.
    #[error("{app} always has one unit in the playground; several can have: {}", Provider::scalable(), app = .0.app)]
    OneUnit(&'static Provider),
    /// A server would be left without a unit.
    #[error("{app} keeps one unit: `webcharm remove-application {name}` ends it", app = .0.app, name = .0.name)]
    LastUnit(&'static Provider),
    /// A server with several units has no single place.
    #[error(
        "{app} has several units, and each has a place: `webcharm remove-unit {app}/{unit}` has another one take over",
        app = .provider.app
    )]
    SeveralPlaces {
        /// The server.
        provider: &'static Provider,
        /// Its first unit.
        unit: u32,
    },
    /// The model is ending.
    #[error("the model is ending")]
    Ending,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_complete_and_its_names_are_its_own() {
        let mut names = BTreeSet::new();
        for provider in ALL {
            let Provider { name, title, app, endpoint, interface, .. } = provider;
            for text in [name, title, app, endpoint, interface] {
                assert!(!text.is_empty() && !text.contains(char::is_whitespace), "{provider:?}");
            }
            assert!([name, app].into_iter().all(|name| names.insert(*name)), "{name} or {app} is taken");
            assert!(names.insert(interface) || name == interface, "{interface} is provided twice");
            assert_eq!(Provider::named(app).map(|found| found.name), Some(*name));
        }
    }

    #[test]
    fn an_application_is_deployed_once() {
        let mut model = Model::new("local");
        for provider in ALL.iter().chain(ALL) {
            provider.deploy(&mut model).unwrap();
        }
        assert_eq!(model.applications().count(), ALL.len());
    }
}
