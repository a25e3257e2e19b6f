//! OpenID Connect: a client for each relation, at a real provider in which two people can sign in.

use std::collections::BTreeMap;

use interfaces::Url;
use interfaces::oauth::{self, Client, GRANT_TYPE, Request, provider};
use juju::{RelationId, Role, Secret};
use serde_json::{Value, json};

use super::accounts::{self, Accounts};
use super::identity::Identity;
use super::npm::Package;
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, process};
use crate::pod::Neighbor;

/// The provider of OpenID Connect, certified as one by the OpenID Foundation.
pub(super) const OIDC: Provider = Provider {
    name: "oidc",
    title: "oidc-provider",
    app: "hydra",
    endpoint: "oauth",
    interface: oauth::INTERFACE,
    source: Source::Npm(&PACKAGE),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Oidc::start(host)?)),
};

/// Its package.
pub(super) const PACKAGE: Package = Package {
    name: "oidc-provider",
    manifest: include_str!("identity/oidc/package.json"),
    lock: include_str!("identity/oidc/package-lock.json"),
};

const SCRIPT: &str = include_str!("identity/oidc.mjs");

/// Name of the file with the clients.
const CLIENTS: &str = "clients.json";

/// Scopes that it knows.
const SCOPE: &str = "openid profile email phone address offline_access";

/// Page that a provider has from its start.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A running provider and its clients.
#[derive(Debug)]
struct Oidc {
    identity: Identity,
    secrets: Accounts<Secret>,
    clients: BTreeMap<RelationId, Value>,
}

impl Oidc {
    fn start(host: &Host<'_>) -> Result<Self, Error> {
        let identity = Identity::start(host, &PACKAGE, SCRIPT, &[(CLIENTS, "{}")], DISCOVERY)?;
        Ok(Self { identity, secrets: Accounts::default(), clients: BTreeMap::new() })
    }

    /// The client of a relation with this secret.
    fn client(&self, id: RelationId, client_secret: Secret) -> Client {
        let issuer = self.identity.url();
        let at = |path: &str| Url::from(format!("{issuer}{path}"));
        Client {
            client_id: client_id(id),
            client_secret,
            issuer_url: at(""),
            authorization_endpoint: at("/auth"),
            token_endpoint: at("/token"),
            introspection_endpoint: at("/token/introspection"),
            userinfo_endpoint: at("/me"),
            jwks_endpoint: at("/jwks"),
        }
    }

    /// Tells the provider of the clients, if they have changed.
    fn register(&mut self, clients: BTreeMap<RelationId, Value>) -> Result<(), process::Error> {
        if clients != self.clients {
            let by_id: BTreeMap<_, _> = clients.iter().map(|(id, client)| (client_id(*id), client)).collect();
            self.identity.place.write(CLIENTS, &json!(by_id).to_string())?;
            self.clients = clients;
        }
        Ok(())
    }
}

impl Serve for Oidc {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.identity.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        self.identity.revive(DISCOVERY, host)
    }

    fn relocate(&mut self, host: &Host<'_>) -> Result<Vec<String>, Error> {
        self.identity.relocate(DISCOVERY, host)
    }

    fn answer(&mut self, relations: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
        self.secrets.take_gone(relations);
        // A relation that is being removed keeps its client.
        let is_dying = |id: &RelationId| relations.iter().any(|relation| relation.view.id == *id && relation.is_dying);
        let mut clients = self.clients.clone();
        clients.retain(|id, _| is_dying(id));
        let given = answers(relations, |Relation { view, .. }| {
            let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let draw = || accounts::password().map_err(process::file(OIDC.title, "draw a secret"));
            let secret = self.secrets.have(view.id, draw)?;
            clients.insert(view.id, registration(view.id, &request, &secret));
            Ok(Some(provider::answer(view, &self.client(view.id, secret), SCOPE)))
        });
        self.register(clients)?;
        Ok(given)
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        // The provider is told with the next answers.
        self.secrets.renew(|_| accounts::password().map_err(process::file(OIDC.title, "draw a secret")))?;
        Ok(true)
    }
}

fn client_id(id: RelationId) -> String {
    format!("relation-{id}")
}

/// The client as the provider knows it, by the names of OpenID Connect Dynamic Client Registration 1.0, section 2.
fn registration(id: RelationId, request: &Request, secret: &Secret) -> Value {
    json!({
        "client_id": client_id(id),
        "client_secret": secret.expose(),
        "redirect_uris": [request.redirect_uri],
        "grant_types": [GRANT_TYPE],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": request.scope,
    })
}
