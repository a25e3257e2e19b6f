//! OAuth 2 and OpenID Connect: a client's values as the variables `<PREFIX><ENDPOINT>_…`, or as Spring's properties.
//! The endpoint's options set the request.

use interfaces::oauth::{self, Client, GRANT_TYPE, Request};
use juju::{Changes, Hold};
use pebble::plan::Environment;

use super::names;
use crate::facts::{Integration, Interface, LocalSide, Provided, Relation, Role};
use crate::framework::Naming;
use crate::random::Random;
use crate::url;

/// Interface `oauth`.
pub const OAUTH: Interface = Interface {
    name: oauth::INTERFACE,
    role: Role::SetByOptions,
    needs: oauth::NEEDS,
    secrets: oauth::secrets,
    read: |relation, local| {
        oauth::read(&relation.view, &relation.secrets).map(|client| {
            let (endpoint, request) = (&relation.view.endpoint, request_at(&relation.view.endpoint, local));
            match local.naming() {
                Naming::Plain => plain(&local.framework.variable(endpoint), &client, &request).into(),
                Naming::Spring => properties(endpoint, &client, &request, local).into(),
            }
        })
    },
    request,
    demand,
    ..Interface::PLAIN
};

/// Value of an endpoint's option. If it is not set, the default of charmcraft's extension.
fn option(endpoint: &str, name: &str, local: &LocalSide<'_>) -> String {
    let set = local.config.get(&format!("{endpoint}-{name}")).and_then(|value| value.as_str());
    let usual = || match (name, local.naming()) {
        ("scopes", _) => "openid profile email".to_owned(),
        ("redirect-path", Naming::Plain) => "/callback".to_owned(),
        ("redirect-path", Naming::Spring) => format!("/login/oauth2/code/{endpoint}"),
        _ => "sub".to_owned(),
    };
    set.filter(|text| !text.is_empty()).map_or_else(usual, str::to_owned)
}

fn request_at(endpoint: &str, local: &LocalSide<'_>) -> Request {
    let path = option(endpoint, "redirect-path", local);
    let base = url::without_user(local.base_url);
    let redirect_uri = format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'));
    Request { redirect_uri, scope: option(endpoint, "scopes", local) }
}

/// True if the scopes include OpenID Connect, without which the provider does not identify visitors.
fn asks_for_openid(scope: &str) -> bool {
    scope.split_whitespace().any(|word| word == "openid")
}

/// Requests a client. Without `openid` the request could not work, so the previous one stays.
fn request(relation: &Relation, local: &LocalSide<'_>, _: Random<'_>) -> Changes {
    let request = request_at(&relation.view.endpoint, local);
    if asks_for_openid(&request.scope) { oauth::request(&relation.view, &request) } else { Changes::default() }
}

fn demand(integration: &Integration, local: &LocalSide<'_>, provided: Option<&Provided>) -> Option<Hold> {
    let endpoint = &integration.endpoint;
    let relation = integration.relations.first()?;
    if !asks_for_openid(&option(&endpoint.name, "scopes", local)) {
        let message = "The 'openid' scope is required for OAuth integration, please add it to the scopes.";
        return Some(Hold::blocked(message));
    }
    match provided {
        // The status already names it as missing.
        None if endpoint.required => None,
        None => Some(Hold::blocked(format!("Please check {} charm!", relation.view.app.as_deref().unwrap_or("its")))),
        Some(_) if !local.is_routed => Some(Hold::blocked("Ingress relation is required for OIDC to work correctly!")),
        Some(_) => None,
    }
}

fn plain(prefix: &str, client: &Client, request: &Request) -> Environment {
    // Python's clients take this text as their arguments.
    let arguments = interfaces::json_text(&std::collections::BTreeMap::from([("scope", &request.scope)]));
    let rows = [
        ("_CLIENT_ID", Some(client.client_id.clone())),
        ("_CLIENT_SECRET", Some(client.client_secret.expose().to_owned())),
        ("_API_BASE_URL", Some(client.issuer_url.clone().into())),
        ("_AUTHORIZE_URL", Some(client.authorization_endpoint.clone().into())),
        ("_ACCESS_TOKEN_URL", Some(client.token_endpoint.clone().into())),
        ("_USER_URL", Some(client.userinfo_endpoint.clone().into())),
        ("_JWKS_URL", Some(client.jwks_endpoint.clone().into())),
        ("_CLIENT_KWARGS", Some(arguments)),
    ];
    names::table(prefix, rows)
}

fn properties(endpoint: &str, client: &Client, request: &Request, local: &LocalSide<'_>) -> Environment {
    let attribute = option(endpoint, "user-name-attribute", local);
    let scopes: Vec<_> = request.scope.split_whitespace().collect();
    let registration = [
        ("client-id", Some(client.client_id.clone())),
        ("client-secret", Some(client.client_secret.expose().to_owned())),
        ("redirect-uri", Some(request.redirect_uri.clone())),
        ("authorization-grant-type", Some(GRANT_TYPE.to_owned())),
        ("scope", Some(scopes.join(","))),
        ("user-name-attribute", Some(attribute.clone())),
    ];
    let provider = [
        ("authorization-uri", Some(client.authorization_endpoint.clone().into())),
        ("issuer-uri", Some(client.issuer_url.clone().into())),
        ("jwk-set-uri", Some(client.jwks_endpoint.clone().into())),
        ("token-uri", Some(client.token_endpoint.clone().into())),
        ("user-info-uri", Some(client.userinfo_endpoint.clone().into())),
        ("user-name-attribute", Some(attribute)),
    ];
    let of = |part: &str| format!("spring.security.oauth2.client.{part}.{endpoint}.");
    let mut all = names::table(&of("registration"), registration);
    all.extend(names::table(&of("provider"), provider));
    all
}
