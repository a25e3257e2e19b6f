//! Answers of the remote applications, by the providers' halves of the interfaces.

use interfaces::http_proxy::provider::{User, Verdict};
use interfaces::smtp::{Auth, Security, Smtp};
use interfaces::{http_proxy, ingress, mongodb, oauth, openfga, rabbitmq, redis, s3, saml, smtp, valkey};
use juju::{Changes, RelationId, SecretId, View};

use crate::support::World;

/// All endpoints but `ingress`.
pub(super) const ENDPOINTS: [&str; 10] =
    ["mongodb", "redis", "valkey", "rabbitmq", "s3", "saml", "smtp", "openfga", "oidc", "http-proxy"];

/// Part of all secrets here; status and log must not contain it.
pub(super) const SECRET: &str = "hunter2";

const PASSWORD: &str = "hunter2/x";

/// Interface of an endpoint.
pub(super) fn interface(endpoint: &str) -> &str {
    match endpoint {
        "mongodb" => "mongodb_client",
        "valkey" => "valkey_client",
        "oidc" => "oauth",
        "http-proxy" => "http_proxy",
        same => same,
    }
}

/// Publishes the answer of the application with the endpoint's name. Returns the ids of its secrets.
pub(super) fn answer(world: &World, relation: RelationId, endpoint: &str) -> Vec<SecretId> {
    let view = world.remote_view(relation, endpoint, endpoint);
    let changes = match endpoint {
        "mongodb" => documents(&view),
        "valkey" => store(&view),
        "rabbitmq" => queue(&view),
        "s3" => bucket(&view),
        "saml" => identity_provider(&view),
        "smtp" => mail_server(&view),
        "openfga" => permissions(&view),
        "oidc" => client(&view),
        "http-proxy" => proxy(&view),
        "ingress" => ingress::provider::answer(&view, Some("https://example.com/test-flask")).unwrap(),
        _ => {
            let primary =
                redis::provider::Primary { hostname: "redis-0".to_owned(), port: 6379, leader_host: String::new() };
            redis::provider::answer(&view, &primary)
        }
    };
    world.answer(&view, endpoint, &changes)
}

fn documents(view: &View) -> Changes {
    let request = mongodb::provider::read(view).ready().cloned().expect("it's asked for");
    let account = mongodb::provider::Account {
        database: request.database.clone(),
        username: "me".to_owned(),
        password: PASSWORD.into(),
        uris: None,
        endpoints: vec!["mongo-0:27017".to_owned(), "mongo-1:27017".to_owned()],
        read_only_endpoints: Vec::new(),
        tls: None,
        tls_ca: None,
        replset: Some("rs0".to_owned()),
        version: None,
    };
    mongodb::provider::answer(view, &request, &account)
}

fn store(view: &View) -> Changes {
    let request = valkey::provider::read(view).ready().cloned().expect("it's asked for");
    let valkey = valkey::Valkey {
        username: "me".into(),
        password: PASSWORD.into(),
        endpoints: vec!["valkey-0:6379".to_owned()],
        read_only_endpoints: Vec::new(),
        sentinel_endpoints: Vec::new(),
        mode: None,
        version: None,
        tls: false,
        tls_ca: None,
    };
    valkey::provider::answer(view, &request, &valkey)
}

fn queue(view: &View) -> Changes {
    assert_eq!(rabbitmq::provider::read(view).ready().expect("it's asked for").username, "flask-k8s");
    let (hostname, unit_hostname) = ("rabbitmq".to_owned(), "10.1.0.31".to_owned());
    let account = rabbitmq::provider::Account { hostname, unit_hostname, password: PASSWORD.into() };
    rabbitmq::provider::answer(view, &account)
}

fn bucket(view: &View) -> Changes {
    let bucket = s3::Bucket {
        bucket: s3::provider::read(view).ready().cloned().expect("it's asked for"),
        access_key: "hunter2-access".into(),
        secret_key: PASSWORD.into(),
        endpoint: Some("http://minio:9000".into()),
        region: None,
        path: None,
        storage_class: None,
        api_version: None,
        uri_style: None,
        tls_ca_chain: Vec::new(),
        attributes: Vec::new(),
    };
    s3::provider::answer(view, &bucket)
}

fn identity_provider(view: &View) -> Changes {
    let saml = saml::Saml {
        entity_id: "https://idp.example.com".into(),
        metadata_url: Some("https://idp.example.com/metadata".into()),
        certificates: vec!["MIIC".to_owned(), "MIID".to_owned()],
        services: Vec::new(),
    };
    saml::provider::answer(view, &saml)
}

fn mail_server(view: &View) -> Changes {
    let server = Smtp {
        host: "smtp.example.com".to_owned(),
        port: 587,
        user: Some("mailer".to_owned()),
        password: Some(PASSWORD.into()),
        auth: Auth::Plain,
        security: Security::StartTls,
        domain: None,
        skip_ssl_verify: false,
        sender: None,
        recipients: Vec::new(),
    };
    smtp::provider::answer(view, &server)
}

fn permissions(view: &View) -> Changes {
    assert_eq!(openfga::provider::read(view).ready().map(String::as_str), Some("app-store"));
    let store = openfga::Store {
        store_id: "01GK13VYZK62Q1T0X55Q2BHYD6".to_owned(),
        token: Some(PASSWORD.into()),
        grpc_api_url: "http://openfga:8081".into(),
        http_api_url: "http://openfga:8080".into(),
    };
    openfga::provider::answer(view, &store)
}

fn client(view: &View) -> Changes {
    let request = oauth::provider::read(view).ready().cloned().expect("it's asked for");
    let url = |path: &str| interfaces::Url::from(format!("https://idp.example.com/{path}"));
    let client = oauth::Client {
        client_id: "42".to_owned(),
        client_secret: PASSWORD.into(),
        issuer_url: url(""),
        authorization_endpoint: url("auth"),
        token_endpoint: url("token"),
        introspection_endpoint: url("introspect"),
        userinfo_endpoint: url("userinfo"),
        jwks_endpoint: url("jwks"),
    };
    oauth::provider::answer(view, &client, &request.scope)
}

fn proxy(view: &View) -> Changes {
    let requests = http_proxy::provider::read(view).ready().cloned().expect("it's asked for");
    let user = User { username: "me".into(), password: PASSWORD.into() };
    let verdict = Verdict::Ready { url: "http://squid:3128".to_owned(), user: Some(user) };
    http_proxy::provider::answer(view, &requests, &verdict)
}
