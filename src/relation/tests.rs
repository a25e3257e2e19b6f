//! Values of the interfaces: the documented examples as one golden text, and cases that these lack.

use interfaces::Secrets;
use juju::{ConfigValue, Databag, RelationId, UnitName, View};
use serde_json::Value;

use super::*;
use crate::framework::Framework;
use crate::framework::go::{GO, GO_2};
use crate::framework::spring_boot::SPRING_BOOT;
use crate::seen::Seen;

/// Interface and example, in the order of the golden text.
const EXAMPLES: [(&str, &str); 11] = [
    ("postgresql_client", include_str!("../../interfaces/fixtures/postgresql.json")),
    ("redis", include_str!("../../interfaces/fixtures/redis.json")),
    ("valkey_client", include_str!("../../interfaces/fixtures/valkey.json")),
    ("rabbitmq", include_str!("../../interfaces/fixtures/rabbitmq.json")),
    ("rabbitmq", include_str!("../../interfaces/fixtures/rabbitmq-server.json")),
    ("s3", include_str!("../../interfaces/fixtures/s3.json")),
    ("saml", include_str!("../../interfaces/fixtures/saml.json")),
    ("smtp", include_str!("../../interfaces/fixtures/smtp.json")),
    ("openfga", include_str!("../../interfaces/fixtures/openfga.json")),
    ("oauth", include_str!("../../interfaces/fixtures/oauth.json")),
    ("http_proxy", include_str!("../../interfaces/fixtures/http-proxy.json")),
];

const SECRET: &str = "secret:cjqub6vubg2s77p3nio0";

/// Our side of a relation: an application `my-app` with this framework.
struct Side(Seen, &'static Framework, Option<&'static str>);

impl Side {
    fn of(framework: &'static Framework) -> Self {
        let mut seen = Seen::nothing();
        seen.unit.name = UnitName::new("my-app", 0);
        Self(seen, framework, Some("https://web.example.com/my-model-my-app"))
    }

    fn set(mut self, option: &str, value: &str) -> Self {
        self.0.config = [(option.to_owned(), ConfigValue::String(value.to_owned()))].into_iter().collect();
        self
    }

    fn local(&self) -> LocalSide<'_> {
        LocalSide {
            unit: &self.0.unit,
            framework: self.1,
            config: &self.0.config,
            port: 8080,
            port_is_open: true,
            base_url: self.2.unwrap_or("http://my-app.m:8080"),
            is_routed: self.2.is_some(),
            telemetry: &crate::facts::UNWATCHED,
        }
    }
}

fn integration(interface: &str, endpoint: &str, data: &[(&str, &str)], secret: &[(&str, &str)]) -> Integration {
    let mut view = View::empty(endpoint, RelationId(7));
    view.app = Some("other".to_owned());
    view.remote_app = data.iter().copied().collect();
    view.units = [(UnitName::new("other", 0), Databag::new())].into();
    let content = secret.iter().map(|(key, value)| ((*key).to_owned(), juju::Secret::from(*value)));
    let secrets = Secrets::from([(SECRET.parse().unwrap(), content.collect())]);
    let relation = Relation { view, secrets, address: None, cross_model: false };
    let interface = named(interface).unwrap();
    let endpoint = Endpoint { name: endpoint.to_owned(), interface, required: false, mapping: None };
    Integration { endpoint, relations: vec![relation] }
}

/// Documented example, as our leader reads it.
fn example(interface: &str, text: &str) -> Integration {
    let example: Value = serde_json::from_str(text).unwrap();
    let bag = |value: &Value| -> Databag { serde_json::from_value(value.clone()).unwrap() };
    let mut integration = integration(interface, example["endpoint"].as_str().unwrap(), &[], &[]);
    let relation = &mut integration.relations[0];
    relation.view.remote_app = bag(&example["remote"]["app"]);
    relation.view.local_app = Some(bag(&example["local"]["app"]));
    let units = example["remote"]["units"].as_object().unwrap();
    relation.view.units = units.iter().map(|(name, value)| (name.parse().unwrap(), bag(value))).collect();
    let secrets = example["secrets"].as_object().unwrap();
    let content = |secret: &Value| serde_json::from_value(secret["content"].clone()).unwrap();
    relation.secrets = secrets.iter().map(|(id, secret)| (id.parse().unwrap(), content(secret))).collect();
    integration
}

fn variables(integration: &Integration, local: &LocalSide<'_>) -> Environment {
    provided(integration, local).unwrap().expect("it's ready").variables
}

/// All values, one a line.
fn listing(provided: &Provided) -> String {
    let proxies = provided.proxies.iter().map(|p| format!("  out by {} and {}\n", p.http.expose(), p.https.expose()));
    let files = provided.files.iter().map(|(path, text)| format!("  file {path}: {text:?}\n"));
    let variables = provided.variables.iter().map(|(name, value)| format!("  {name}={value}\n"));
    variables.chain(files).chain(proxies).collect()
}

#[test]
fn the_documented_examples_give_the_golden_variables() {
    let mut all = String::new();
    for (interface, text) in EXAMPLES {
        let integration = example(interface, text);
        for framework in [&GO, &SPRING_BOOT] {
            let found = provided(&integration, &Side::of(framework).local()).unwrap().expect("it's ready");
            all.push_str(&format!("{interface} ({})\n{}", framework.title, listing(&found)));
        }
    }
    testkit::assert_golden("tests/golden/integrations.txt", &all);
}

#[test]
fn interfaces_are_unique_and_missing_ones_are_listed_in_their_order() {
    let names: std::collections::BTreeSet<_> = ALL.iter().map(|interface| interface.name).collect();
    assert_eq!(names.len(), ALL.len());
    let rank = |name: &str| super::rank(named(name).unwrap());
    assert_eq!(rank("mongodb_client"), rank("postgresql_client"));
    let order = ["mysql_client", "rabbitmq", "redis", "s3", "openfga", "saml", "tracing", "smtp", "oauth"];
    assert!(order.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])));
    let optional: Vec<_> = ALL.iter().filter(|one| !one.may_be_required()).map(|one| one.name).collect();
    assert_eq!(optional, ["ingress", "prometheus_scrape", "loki_push_api", "grafana_dashboard"]);
}

/// Data of interfaces that have no documented example.
const MORE: [(&str, Data<'_>); 4] = [
    ("mysql_client", &[("endpoints", "h"), ("username", "u"), ("password", "p")]),
    ("mongodb_client", &[("endpoints", "h"), ("username", "u"), ("password", "p")]),
    (
        "tracing",
        &[("receivers", r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://tempo:4318"}]"#)],
    ),
    ("ingress", &[("ingress", r#"{"url": "https://example.com/"}"#)]),
];

#[test]
fn relations_that_give_nothing_since_another_one_is_used_are_named_for_every_interface() {
    let usable = |name: &str| match MORE.iter().find(|(known, _)| *known == name) {
        Some((_, data)) => integration(name, name, data, &[]),
        None => example(name, EXAMPLES.iter().find(|(known, _)| *known == name).unwrap().1),
    };
    let relation = |mut one: Integration, id: u32, app: &str| {
        let mut relation = one.relations.remove(0);
        (relation.view.id, relation.view.app) = (RelationId(id), Some(app.to_owned()));
        relation
    };
    for interface in ALL {
        let side = Side::of(&GO);
        if interface.watches() {
            let relations = [3, 7].map(|id| relation(integration(interface.name, "x", &[], &[]), id, "one")).into();
            let watched = Integration { relations, ..integration(interface.name, "x", &[], &[]) };
            assert_eq!(unused(&watched, &side.local()), None, "{interface:?} uses all");
            continue;
        }
        let silent = || relation(integration(interface.name, "x", &[], &[]), 3, "early");
        let ready = |id, app| relation(usable(interface.name), id, app);
        let of = |relations| unused(&Integration { relations, ..usable(interface.name) }, &side.local());
        let name = usable(interface.name).endpoint.name;
        assert_eq!(of(vec![ready(7, "other")]), None);
        assert_eq!(of(vec![silent(), silent()]), None, "{name}: none is ready, so none is chosen");
        let remark =
            format!("{name}: other is used, not early (juju remove-relation 3), late (juju remove-relation 9)");
        assert_eq!(of(vec![silent(), ready(7, "other"), ready(9, "late")]), Some(remark));
        let remark = format!("{name}: other is used, not late (juju remove-relation 9)");
        assert_eq!(of(vec![ready(7, "other"), ready(9, "late")]), Some(remark), "the lowest id");
    }
}

#[test]
fn an_endpoint_with_another_name_gives_variables_with_that_name() {
    let table = [("redis", "my-cache", "MY_CACHE_DB_HOSTNAME"), ("s3", "media", "MEDIA_BUCKET")];
    let table = table.into_iter().chain([
        ("valkey_client", "kv", "KV_DB_MODE"),
        ("rabbitmq", "queue", "QUEUE_VHOST"),
        ("saml", "idp", "IDP_ENTITY_ID"),
        ("smtp", "mail", "MAIL_HOST"),
        ("openfga", "authz", "AUTHZ_STORE_ID"),
        ("oauth", "my-oidc", "APP_MY_OIDC_CLIENT_ID"),
    ]);
    for (interface, endpoint, name) in table {
        let (_, text) = EXAMPLES.into_iter().find(|(known, _)| *known == interface).unwrap();
        let mut integration = example(interface, text);
        integration.relations[0].view.endpoint = endpoint.to_owned();
        let found = variables(&integration, &Side::of(&GO).local());
        let name = name.replace("KV_DB_MODE", "KV_MODE");
        assert!(found.contains_key(&name), "{name} is not in {found:?}");
        let of_endpoint = format!("{}_", names::upper(endpoint));
        assert!(found.keys().all(|name| name.contains(&of_endpoint)), "{found:?}");
    }
}

/// Databag of the remote application.
type Data<'a> = &'a [(&'a str, &'a str)];

#[test]
fn a_value_that_spring_would_evaluate_is_invalid() {
    let table: [(&str, Data<'_>, &str); 8] = [
        ("mysql_client", &[("endpoints", "h"), ("username", "u"), ("password", "a${x}")], "spring.datasource.password"),
        ("postgresql_client", &[("uris", "postgresql://u:p@h/d#{1}")], "DB_DB_CONNECT_STRING"),
        ("rabbitmq", &[("hostname", "h"), ("password", "${APP_SECRET_KEY}")], "spring.rabbitmq.password"),
        ("s3", &[KEYS[0], KEYS[1], ("bucket", "#{T(java.lang.Runtime)}")], "spring.cloud.aws.s3.bucket"),
        ("openfga", &[("grpc_api_url", "g"), ("http_api_url", "http://h/${a}"), ("store_id", "s")], "openfga.api-url"),
        ("smtp", &[MAIL[0], MAIL[1], MAIL[2], MAIL[3], ("user", "${u}")], "spring.mail.username"),
        ("ingress", &[("ingress", r#"{"url": "http://h/\u0024{a}"}"#)], "url"),
        ("http_proxy", &[("responses", PROXY)], "proxy"),
    ];
    for (interface, data, key) in table {
        let integration = integration(interface, "db", data, &[]);
        assert!(
            provided(&integration, &Side::of(&GO).local()).unwrap().is_some(),
            "{interface}: other frameworks use it unchanged"
        );
        let hold = provided(&integration, &Side::of(&SPRING_BOOT).local()).unwrap_err();
        let remedy = "correct it in other, or juju remove-relation 7";
        let said = format!("{key}: it has ${{ or #{{, which Spring evaluates ({remedy})");
        assert_eq!(hold.kind, juju::StatusKind::Blocked);
        assert!(hold.message.ends_with(&said), "{}", hold.message);
        assert_eq!(url(&[integration], &Side::of(&SPRING_BOOT).local()), None);
    }
}

const PROXY: &str = r#"[{"requirer": "r", "status": "ready", "auth": "none", "http_proxy": "http://p/${a}", "https_proxy": "http://p"}]"#;

#[test]
fn a_mongodb_address_keeps_all_hosts() {
    let uri = "mongodb://u:p@h1:27017,h2:27017/shop?replicaSet=rs0&authSource=admin";
    let integration = integration("mongodb_client", "mongodb", &[("uris", uri)], &[]);
    let spring = variables(&integration, &Side::of(&SPRING_BOOT).local());
    assert_eq!(spring.iter().collect::<Vec<_>>(), [(&"spring.data.mongodb.uri".to_owned(), &uri.to_owned())]);
    let plain = variables(&integration, &Side::of(&GO).local());
    assert_eq!((plain["MONGODB_DB_CONNECT_STRING"].as_str(), plain["MONGODB_DB_PORT"].as_str()), (uri, "27017"));
}

const KEYS: [(&str, &str); 3] = [("access-key", "1"), ("secret-key", "2"), ("bucket", "b")];

#[test]
fn each_list_of_s3_has_its_own_variable() {
    for (key, name, other) in
        [("tls-ca-chain", "S3_TLS_CA_CHAIN", "S3_ATTRIBUTES"), ("attributes", "S3_ATTRIBUTES", "S3_TLS_CA_CHAIN")]
    {
        let found = variables(
            &integration("s3", "s3", &[&KEYS[..], &[(key, "[\"a\"]")]].concat(), &[]),
            &Side::of(&GO).local(),
        );
        assert_eq!((found[name].as_str(), found.contains_key(other)), ("[\"a\"]", false));
    }
    let by_path = integration("s3", "s3", &[&KEYS[..], &[("s3-uri-style", "path")]].concat(), &[]);
    let spring = variables(&by_path, &Side::of(&SPRING_BOOT).local());
    assert_eq!(spring["spring.cloud.aws.s3.path-style-access-enabled"], "true");
}

const MAIL: [(&str, &str); 4] = [("host", "on"), ("port", "25"), ("auth_type", "none"), ("transport_security", "none")];

#[test]
fn smtp_values_that_are_none_have_no_variable() {
    let data = [&MAIL[..], &[("user", "no"), ("password", "n"), ("domain", "one")]].concat();
    let found = variables(&integration("smtp", "smtp", &data, &[]), &Side::of(&GO).local());
    let of = |name: &str| found.get(&format!("SMTP_{name}")).map(String::as_str);
    assert_eq!([of("HOST"), of("USER"), of("PASSWORD"), of("DOMAIN")], ["on", "no", "n", "one"].map(Some));
    assert_eq!([of("AUTH_TYPE"), of("TRANSPORT_SECURITY"), of("SKIP_SSL_VERIFY")], [None, None, Some("False")]);
}

#[test]
fn smtp_properties_are_those_of_spring() {
    let spring = |data: &[(&str, &str)]| {
        let integration = integration("smtp", "smtp", &[&MAIL[..2], data].concat(), &[]);
        let all = variables(&integration, &Side::of(&SPRING_BOOT).local());
        let of = |name: &str| all.get(&format!("spring.mail.{name}")).cloned().unwrap_or_default();
        let names = ["username", "password", "properties.mail.smtp.auth", "properties.mail.smtp.starttls.enable"];
        let more = ["properties.mail.smtp.ssl.enable", "properties.mail.smtp.ssl.trust"];
        names.into_iter().chain(more).map(of).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(spring(&MAIL[2..]), "  false false  ", "no user, no password");
    let plain = [("auth_type", "plain"), ("transport_security", "tls"), ("user", "u"), ("password", "p")];
    assert_eq!(spring(&plain), "u p true false true ");
    let plain = [&plain[..], &[("domain", "x"), ("skip_ssl_verify", "True")]].concat();
    assert_eq!(spring(&plain), "u@x p true false true *");
    let plain = [&plain[..], &[("user", "u@y"), ("transport_security", "starttls")]].concat();
    assert_eq!(spring(&plain), "u@y p true true  *");
}

#[test]
fn valkey_with_tls_and_several_servers_gives_all_variables() {
    let response = format!(
        r#"[{{"request-id": "r", "endpoints": "a:1,b:2", "secret-user": "{SECRET}", "secret-tls": "{SECRET}"}}]"#
    );
    let secret = [("username", "u"), ("password", "p/"), ("tls", "true"), ("tls-ca", "CA")];
    let integration = integration("valkey_client", "valkey", &[("requests", &response)], &secret);
    let found = variables(&integration, &Side::of(&SPRING_BOOT).local());
    let of = |name: &str| found[&format!("VALKEY_DB_{name}")].clone();
    assert_eq!([of("CONNECT_STRING"), of("ENDPOINTS")], ["valkeys://u:p%2F@a:1", "a:1,b:2"]);
    assert_eq!([of("HOSTNAME"), of("PORT"), of("TLS"), of("TLS_CA")], ["a", "1", "true", "CA"]);
}

#[test]
fn an_identity_provider_without_metadata_gives_its_sign_on_service() {
    let binding = ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect");
    let data = [
        ("entity_id", "e"),
        ("x509certs", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"),
        ("single_sign_on_service_redirect_url", "https://idp/sso"),
        binding,
    ];
    let found = provided(&integration("saml", "saml", &data, &[]), &Side::of(&SPRING_BOOT).local()).unwrap().unwrap();
    let of = |name: &str| {
        let name = format!("spring.security.saml2.relyingparty.registration.testentity.assertingparty.{name}");
        found.variables.get(&name).cloned()
    };
    assert_eq!(of("metadata-uri"), None);
    assert_eq!(of("singlesignon.url").as_deref(), Some("https://idp/sso"));
    assert_eq!(of("singlesignon.sign-request").as_deref(), Some("false"));
    let certificate = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----";
    assert_eq!(found.files["/app/saml.cert"].trim_end(), certificate, "a certificate in PEM is unchanged");
}

/// Databag of a provider that registered a client.
const CLIENT: [(&str, &str); 8] = [
    ("issuer_url", "https://i"),
    ("authorization_endpoint", "https://a"),
    ("token_endpoint", "https://t"),
    ("introspection_endpoint", "https://n"),
    ("userinfo_endpoint", "https://u"),
    ("jwks_endpoint", "https://j"),
    ("client_id", "c"),
    ("client_secret_id", SECRET),
];

/// Message of the unmet requirement of an endpoint `oidc`, and the request that the charm writes there.
fn demanded(data: &[(&str, &str)], side: &Side) -> (String, Databag) {
    let mut integration = integration("oauth", "oidc", data, &[("secret", "s")]);
    integration.relations[0].view.local_app = Some(Databag::new());
    let local = side.local();
    let found = provided(&integration, &local).unwrap();
    let demand = (integration.endpoint.interface.demand)(&integration, &local, found.as_ref());
    let requested =
        requests(&integration, &local, &mut || [0; 64]).into_iter().next().map(|write| write.changes.app.texts());
    (demand.map(|hold| hold.message).unwrap_or_default(), requested.unwrap_or_default())
}

#[test]
fn an_oauth_client_needs_provider_ingress_and_openid() {
    let bare = Side(Side::of(&GO).0, &GO, None);
    assert_eq!(demanded(&CLIENT, &Side::of(&GO)).0, "");
    assert_eq!(demanded(&[], &bare).0, "Please check other charm!");
    assert_eq!(demanded(&CLIENT, &bare).0, "Ingress relation is required for OIDC to work correctly!");
    let openid = "The 'openid' scope is required for OAuth integration, please add it to the scopes.";
    for scopes in ["profile", "openids", "xopenid email"] {
        let (demand, requested) = demanded(&CLIENT, &Side::of(&GO).set("oidc-scopes", scopes));
        assert_eq!((demand.as_str(), requested), (openid, Databag::new()), "{scopes}");
    }
    let unrelated = Integration { relations: Vec::new(), ..integration("oauth", "oidc", &[], &[]) };
    let side = Side::of(&GO).set("oidc-scopes", "profile");
    assert_eq!(
        (oauth::OAUTH.demand)(&unrelated, &side.local(), None),
        None,
        "an endpoint without relation has no requirement"
    );
}

#[test]
fn an_oauth_client_is_requested_as_the_options_set() {
    let redirect = |side: &Side| demanded(&[], side).1["redirect_uri"].clone();
    let base = "https://web.example.com/my-model-my-app";
    assert_eq!(redirect(&Side::of(&GO)), format!("{base}/callback"));
    assert_eq!(redirect(&Side::of(&GO).set("oidc-redirect-path", "//back/")), format!("{base}/back/"));
    assert_eq!(redirect(&Side(Seen::nothing(), &GO, None)), "http://my-app.m:8080/callback");
    assert_eq!(redirect(&Side::of(&SPRING_BOOT)), format!("{base}/login/oauth2/code/oidc"));
    let (_, requested) = demanded(&[], &Side::of(&GO).set("oidc-scopes", "openid email"));
    assert_eq!(requested["scope"], "openid email");
}

#[test]
fn each_line_of_charms_requests_its_own_openfga_store() {
    for (framework, name) in [(&GO, "app-store"), (&GO_2, "my-app")] {
        let mut integration = integration("openfga", "openfga", &[], &[]);
        integration.relations[0].view.local_app = Some(Databag::new());
        let side = Side::of(framework);
        let writes = requests(&integration, &side.local(), &mut || [0; 64]);
        assert_eq!(writes[0].changes.app.texts(), Databag::from_iter([("store_name", name)]));
    }
}

#[test]
fn invalid_data_are_reported_with_endpoint_key_and_remedy() {
    let proxy = r#"[{"requirer": "r", "status": "rejected"}]"#;
    let table: [(&str, Data<'_>, &str); 14] = [
        ("postgresql_client", &[("password", "a\n")], "password: it has a control character"),
        ("mysql_client", &[("endpoints", "h:no")], "endpoints: the first entry has a port that is not a number"),
        ("mongodb_client", &[("endpoints", "h,h:no")], "endpoints: an entry has a port that is not a number"),
        ("redis", &[("leader-host", "a\n")], "leader-host: it has a control character"),
        ("valkey_client", &[("version", "v0")], "version: it is not v1"),
        ("rabbitmq", &[("hostname", "a b"), ("password", "p")], "hostname: it is not the name or address of a host"),
        ("s3", &[("access-key", "a\n")], "access-key: it has a control character"),
        ("saml", &[("x509certs", "c")], "entity_id: it is missing"),
        ("smtp", &[("host", "h"), ("port", "no")], "port: it is not a port's number"),
        ("openfga", &[("grpc_api_url", "\t")], "grpc_api_url: it has a control character"),
        ("oauth", &[("client_id", "\0")], "client_id: it has a control character"),
        ("http_proxy", &[("responses", proxy)], "responses: the proxy says rejected"),
        ("ingress", &[("ingress", r#"{"url": 7}"#)], "ingress: its url is not a text"),
        ("valkey_client", &[("requests", "{")], "requests: it is not a list of responses"),
    ];
    for (interface, data, why) in table {
        let mut integration = integration(interface, "the-end", data, &[]);
        let complaint = match interface {
            "http_proxy" => "the-end relation data is either unavailable, invalid or not usable.",
            _ => "Invalid the-end relation data.",
        };
        let hold = provided(&integration, &Side::of(&GO).local()).unwrap_err();
        let remedy = "correct it in other, or juju remove-relation 7";
        assert_eq!(hold, Hold::blocked(format!("{complaint} {why} ({remedy})")));
        integration.endpoint.required = true;
        let hold = provided(&integration, &Side::of(&GO).local()).unwrap_err();
        assert_eq!(hold, Hold::blocked(format!("{complaint} {why} (correct it in other)")), "it must be there");
    }
}

/// Data that lack a key, with the key. Some are of versions of the interface that have other keys.
const INCOMPLETE: [(&str, Data<'_>, &str); 17] = [
    ("postgresql_client", &[("endpoints", "h:1"), ("username", "u")], "password"),
    ("mysql_client", &[("username", "u")], "endpoints"),
    ("mongodb_client", &[("username", "u")], "endpoints"),
    ("redis", &[("leader-host", "h")], "port"),
    ("valkey_client", &[("endpoints", "h:1"), ("secret-user", SECRET)], "requests"),
    ("valkey_client", &[("requests", r#"[{"request-id": "r", "endpoints": "h:1"}]"#)], "secret-user"),
    ("rabbitmq", &[("password", "p")], "hostname"),
    ("s3", &[("bucket", "b")], "access-key"),
    ("smtp", &[("port", "25")], "host"),
    ("openfga", &[("address", "h"), ("port", "1"), ("scheme", "http"), ("store_id", "s")], "grpc_api_url"),
    ("oauth", &[("issuer_url", "https://i")], "client_id"),
    ("tracing", &[("otlp_http", "4318"), ("hostname", "h")], "receivers"),
    ("tracing", &[("host", "h"), ("ingesters", r#"[{"protocol": "otlp_http", "port": 4318}]"#)], "receivers"),
    ("tracing", &[("receivers", "7")], "receivers"),
    (
        "tracing",
        &[("receivers", r#"[{"protocol": {"name": "zipkin", "type": "http"}, "url": "http://t"}]"#)],
        "receivers",
    ),
    ("http_proxy", &[("responses", r#"[{"requirer": "r", "status": "pending"}]"#)], "responses"),
    ("ingress", &[("other", "x")], "ingress"),
];

#[test]
fn data_that_lack_a_key_are_remarked_with_endpoint_key_and_remedy() {
    for (interface, data, key) in INCOMPLETE {
        let side = Side::of(&GO);
        let mut integration = integration(interface, "the-end", data, &[]);
        let said = |integration: &Integration| incomplete(integration, &side.local());
        let remark = format!("the-end: other gives no usable {key} yet (if it stays so, check other and its version");
        assert_eq!(provided(&integration, &side.local()), Ok(None), "{interface}: the application runs on");
        assert_eq!(said(&integration), [format!("{remark}, or juju remove-relation 7)")]);
        integration.endpoint.required = true;
        assert_eq!(said(&integration), [format!("{remark})")], "it must be there");
        let address = [("ingress-address", "10.0.0.1"), ("private-address", "10.0.0.1"), ("egress-subnets", "::/0")];
        integration.relations[0].view.units = [(UnitName::new("other", 0), address.into_iter().collect())].into();
        for own in [&[][..], &[("data", "{}")]] {
            integration.relations[0].view.remote_app = own.iter().copied().collect();
            assert_eq!(said(&integration), [""; 0], "{interface}: the remote application has not answered, {own:?}");
        }
    }
}

#[test]
fn data_that_units_left_behind_are_not_remarked() {
    let side = Side::of(&GO);
    let mut redis = integration("redis", "cache", &[("leader-host", "redis-0")], &[]);
    assert_eq!(incomplete(&redis, &side.local()).len(), 1);
    redis.relations[0].view.units.clear();
    assert_eq!(incomplete(&redis, &side.local()), [""; 0]);
}

#[test]
fn data_that_lack_a_key_are_not_remarked_beside_a_relation_that_is_ready() {
    let side = Side::of(&GO);
    let ready = integration("mysql_client", "db", &[("endpoints", "h"), ("username", "u"), ("password", "p")], &[]);
    let mut both = integration("mysql_client", "db", &[("endpoints", "h")], &[]);
    assert_eq!(incomplete(&both, &side.local()).len(), 1);
    both.relations.extend(ready.relations);
    assert_eq!(incomplete(&both, &side.local()), [""; 0], "the status names the relation that is in vain");
    let mut waits = integration("mysql_client", "db", &[("endpoints", "h"), ("secret-user", SECRET)], &[]);
    waits.relations[0].secrets.clear();
    assert_eq!(incomplete(&waits, &side.local()), [""; 0], "the status waits for the secret");
}

#[test]
fn a_secret_that_is_not_granted_is_waited_for() {
    let named = [("endpoints", "h:1"), ("secret-user", SECRET)];
    let mut database = integration("mysql_client", "db", &named, &[("username", "u"), ("password", "p")]);
    assert!(provided(&database, &Side::of(&GO).local()).unwrap().is_some());
    database.relations[0].secrets.clear();
    let hold = provided(&database, &Side::of(&GO).local()).unwrap_err();
    let expected = (juju::StatusKind::Waiting, "Waiting for the secret of db to be granted");
    assert_eq!((hold.kind, hold.message.as_str()), expected);
    let unfinished = integration("mysql_client", "db", &named[..1], &[]);
    assert_eq!(provided(&unfinished, &Side::of(&GO).local()), Ok(None), "the data refer to no secret");
}

/// Certificate of an authority, as far as its form is looked at.
const CA: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

/// Variables about TLS, and files.
fn tls_of(interface: &str, endpoint: &str, data: Data<'_>, secret: Data<'_>, of: &'static Framework) -> Vec<String> {
    let found = provided(&integration(interface, endpoint, data, secret), &Side::of(of).local()).unwrap().unwrap();
    let is_tls = |name: &str| ["TLS", "ssl"].iter().any(|word| name.contains(word));
    let variables = found.variables.iter().filter(|(name, _)| is_tls(name));
    let variables = variables.map(|(name, value)| format!("{name}={value}"));
    variables.chain(found.files.iter().map(|(path, text)| format!("{path}: {text}"))).collect()
}

#[test]
fn a_server_with_tls_gives_its_authority_as_a_file_and_in_variables() {
    let account = [("endpoints", "h:1"), ("username", "u"), ("password", "p")];
    let clear = [&account[..], &[("tls", "True"), ("tls-ca", CA)]].concat();
    let secret = [&account[..], &[("secret-tls", SECRET)]].concat();
    let fields = [("tls", "True"), ("tls-ca", CA)];
    let file = |endpoint: &str| format!("/app/webcharm-{endpoint}-ca.pem");
    for name in ["postgresql", "mysql", "mongodb"] {
        let interface = format!("{name}_client");
        let prefix = format!("{}_DB", name.to_uppercase());
        let path = file(name);
        let plain = [
            format!("{prefix}_TLS=true"),
            format!("{prefix}_TLS_CA={CA}"),
            format!("{prefix}_TLS_CA_FILE={path}"),
            format!("{path}: {CA}"),
        ];
        assert_eq!(tls_of(&interface, name, &clear, &[], &GO), plain);
        assert_eq!(tls_of(&interface, name, &secret, &fields, &GO), plain, "in the secret of the group");
        let mut spring = tls_of(&interface, name, &secret, &fields, &SPRING_BOOT);
        let bundle = format!("spring.ssl.bundle.pem.{name}.truststore.certificate=file:{path}");
        let own = match name {
            "postgresql" => ["sslmode=verify-ca".to_owned(), format!("sslrootcert={path}")]
                .map(|text| format!("spring.datasource.hikari.data-source-properties.{text}"))
                .to_vec(),
            "mongodb" => vec!["spring.data.mongodb.ssl.bundle=mongodb".to_owned()],
            _ => Vec::new(),
        };
        for expected in plain.iter().chain(&own).chain([&bundle]) {
            let at = spring.iter().position(|found| found == expected);
            spring.remove(at.unwrap_or_else(|| panic!("{expected} is not in {spring:?}")));
        }
        assert_eq!(spring, [""; 0]);
        assert_eq!(tls_of(&interface, name, &account, &[], &SPRING_BOOT), [""; 0], "no TLS");
        let off = [&clear[..], &[("tls", "False")]].concat();
        assert_eq!(tls_of(&interface, name, &off, &[], &SPRING_BOOT), [""; 0]);
        let other = [&account[..], &[("tls", "True"), ("tls-ca", "ca")]].concat();
        let without_file = [format!("{prefix}_TLS=true"), format!("{prefix}_TLS_CA=ca")];
        assert_eq!(tls_of(&interface, name, &other, &[], &SPRING_BOOT), without_file, "a text that is no certificate");
    }
    let chain = format!("[{}, {}]", serde_json::json!(CA), serde_json::json!(CA));
    let bucket = [&KEYS[..], &[("tls-ca-chain", chain.as_str())]].concat();
    let path = file("s3");
    let found = tls_of("s3", "s3", &bucket, &[], &GO);
    assert_eq!(found[1..], [format!("S3_TLS_CA_FILE={path}"), format!("{path}: {CA}\n{CA}")]);
    let response =
        format!(r#"[{{"request-id": "r", "endpoints": "a:1", "secret-user": "{SECRET}", "secret-tls": "{SECRET}"}}]"#);
    let fields = [("username", "u"), ("password", "p"), ("tls", "true"), ("tls-ca", CA)];
    let found = tls_of("valkey_client", "valkey", &[("requests", &response)], &fields, &GO);
    assert_eq!(found[2..], [format!("VALKEY_DB_TLS_CA_FILE={}", file("valkey")), format!("{}: {CA}", file("valkey"))]);
}

#[test]
fn a_database_waits_for_the_secret_of_its_servers_tls() {
    let account = [("endpoints", "h:1"), ("username", "u"), ("password", "p"), ("secret-tls", SECRET)];
    let mut waits = integration("postgresql_client", "db", &account, &[]);
    waits.relations[0].secrets.clear();
    let hold = provided(&waits, &Side::of(&GO).local()).unwrap_err();
    assert_eq!(hold, Hold::waiting("Waiting for the secret of db to be granted"));
}

#[test]
fn only_files_of_the_charm_alone_are_outdated_without_their_integration() {
    let paths = ["/app/saml.cert", "/app/webcharm-db-ca.pem", "/app/webcharm-s3-ca.pem"].map(str::to_owned);
    let account = [("endpoints", "h:1"), ("username", "u"), ("password", "p"), ("tls", "True"), ("tls-ca", CA)];
    let database = integration("mysql_client", "db", &account, &[]);
    let found = provided(&database, &Side::of(&GO).local()).unwrap().unwrap();
    let gone = outdated(paths.into(), &[(&database.endpoint, found)]);
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), ["/app/webcharm-s3-ca.pem"]);
}
