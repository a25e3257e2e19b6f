//! Secrets of any spec in every input, and a workload that prints all of them in every notation: none is told.

use std::collections::BTreeMap;
use std::time::Duration;

use interfaces::Secrets;
use juju::{ConfigOption, ConfigValue, Databag, OptionKind, Proxies, RelationId, UnitName, View, credentials};
use pebble::plan::{Environment, Layer};
use pebble::types::{Change, Task};
use proptest::prelude::*;

use crate::charm_spec::CharmSpec;
use crate::conclude::{self, Report};
use crate::decide;
use crate::facts::{Endpoint, Integration, LocalSide, Relation, UNWATCHED};
use crate::framework::{self, Framework};
use crate::options::OptionSecrets;
use crate::paas_config::PaasConfig;
use crate::perform::{Done, Failure};
use crate::relation;
use crate::seen::{Container, Seen, Workload};
use crate::steps::{Action, Steps};
use crate::work::{Action as Asks, Scope, Work};

const SECRET: &str = "secret:cjqub6vubg2s77p3nio0";

/// Interface, the other application's databag and the secret it names. `{S}` stands for the secret, `{E}` for it in a URL,
/// `{A}` for the address of the Juju secret.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)]);

const ROWS: &[Row<'_>] = &[
    (
        "postgresql_client",
        &[("endpoints", "db:5432"), ("secret-user", "{A}")],
        &[("username", "{S}"), ("password", "{S}")],
    ),
    ("mysql_client", &[("endpoints", "db:3306"), ("username", "me"), ("password", "{S}")], &[]),
    ("mongodb_client", &[("uris", "mongodb://me:{E}@db/shop")], &[]),
    ("s3", &[("access-key", "{S}"), ("secret-key", "{S}"), ("bucket", "b"), ("endpoint", "https://me:{E}@s3/")], &[]),
    (
        "tracing",
        &[("receivers", r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://me:{E}@tempo:4318"}]"#)],
        &[],
    ),
    (
        "saml",
        &[
            ("entity_id", "https://me:{E}@idp"),
            ("metadata_url", "https://me:{E}@idp/metadata"),
            ("x509certs", "MIIC"),
            ("single_sign_on_service_redirect_url", "https://me:{E}@idp/sso"),
            ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"),
            ("single_sign_on_service_redirect_response_url", "https://me:{E}@idp/answer"),
        ],
        &[],
    ),
    (
        "oauth",
        &[
            ("client_id", "me"),
            ("client_secret_id", "{A}"),
            ("issuer_url", "https://me:{E}@i"),
            ("authorization_endpoint", "https://me:{E}@i/a"),
            ("token_endpoint", "https://me:{E}@i/t"),
            ("introspection_endpoint", "https://me:{E}@i/n"),
            ("userinfo_endpoint", "https://me:{E}@i/u"),
            ("jwks_endpoint", "https://me:{E}@i/j"),
        ],
        &[("secret", "{S}")],
    ),
    (
        "openfga",
        &[
            ("grpc_api_url", "http://me:{E}@fga:8081"),
            ("http_api_url", "http://me:{E}@fga:8080"),
            ("store_id", "s"),
            ("token", "{S}"),
        ],
        &[],
    ),
    ("ingress", &[("ingress", r#"{"url": "https://me:{E}@shop.example/x"}"#)], &[]),
    ("rabbitmq", &[("hostname", "mq"), ("password", "{S}")], &[]),
    (
        "smtp",
        &[
            ("host", "mail"),
            ("port", "25"),
            ("user", "me"),
            ("password", "{S}"),
            ("auth_type", "plain"),
            ("transport_security", "none"),
            ("domain", "d"),
            ("skip_ssl_verify", "False"),
        ],
        &[],
    ),
];

fn integration((interface, app, fields): &Row<'_>, secret: &str) -> Integration {
    let interface = relation::named(interface).unwrap();
    let filled = |text: &str| {
        let url = juju::percent::encode(secret);
        text.replace("{S}", secret).replace("{E}", &url).replace("{A}", SECRET)
    };
    let mut view = View::empty(interface.name, RelationId(7));
    view.app = Some("other".to_owned());
    view.local_app = Some(Databag::new());
    view.remote_app = app.iter().map(|(key, value)| ((*key).to_owned(), filled(value))).collect();
    let content = fields.iter().map(|(key, value)| ((*key).to_owned(), filled(value).into())).collect();
    let secrets = Secrets::from([(SECRET.parse().unwrap(), content)]);
    let relation = Relation { view, secrets, address: None, cross_model: false };
    let endpoint = Endpoint { name: interface.name.replace('_', "-"), interface, required: false, mapping: None };
    Integration { endpoint, relations: vec![relation] }
}

fn spec(framework: &'static Framework) -> CharmSpec {
    let option = |kind| ConfigOption { kind, default: None, description: String::new(), optional: None };
    let options = ["api-token", "upstream", "signing-secret"].map(|name| (name.to_owned(), option(OptionKind::String)));
    CharmSpec {
        name: "shop-k8s".to_owned(),
        framework,
        container: "app".to_owned(),
        options: options.into_iter().chain([("stored".to_owned(), option(OptionKind::Secret))]).collect(),
        peer: Some("secret-storage".to_owned()),
        endpoints: Vec::new(),
        migration_timeout: Duration::from_secs(60),
        listens_within: None,
        version_file: None,
        prefixes: switches::Prefixes::default(),
        actions: BTreeMap::new(),
        variables: BTreeMap::new(),
        extension: &crate::extension::Extension::NONE,
        paas_config: Ok(PaasConfig::default()),
    }
}

/// What is seen where every input has the secret; the other applications write `related`.
fn planted(framework: &'static Framework, secret: &str, related: &str) -> Seen {
    let url = format!("https://me:{}@h/x", juju::percent::encode(secret));
    let mut seen = Seen::nothing();
    seen.unit.proxies =
        Proxies { http: Some(url.as_str().into()), https: Some(url.as_str().into()), ..seen.unit.proxies };
    let options = [("api-token", secret), ("signing-secret", secret), ("upstream", &url), ("stored", SECRET)];
    seen.config =
        options.map(|(name, value)| (name.to_owned(), ConfigValue::String(value.to_owned()))).into_iter().collect();
    seen.option_secrets = OptionSecrets::from([("stored".to_owned(), Ok([("word".to_owned(), secret.into())].into()))]);
    let params = [("username", "me"), ("email", "me@h"), ("password", secret), ("address", &url)];
    seen.params = params.map(|(name, value)| (name.to_owned(), value.into())).into();
    let key = interfaces::peer::key(framework.name);
    let peer: Databag = [(key, secret.to_owned())].into_iter().collect();
    seen.peer = Some(View { local_app: Some(peer), ..View::empty("secret-storage", RelationId(0)) });
    seen.integrations = ROWS.iter().map(|row| integration(row, related)).collect();
    seen.workload = Some(Workload::Here(Box::new(container(framework, secret, &url))));
    seen
}

/// Our side of the relations, with an address from an ingress.
fn local<'a>(seen: &'a Seen, framework: &'a Framework) -> LocalSide<'a> {
    LocalSide {
        unit: &seen.unit,
        framework,
        config: &seen.config,
        port: 8000,
        port_is_open: false,
        base_url: "http://shop.m:8000",
        is_routed: true,
        telemetry: &UNWATCHED,
    }
}

/// A rock whose own variables have the secret.
fn container(framework: &Framework, secret: &str, url: &str) -> Container {
    let layer = format!("services: {{{}: {{override: replace, startup: enabled, command: app}}}}", framework.name);
    let mut plan = pebble::plan::combine(&[Layer::parse(layer.as_bytes()).unwrap()]).unwrap();
    for service in plan.services.values_mut() {
        service.environment = Environment::from_iter([("ROCK_TOKEN", secret), ("ROCK_DSN", url)]);
    }
    Container { plan, ..Container::default() }
}

/// The secret in every notation that an application prints.
fn printed(secret: &str) -> String {
    let encoded = juju::percent::encode(secret);
    let json = serde_json::Value::from(secret).to_string();
    let quoted = secret.replace('\'', "'\\''");
    format!("{secret}\nat http://me:{encoded}@h/ with {json} or '{quoted}'\nlast: {secret}")
}

/// Every way in which a step may fail with what the workload printed.
fn failures(secret: &str) -> Vec<Option<Failure>> {
    let task = Task { status: "Error".to_owned(), log: vec![printed(secret)], ..Task::default() };
    let change = Change { err: Some(printed(secret)), tasks: vec![task], ..Change::default() };
    let exec = pebble::Error::Exec { command: "app".to_owned(), message: printed(secret) };
    vec![
        None,
        Some(Failure::Exit { code: 1, output: printed(secret) }),
        Some(Failure::Pebble(pebble::Error::Change { change: Box::new(change) })),
        Some(Failure::Pebble(exec)),
        Some(Failure::Silent),
    ]
}

/// What an operator, the log and a debugger are shown, and what other applications may not have.
fn told(steps: &Steps, done: &Done, report: &Report) -> String {
    let app = report.relations.iter().flat_map(|write| write.changes.app.texts());
    // The copy of the other side's databag, which the data interfaces ask for, is for our own unit.
    let unit = report.relations.iter().flat_map(|write| write.changes.unit.texts()).filter(|(key, _)| key != "data");
    let writes: BTreeMap<_, _> = app.chain(unit).collect();
    let answer = match &report.action_result {
        Some(crate::action_result::ActionResult::Failure(why)) => why.as_str(),
        _ => "",
    };
    format!(
        "{:?} {:?} {:?} {answer} {writes:?} {steps:?} {done:?} {report:?}",
        report.status, report.log, report.memory
    )
}

/// Asserts that nothing of the secret is shown anywhere: its first letters, which are the same in every notation.
fn assert_untold(secret: &str, shown: &str) {
    let letters = &secret[..8];
    assert!(!shown.contains(letters), "{letters} of {secret:?} in {shown}");
}

fn every_way(framework: &'static Framework, secret: &str, related: &str) {
    let (seen, spec) = (planted(framework, secret, related), spec(framework));
    assert_untold(secret, &format!("{seen:?}"));
    let local = local(&seen, framework);
    for integration in &seen.integrations {
        assert_untold(secret, &format!("{:?}", relation::provided(integration, &local)));
    }
    let commands = framework.actions.iter().map(Asks::Framework);
    let actions = commands.chain([Asks::RotateSecretKey, Asks::Unknown("dance".to_owned())]).map(Some).chain([None]);
    for action in actions {
        let asked = Work { scope: Scope::Everything, action };
        let steps = decide::steps(&asked, &seen, &spec, &mut || [7; 64]);
        let fallible = |step: &crate::steps::Step| matches!(step.action, Action::Run(_) | Action::Replan);
        let ends = steps.effects.iter().enumerate().filter(|(_, step)| fallible(step)).map(|(at, _)| at);
        for completed in ends.chain([steps.effects.len()]) {
            for failure in failures(secret) {
                let done = Done { completed, failure, ..Done::default() };
                let report = conclude::report(&seen, &steps, &done);
                assert_untold(secret, &told(&steps, &done, &report));
            }
        }
    }
}

/// Letters that are the same in every notation, then whatever has to be quoted or encoded, and further lines.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9]{8}([ -~é]{0,20}|[ -~]{0,9}\n[A-Za-z0-9+/=]{8,20}\n?)"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn no_secret_of_any_input_is_told_anywhere(secret in secret(), framework in proptest::sample::select(framework::ALL)) {
        // No interface takes a value of several lines: then there is a complaint and no workload.
        every_way(framework, &secret, &secret);
        every_way(framework, &secret, secret.lines().next().unwrap_or_default());
    }
}

#[test]
fn every_row_of_the_table_is_one_that_the_charm_uses() {
    let seen = planted(&framework::flask::FLASK, "abcdefghi-jk", "abcdefghi-jk");
    let local = local(&seen, &framework::flask::FLASK);
    for integration in &seen.integrations {
        let given = relation::provided(integration, &local);
        assert!(given.as_ref().is_ok_and(Option::is_some), "{}: {given:?}", integration.endpoint.name);
    }
    assert!(credentials("https://me:a%2Fb@h/x").eq(["me:a%2Fb", "a%2Fb"]));
}

#[test]
fn secrets_in_clear_are_masked_from_every_databag() {
    let mut seen = Seen::nothing();
    let mut queue = integration(&("rabbitmq", &[("password", "hunter2-app")], &[]), "");
    let unit = Databag::from_iter([("password", "hunter2-unit")]);
    queue.relations[0].view.units = [(UnitName::new("rabbitmq", 0), unit)].into();
    let bucket = integration(&("s3", &[("secret-key", "hunter2/key"), ("access-key", "hunter2-access")], &[]), "");
    let store = integration(&("openfga", &[("token", "hunter2-token")], &[("token", "hunter2-secret")]), "");
    seen.integrations = vec![queue, bucket, store];
    let text = "hunter2-app hunter2-unit hunter2/key hunter2%2Fkey hunter2-access hunter2-token hunter2-secret";
    let masked = super::of(&seen, None).apply(text);
    assert!(!masked.contains("hunter2"), "{masked}");
}

#[test]
fn the_redactor_takes_a_limited_number_of_fields_and_bytes() {
    let long = "hunter2,".repeat(20_000);
    let fields: Vec<_> = (0..500).map(|number| (format!("field-{number}"), format!("hunter2-{number}"))).collect();
    let fields: Vec<_> = fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut seen = Seen::nothing();
    seen.integrations = vec![integration(&("mysql_client", &[("password", &long), ("uris", &long)], &fields), "")];
    assert_eq!(format!("{:?}", super::of(&seen, None)), "Redactor(128 forms)");
}
