//! Databags that the published Python libraries of providers have written (`fixtures/published`): the requirers read them, and
//! the providers write the same. For tests only.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use juju::{Changes, Databag, Secret, SecretContent, SecretId, View};
use serde_json::Value;

use crate::alert_rules::{self, RuleFile};
use crate::database::client;
use crate::database::provider::Account;
use crate::example::Example;
use crate::{
    Secrets, Topology, database, http_proxy, ingress, mongodb, mysql, oauth, openfga, postgresql, redis, s3, saml,
};
use crate::{smtp, tracing, valkey};
use crate::{trial, xz};

/// One record, as the requirer and as the provider see it, with its secrets.
struct Record {
    example: Example,
    requirer: View,
    provider: View,
    secrets: Secrets,
}

impl Record {
    fn parse(text: &str) -> Self {
        let example = Example::parse(text);
        let (requirer, provider) = (example.requirer("my-app/0", true), example.provider("provider/0", true));
        Self { requirer, provider, secrets: example.secrets(), example }
    }

    /// The secret with this label.
    fn id(&self, label: &str) -> SecretId {
        let mut ids = self.secrets.keys().filter(|id| self.example.label(&id.to_string()) == label);
        ids.next().unwrap_or_else(|| panic!("the library has no secret {label:?}")).clone()
    }

    /// The provider's databag after these changes, and the library's.
    fn both(&self, changes: &Changes) -> [Databag; 2] {
        self.both_by(changes, |label| self.id(label))
    }

    /// The same for a library that leaves the label of its only secret to its caller.
    fn both_without_label(&self, changes: &Changes) -> [Databag; 2] {
        self.both_by(changes, |_| self.secrets.keys().next().expect("a secret").clone())
    }

    fn both_by(&self, changes: &Changes, id: impl Fn(&str) -> SecretId) -> [Databag; 2] {
        let mut ours = Databag::new();
        ours.apply(&trial::resolved(&changes.app, &Databag::new(), id));
        [ours, self.requirer.remote_app.clone()]
    }

    /// Asserts that these changes have the library's secrets, and no others.
    fn has_its_secrets(&self, changes: &Changes) {
        let ours: BTreeMap<_, _> =
            changes.app.offers().map(|offer| (self.id(&offer.label), plain(&offer.content))).collect();
        let theirs: BTreeMap<_, _> = self.secrets.iter().map(|(id, content)| (id.clone(), plain(content))).collect();
        assert_eq!(ours, theirs);
    }
}

/// Fields of a secret. A truth is Python's or JSON's, and read as either.
fn plain(content: &SecretContent) -> BTreeMap<&str, String> {
    let plain = |text: &str| if text == "True" { "true".to_owned() } else { text.to_owned() };
    content.iter().map(|(key, value)| (key.as_str(), plain(value.expose()))).collect()
}

/// JSON without its nulls.
fn without_nulls(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).expect("it is JSON");
    let objects = value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    objects.for_each(|object| object.retain(|_, value| !value.is_null()));
    value
}

/// Asserts that two databags have the same version, requests and copies, in version 1 of the data interfaces.
fn are_lists_alike([ours, theirs]: [Databag; 2]) {
    let keys = |bag: &Databag| bag.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&ours), keys(&theirs));
    assert_eq!(ours.text("version"), theirs.text("version"));
    for key in ["requests", "data"] {
        let json = |bag: &Databag| without_nulls(bag.text(key).expect("it is there"));
        assert_eq!(json(&ours), json(&theirs), "{key}");
    }
}

/// What the library was told of the account.
fn account(uris: Option<&str>) -> Account {
    Account {
        database: "my-app".into(),
        username: "relation_7".into(),
        password: "p@ss/4".into(),
        uris: uris.map(Secret::from),
        endpoints: vec!["db-primary.m.svc.cluster.local:5432".into()],
        read_only_endpoints: vec!["db-replicas.m.svc.cluster.local:5432".into()],
        tls: Some(true),
        tls_ca: Some("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----".into()),
        replset: None,
        version: Some("16.4".into()),
    }
}

/// The connection string that PostgreSQL's provider was told.
const URI: &str = "postgresql://relation_7:p%40ss%2F4@db-primary.m.svc.cluster.local:5432/my-app";

#[test]
fn databases_of_the_data_interfaces_are_read_and_written_alike() {
    type Reader = fn(&View, &Secrets, &postgresql::Request) -> crate::Read<postgresql::Database>;
    let host = "relation_7:p%40ss%2F4@db-primary.m.svc.cluster.local:5432/my-app";
    let table: [(&str, Reader, &str, Option<&str>); 3] = [
        (include_str!("../fixtures/published/postgresql.json"), postgresql::read, "postgresql", Some(URI)),
        (include_str!("../fixtures/published/mysql.json"), mysql::read, "mysql", None),
        (include_str!("../fixtures/published/mongodb.json"), mongodb::read, "mongodb", None),
    ];
    for (text, read, scheme, uris) in table {
        let record = Record::parse(text);
        let request = postgresql::Request { database: "my-app".into(), secrets: true, cross_model: false };
        assert_eq!(postgresql::secrets(&record.requirer).len(), 2);
        let found = read(&record.requirer, &record.secrets, &request);
        let found = found.ready().expect("the answer is complete");
        assert_eq!((found.uri.expose(), found.version.as_deref()), (&*format!("{scheme}://{host}"), Some("16.4")));
        assert_eq!(found.read_only_endpoints, ["db-replicas.m.svc.cluster.local:5432"]);
        let tls = database::server_tls(&record.requirer, &record.secrets);
        assert!(tls.ready().is_some_and(|tls| tls.is_on && tls.ca.as_ref().is_some_and(|ca| ca.contains("MIIC"))));

        let asked = client::Request::read(&record.provider);
        let asked = asked.ready().expect("the request is complete");
        let answer = asked.answer(&record.provider, &account(uris));
        record.has_its_secrets(&answer);
        let [ours, theirs] = record.both(&answer).map(|mut bag| {
            // A copy of the request for the provider's own use, and parts of it that no requirer of version 0 reads.
            ["data", "resource", "salt"].into_iter().for_each(|key| drop(bag.remove(key)));
            bag
        });
        assert_eq!(ours, theirs, "{scheme}");
    }
}

#[test]
fn a_database_of_the_library_of_version_0_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/mongodb-0.json"));
    let request = mongodb::Request { database: "my-app".into(), secrets: true, cross_model: false };
    let found = mongodb::read(&record.requirer, &record.secrets, &request);
    let endpoints = ["db-0.m.svc.cluster.local:27017", "db-1.m.svc.cluster.local:27017"].map(str::to_owned);
    let uri = format!("mongodb://relation_7:p%40ss%2F4@{}/my-app?replicaSet=rs0", endpoints.join(","));
    assert_eq!(found.ready().map(|database| database.uri.expose()), Some(&*uri));

    let account = Account {
        endpoints: endpoints.into(),
        read_only_endpoints: Vec::new(),
        replset: Some("rs0".into()),
        version: Some("8.0".into()),
        ..account(None)
    };
    let asked = client::Request::read(&record.provider);
    let answer = asked.ready().expect("the request is complete").answer(&record.provider, &account);
    record.has_its_secrets(&answer);
    let [mut ours, mut theirs] = record.both(&answer);
    // A copy of the request, in the order of the library's own.
    let [copy, original] = [&mut ours, &mut theirs].map(|bag| without_nulls(&bag.remove("data").expect("a copy")));
    assert_eq!((copy, ours), (original, theirs));
}

#[test]
fn a_database_of_the_data_interfaces_of_version_1_is_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/postgresql-1.json"));
    let request = client::Request::read(&record.provider).ready().cloned().expect("the request is complete");
    assert!(matches!(request, client::Request::V1(_)), "{request:?}");
    assert_eq!((request.database(), request.roles()), ("my-app", &["createdb".to_owned()][..]));
    let answer = request.answer(&record.provider, &account(Some(URI)));
    record.has_its_secrets(&answer);
    are_lists_alike(record.both(&answer));
}

#[test]
fn a_store_of_the_data_interfaces_of_version_1_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/valkey.json"));
    // The response is found by the id of our request, which is in our own databag.
    let view = record.example.requirer("my-app/0", false);
    let found = valkey::read(&view, &record.secrets);
    let found = found.ready().expect("the answer is complete");
    assert_eq!(found.uri().expose(), "valkeys://relation_7:p%40ss%2F4@db-primary.m.svc.cluster.local:5432");
    assert_eq!(found.sentinel_endpoints, ["valkey-0:26379", "valkey-1:26379"]);
    assert!(found.tls && found.tls_ca.as_ref().is_some_and(|ca| ca.contains("MIIC")));

    let request = valkey::provider::read(&record.provider);
    let answer = valkey::provider::answer(&record.provider, request.ready().expect("a request"), found);
    record.has_its_secrets(&answer);
    are_lists_alike(record.both(&answer));
}

#[test]
fn buckets_are_read_and_written_alike() {
    for (text, is_secret) in [
        (include_str!("../fixtures/published/s3.json"), false),
        (include_str!("../fixtures/published/s3-1.json"), true),
    ] {
        let record = Record::parse(text);
        assert_eq!(s3::secrets(&record.requirer).len(), usize::from(is_secret));
        let found = s3::read(&record.requirer, &record.secrets);
        let found = found.ready().expect("the answer is complete");
        assert_eq!((found.access_key.expose(), found.secret_key.expose()), ("AKIAEXAMPLE", "sEcReT"));
        assert_eq!((found.bucket.as_str(), found.addressing_style()), ("shared-bucket", Some("virtual")));
        assert_eq!(found.tls_ca_chain, ["LS0tLS1CRUdJTg=="]);

        assert_eq!(s3::provider::read(&record.provider).ready().map(String::as_str), Some("my-app"));
        let answer = s3::provider::answer(&record.provider, found);
        record.has_its_secrets(&answer);
        let [mut ours, mut theirs] = record.both(&answer);
        if !is_secret {
            // The library says its version to every requirer; providers of version 0 keep a copy of the request.
            assert_eq!((ours.remove("data").is_some(), theirs.remove("version").as_deref()), (true, Some("1")));
        }
        assert_eq!(ours, theirs);
    }
}

#[test]
fn a_primary_of_redis_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/redis.json"));
    let found = redis::read(&record.requirer);
    assert_eq!(found.ready().map(String::as_str), Some("redis://127.0.0.1:6379"));
    let primary = redis::provider::Primary { hostname: "127.0.0.1".into(), port: 6379, leader_host: String::new() };
    let mut theirs = record.requirer.units.values().next().expect("a unit").clone();
    theirs.retain(|key, _| !["egress-subnets", "ingress-address", "private-address"].contains(&key.as_str()));
    assert_eq!(redis::provider::answer(&record.provider, &primary).unit.texts(), theirs);
}

#[test]
fn an_identity_provider_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/saml.json"));
    let found = saml::read(&record.requirer);
    let found = found.ready().expect("the answer is complete");
    assert_eq!((found.entity_id.as_str(), found.services.len()), ("https://idp.example.com", 2));
    let [ours, theirs] = record.both(&saml::provider::answer(&record.provider, found));
    assert_eq!(ours, theirs);
}

#[test]
fn a_relay_of_mail_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/smtp.json"));
    let found = smtp::read(&record.requirer, &record.secrets);
    let found = found.ready().expect("the answer is complete");
    assert_eq!(found.password.as_ref().map(Secret::expose), Some("m41l"));
    let [ours, theirs] = record.both_without_label(&smtp::provider::answer(&record.provider, found));
    assert_eq!(ours, theirs);
}

#[test]
fn a_proxy_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/http-proxy.json"));
    // The response is found by the id of our request, which is in our own databag.
    let view = record.example.requirer("my-app/0", false);
    let found = http_proxy::read(&view, &record.secrets);
    let expected = "http://u17:p17@squid.internal:3128";
    assert_eq!(found.ready().map(|found| found.http.expose()), Some(expected));

    let requests = http_proxy::provider::read(&record.provider).ready().cloned().expect("the request is complete");
    let user = http_proxy::provider::User { username: "u17".into(), password: "p17".into() };
    let ready =
        http_proxy::provider::Verdict::Ready { url: "http://squid.internal:3128/".to_owned(), user: Some(user) };
    let answer = http_proxy::provider::answer(&record.provider, &requests, &ready);
    let [ours, theirs] = record.both_without_label(&answer);
    assert_eq!(ours, theirs);
}

#[test]
fn an_ingress_is_read_and_written_alike() {
    const URL: &str = "https://web.example.com/my-model-my-app";
    let record = Record::parse(include_str!("../fixtures/published/ingress.json"));
    assert_eq!(ingress::read(&record.requirer).ready().map(|url| url.as_str()), Some(URL));
    let [ours, theirs] = record.both(&ingress::provider::answer(&record.provider, Some(URL)).expect("a good address"));
    assert_eq!(ours, theirs);
}

#[test]
fn alert_rules_become_the_groups_that_cosl_makes() {
    let record: Value = serde_json::from_str(include_str!("../fixtures/published/watched.json")).unwrap();
    let topology = Topology::example("my-app/0");
    let files = record["files"].as_object().expect("files").iter();
    let files = ["slow", "errors"].map(|stem| files.clone().find(|(name, _)| *name == stem).expect("a file"));
    let file = |(stem, content): (&String, &Value)| RuleFile { stem: stem.clone(), content: content.clone() };
    let own = files.into_iter().flat_map(|entry| alert_rules::groups(&file(entry), &topology).expect("good rules"));
    let all = own.chain([alert_rules::host_health(&topology)]).collect();
    assert_eq!(alert_rules::document(all), record["alert_rules"]);
}

#[test]
fn a_dashboard_that_cosl_packs_is_unpacked() {
    let record: Value = serde_json::from_str(include_str!("../fixtures/published/watched.json")).unwrap();
    let packed = BASE64_STANDARD.decode(record["content"].as_str().expect("a text")).unwrap();
    let text = xz::decompress(&packed, 1 << 20).expect("it is whole");
    let dashboard: Value = serde_json::from_slice(&text).expect("it is JSON");
    assert_eq!(dashboard, record["dashboard"]);
}

#[test]
fn a_client_of_oauth_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/oauth.json"));
    let found = oauth::read(&record.requirer, &record.secrets);
    let found = found.ready().expect("the answer is complete");
    assert_eq!((found.client_id.as_str(), found.client_secret.expose()), ("1234567890", "c1ient"));
    let scope = record.requirer.remote_app.text("scope").expect("a scope");
    let [ours, theirs] = record.both(&oauth::provider::answer(&record.provider, found, scope));
    assert_eq!(ours, theirs);
}

#[test]
fn a_store_of_openfga_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/openfga.json"));
    let found = openfga::read(&record.requirer, &record.secrets);
    let found = found.ready().expect("the answer is complete");
    assert_eq!(found.token.as_ref().map(juju::Secret::expose), Some("t0ken"));
    let [ours, theirs] = record.both_without_label(&openfga::provider::answer(&record.provider, found));
    assert_eq!(ours, theirs);
}

#[test]
fn a_receiver_of_spans_is_read_and_written_alike() {
    let record = Record::parse(include_str!("../fixtures/published/tracing.json"));
    let found = tracing::read(&record.requirer);
    assert_eq!(found.ready().map(|url| url.as_str()), Some("http://tempo.m.svc.cluster.local:4318/"));
    let receivers = [(tracing::provider::Protocol::OtlpHttp, "http://tempo.m.svc.cluster.local:4318")];
    let answer = tracing::provider::answer(&record.provider, &receivers).expect("the address can be used");
    let json = |bag: &Databag| -> Value { serde_json::from_str(bag.text("receivers").expect("receivers")).unwrap() };
    let [ours, theirs] = record.both(&answer);
    assert_eq!(json(&ours), json(&theirs));
}
