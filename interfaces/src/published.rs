//! Databags that the published Python libraries of providers have written (`fixtures/published`): the requirers read them, and
//! the providers write the same. For tests only.

use juju::{Changes, Databag, SecretId, View};
use serde_json::Value;

use crate::example::Example;
use crate::trial;
use crate::{Secrets, database, oauth, openfga, postgresql, tracing, valkey};

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
        let mut ours = Databag::new();
        ours.apply(&trial::resolved(&changes.app, &Databag::new(), |label| self.id(label)));
        [ours, self.requirer.remote_app.clone()]
    }
}

#[test]
fn a_database_of_the_data_interfaces_is_read() {
    let record = Record::parse(include_str!("../fixtures/published/postgresql.json"));
    let request = postgresql::Request { database: "my-app".into(), secrets: true, cross_model: false };
    assert_eq!(postgresql::secrets(&record.requirer).len(), 2);
    let found = postgresql::read(&record.requirer, &record.secrets, &request);
    let found = found.ready().expect("the answer is complete");
    let uri = "postgresql://relation_7:p%40ss%2F4@db-primary.m.svc.cluster.local:5432/my-app";
    assert_eq!((found.uri.expose(), found.version.as_deref()), (uri, Some("16.4")));
    assert_eq!(found.read_only_endpoints, ["db-replicas.m.svc.cluster.local:5432"]);
    let tls = database::server_tls(&record.requirer, &record.secrets);
    assert!(tls.ready().is_some_and(|tls| tls.is_on && tls.ca.as_ref().is_some_and(|ca| ca.contains("MIIC"))));
}

#[test]
fn a_store_of_the_data_interfaces_of_version_1_is_read() {
    let record = Record::parse(include_str!("../fixtures/published/valkey.json"));
    // The response is found by the id of our request, which is in our own databag.
    let view = record.example.requirer("my-app/0", false);
    let found = valkey::read(&view, &record.secrets);
    let found = found.ready().expect("the answer is complete");
    assert_eq!(found.uri().expose(), "valkeys://relation_7:p%40ss%2F4@db-primary.m.svc.cluster.local:5432");
    assert_eq!(found.sentinel_endpoints, ["valkey-0:26379", "valkey-1:26379"]);
    assert!(found.tls && found.tls_ca.as_ref().is_some_and(|ca| ca.contains("MIIC")));
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
    let changes = openfga::provider::answer(&record.provider, found);
    let mut ours = Databag::new();
    let token = record.secrets.keys().next().expect("a secret");
    ours.apply(&trial::resolved(&changes.app, &Databag::new(), |_| token.clone()));
    assert_eq!(ours, record.requirer.remote_app, "the library leaves the secret's label to its caller");
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
