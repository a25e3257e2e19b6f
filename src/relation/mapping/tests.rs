use std::collections::BTreeMap;

use juju::{Config, ConfigValue, Databag, RelationId, Secret};
use switches::Switches;

use super::*;
use crate::framework::flask::FLASK;
use crate::seen::Seen;

const ID: &str = "secret:9m4e2mr0ui3e8a215n4g";

fn mapping(text: &str) -> Mapping {
    Switches::parse(format!("integrations: {{search: {text}}}").as_bytes()).unwrap().integrations["search"].clone()
}

fn relation(app: &[(&str, &str)], units: &[(u32, &[(&str, &str)])]) -> Relation {
    let bag = |entries: &[(&str, &str)]| entries.iter().copied().collect::<Databag>();
    let view = View {
        app: Some("opensearch".to_owned()),
        remote_app: bag(app),
        units: units.iter().map(|(number, data)| (juju::UnitName::new("opensearch", *number), bag(data))).collect(),
        ..View::empty("search", RelationId(3))
    };
    Relation { view, secrets: BTreeMap::new(), address: None, cross_model: false }
}

fn with_secret(mut relation: Relation, field: &str, value: &str) -> Relation {
    let content = [(field.to_owned(), Secret::from(value))].into();
    relation.secrets.insert(ID.parse().unwrap(), content);
    relation
}

fn variables(text: &str, relation: &Relation) -> Read<Vec<String>> {
    let read = read(&mapping(&format!("{{variables: {text}}}")), relation);
    read.map(|all| all.iter().map(|(name, value)| format!("{name}={value}")).collect())
}

#[test]
fn values_come_from_application_units_secrets_and_documents() {
    let relation = relation(
        &[("url", "http://s"), ("secret-user", ID), ("data", r#"{"port": 9200}"#), ("empty", "")],
        &[(0, &[("other", "x")]), (1, &[("host", "s-1")]), (2, &[("host", "s-2")])],
    );
    let relation = with_secret(relation, "password", "hunter2");
    let text = "{A: {app: url}, B: {unit: host}, C: {secret: password}, D: {app: data, json-pointer: /port}, \
        E: {app: empty, default: d}, F: {app: gone}, G: {secret: password, key: secret-user}, \
        H: {secret: password, key: secret-tls, default: none}}";
    let expected =
        ["A=http://s", "B=s-1", "C=hunter2", "D=9200", "E=d", "G=hunter2", "H=none"].map(str::to_owned).to_vec();
    assert_eq!(variables(text, &relation), Read::Ready(expected));
}

#[test]
fn a_required_value_is_waited_for_and_a_wrong_one_is_named() {
    let waits = |key: &str| Read::Waiting(key.to_owned());
    let invalid = |key: &str, why: &str| Read::Invalid { key: key.to_owned(), why: why.to_owned() };
    let long = "x".repeat(200_000);
    let table = [
        ("{A: {app: url, required: true}}", vec![], waits("url")),
        ("{A: {app: url, required: true}}", vec![("url", "")], waits("url")),
        ("{A: {secret: password, required: true}}", vec![("secret-user", ID)], waits("password")),
        ("{A: {app: url, json-pointer: /a}}", vec![("url", "{")], invalid("url", "it is not JSON")),
        ("{A: {app: url, json-pointer: /a, required: true}}", vec![("url", "{}")], waits("url")),
        (
            "{A: {app: url}}",
            vec![("url", "a\0b")],
            invalid("url", "it has a zero character, which no variable can hold"),
        ),
        (
            "{A: {app: url}}",
            vec![("url", long.as_str())],
            invalid("url", "it is longer than the 131069 bytes that a variable can hold"),
        ),
    ];
    for (text, data, expected) in table {
        assert_eq!(variables(text, &relation(&data, &[])), expected, "{text}");
    }
}

#[test]
fn secrets_are_looked_up_under_the_named_key_or_every_key() {
    let view = relation(&[("secret-user", ID), ("note", "secret:nonsense!"), ("url", "http://s")], &[]).view;
    let ids = |text: &str| secrets(&mapping(&format!("{{variables: {text}}}")), &view).len();
    assert_eq!(ids("{A: {secret: password}}"), 1);
    assert_eq!(ids("{A: {secret: password, key: secret-user}}"), 1);
    assert_eq!(ids("{A: {secret: password, key: secret-tls}}"), 0);
    assert_eq!(ids("{A: {app: url}}"), 0);
}

#[test]
fn words_of_published_values_are_our_side_s() {
    let seen = Seen::nothing();
    let config: Config = [("index".to_owned(), ConfigValue::Int(7))].into_iter().collect();
    let local = LocalSide {
        unit: &seen.unit,
        framework: &FLASK,
        config: &config,
        port: 8000,
        port_is_open: true,
        base_url: "https://example.com/m-shop",
        is_routed: true,
        telemetry: &crate::facts::UNWATCHED,
    };
    let text = "{publish: {a: '${app}.${model}', b: '${port}', c: '${url}', d: '${hostname}', e: '${option.index}', \
        f: '${option.none}', g: 'plain $x'}}";
    let mut changes = Changes::default();
    publish(&mapping(text), &local, &mut changes);
    let texts = changes.app.texts();
    let texts: Vec<_> = texts.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = ["a=shop.m", "b=8000", "c=https://example.com/m-shop", "d=example.com", "e=7", "g=plain $x"];
    assert_eq!(texts, expected);
}

#[test]
fn defaults_hold_while_there_is_no_relation() {
    let defaults = defaults(&mapping("{variables: {A: {app: a, default: 1}, B: {app: b}}}"));
    assert_eq!(defaults.into_iter().collect::<Vec<_>>(), [("A".to_owned(), "1".to_owned())]);
}
