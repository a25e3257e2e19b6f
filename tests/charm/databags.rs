//! Data of remote applications that the charm can't use: the status names the fault, and the application runs on.

use juju::{Event, MAX_DATABAG_BYTES, RelationId, StatusKind, Whose};

use crate::support::{Charm, DATABASE, Rock, World, secret};

/// An application whose page lists its variables of databases.
const SHOWING: &str = r#"
import os
from flask import Flask
app = Flask(__name__)

@app.route("/")
def index():
    return "".join(f"{name}={os.environ[name]}\n" for name in sorted(os.environ) if "_DB_" in name)
"#;

/// A value that is longer than the limit of a variable.
const LONG: &str = match std::str::from_utf8(&[b'x'; 20_000]) {
    Ok(text) => text,
    Err(_) => "",
};

fn world() -> World {
    World::of(&Charm::with_integrations()).with_pod(Rock::idle())
}

/// The variables whose names begin with `prefix`, without it.
fn variables(world: &World, prefix: &str) -> Vec<String> {
    let all = world.variables().into_iter().filter(|(name, _)| name.starts_with(prefix));
    all.map(|(name, value)| format!("{}={value}", &name[prefix.len()..])).collect()
}

/// Writes data of the remote application, and asserts that they block the charm and change neither plan nor services. The
/// message ends with the way out.
#[track_caller]
fn refused(world: &World, relation: RelationId, data: &[(&str, &str)], message: &str) {
    let before = (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
    world.say(relation, "other", data);
    world.settle();
    let remedy = format!("correct it in other, or juju remove-relation {relation}");
    world.expect(StatusKind::Blocked, &format!("{message} ({remedy})"));
    let after = (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
    assert_eq!(after, before, "{message}");
}

#[test]
fn a_database_whose_data_are_wrong_is_told_and_the_application_runs_on() {
    let world = world();
    for endpoint in ["postgresql", "mysql"] {
        let relation = world.integrate(endpoint, "other");
        let prefix = format!("{}_DB_", endpoint.to_uppercase());
        for count in 0..3 {
            world.say(relation, "other", &DATABASE[..count]);
            world.settle();
            let missing = ["", "username", "password"][count];
            let remark = format!(
                "{endpoint}: other gives no usable {missing} yet (if it stays so, check other and its version, or juju remove-relation {relation})"
            );
            world.expect(StatusKind::Active, if missing.is_empty() { "" } else { &remark });
            assert_eq!(variables(&world, &prefix), [""; 0], "{endpoint}: {count} values are not enough");
        }
        world.say(relation, "other", &DATABASE);
        world.settle();
        world.expect(StatusKind::Active, "");
        assert!(variables(&world, &prefix).contains(&"PASSWORD=pass-word-1".to_owned()));
        for (data, why) in wrong_values() {
            world.say(relation, "other", &DATABASE);
            world.say(relation, "other", &[("uris", ""), ("secret-user", "")]);
            refused(&world, relation, &[data], &format!("Invalid {endpoint} relation data. {why}"));
        }
        world.separate(relation);
        world.expect(StatusKind::Active, "");
        assert_eq!(variables(&world, &prefix), [""; 0]);
        world.server.with(|model| model.remove_application("other")).unwrap();
    }
}

/// Invalid values, and the reasons that the status gives.
fn wrong_values() -> [((&'static str, &'static str), &'static str); 8] {
    [
        (("password", "a\u{0}b"), "password: it has a control character"),
        (("password", "a\nb"), "password: it has a control character"),
        (("username", LONG), "username: it is longer than 10 KiB"),
        (("endpoints", "db:port"), "endpoints: the first entry has a port that is not a number"),
        (("endpoints", "/run/sock"), "endpoints: the first entry is not host:port"),
        (("endpoints", "evil@db:1/x?y#z"), "endpoints: the first entry is not host:port"),
        (("uris", "postgresql://h/\u{1b}[2J"), "uris: it has a control character"),
        (("secret-user", "nonsense/uri"), "secret-user: it is not the address of a secret"),
    ]
}

#[test]
fn a_password_of_any_characters_arrives_and_is_not_told() {
    let mut world = World::of(&Charm::with_integrations()).with_pod(SHOWING);
    let string = "://user-1:p%40ss%2Fw%3Frd%231%3A%25%26%27%22%C3%A9@db:1/shop";
    for endpoint in ["postgresql", "mysql"] {
        let relation = world.integrate(endpoint, endpoint);
        let data = [("endpoints", " , db:1,db2:2"), ("password", "p@ss/w?rd#1:%&'\"é")];
        world.say(relation, endpoint, &DATABASE);
        world.say(relation, endpoint, &data);
        world.settle();
        world.expect(StatusKind::Active, "");
        let line = format!("{}_DB_CONNECT_STRING={endpoint}{string}\n", endpoint.to_uppercase());
        world.pod.as_mut().unwrap().page_with("/", &line);
    }
    assert!(!world.public_texts().contains("p@ss") && !world.public_texts().contains("p%40ss"));
}

#[test]
fn a_secret_that_is_not_granted_is_waited_for() {
    let world = world();
    let relation = world.integrate("postgresql", "other");
    let content =
        [("username", "user-1"), ("password", "pass-word-1"), ("uris", "postgresql://user-1:pass-word-1@db/x")];
    let id = world.secret("other", &content);
    let waiting = "Waiting for the secret of postgresql to be granted";
    world.say(relation, "other", &[("endpoints", "db:5432"), ("secret-user", &id.to_string())]);
    world.settle();
    world.expect(StatusKind::Waiting, waiting);
    assert_eq!(variables(&world, "POSTGRESQL_DB_"), [""; 0]);
    world.server.with(|model| model.grant_secret(&id, relation)).unwrap();
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert!(
        variables(&world, "POSTGRESQL_DB_").contains(&"CONNECT_STRING=postgresql://user-1:pass-word-1@db/x".to_owned())
    );

    let next = [("username", "user-1"), ("password", "pass-word-2"), ("uris", "postgresql://user-1:pass-word-2@db/x")];
    world.server.with(|model| model.set_secret(&id, secret(&next))).unwrap();
    world.settle();
    assert!(variables(&world, "POSTGRESQL_DB_").contains(&"PASSWORD=pass-word-2".to_owned()), "secret-changed");

    let other = world.secret(
        "other",
        &[("username", "user-1"), ("password", "pass-word-3"), ("uris", "postgresql://user-1:pass-word-3@db/x")],
    );
    world.server.with(|model| model.grant_secret(&other, relation)).unwrap();
    world.say(relation, "other", &[("secret-user", &other.to_string())]);
    world.settle();
    assert!(variables(&world, "POSTGRESQL_DB_").contains(&"PASSWORD=pass-word-3".to_owned()), "another secret");
    world.expect(StatusKind::Active, "");

    world.say(relation, "other", &[("secret-user", "secret:d0d0d0d0d0d0d0d0d0d0")]);
    world.settle();
    world.expect(StatusKind::Waiting, waiting);
    let kept = variables(&world, "POSTGRESQL_DB_");
    assert!(kept.contains(&"PASSWORD=pass-word-3".to_owned()), "the variables stay while the secret is missing");
    let texts = world.public_texts();
    assert!(!texts.contains("pass-word"), "{texts}");
}

#[test]
fn an_ingress_whose_data_are_wrong_is_told() {
    let world = world();
    let relation = world.integrate("ingress", "other");
    world.settle();
    world.expect(StatusKind::Active, "");
    let ours = world.ours(relation, Whose::App);
    assert_eq!((ours["port"].as_str(), ours["name"].as_str()), ("8000", "\"flask-k8s\""));
    let invalid = |why: &str| format!("Invalid ingress relation data. ingress: {why}");
    let cases = [
        ("{nonsense", "it is not JSON"),
        ("\u{1b}]0;x\u{7}", "it is not JSON"),
        ("[]", "it is not an object"),
        ("{\"url\": 7}", "its url is not a text"),
        ("{\"url\": \"ftp://x\"}", "its url is not an http or https address"),
        ("{\"url\": \"https://x/\\u0000\"}", "its url has a blank or a control character"),
        ("{\"url\": \"https://h:port/\"}", "its url has no valid host and port"),
    ];
    for (text, why) in cases {
        refused(&world, relation, &[("ingress", text)], &invalid(why));
    }
    refused(
        &world,
        relation,
        &[("ingress", &format!("{{\"url\": \"https://{}\"}}", "x".repeat(10_000)))],
        &invalid("its url is longer than 8 KiB"),
    );
    refused(
        &world,
        relation,
        &[("ingress", &"[".repeat(MAX_DATABAG_BYTES - 100))],
        &invalid("it is longer than 64 KiB"),
    );
    assert_eq!(world.ours(relation, Whose::App), ours, "our databag stays as it was");
    world.say(relation, "other", &[("ingress", "{\"url\": \"https://example.com/test-flask\"}")]);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(variables(&world, "FLASK_BASE_")[0], "URL=https://example.com/test-flask");
    world.say(relation, "other", &[("ingress", "")]);
    world.settle();
    assert_eq!(variables(&world, "FLASK_BASE_")[0], "URL=http://flask-k8s.test:8000");
}

#[test]
fn an_ingress_that_goes_gives_the_base_url_of_the_cluster_back() {
    let world = world();
    let relation = world.integrate("ingress", "other");
    world.say(relation, "other", &[("ingress", "{\"url\": \"https://example.com/test-flask\"}")]);
    world.settle();
    assert_eq!(variables(&world, "FLASK_BASE_")[0], "URL=https://example.com/test-flask");
    world.separate(relation);
    world.expect(StatusKind::Active, "");
    assert_eq!(variables(&world, "FLASK_BASE_")[0], "URL=http://flask-k8s.test:8000");
}

#[test]
fn of_several_relations_on_one_endpoint_the_first_that_is_ready_is_used() {
    let world = world();
    let first = world.integrate("the-orders", "one");
    let second = world.integrate("the-orders", "two");
    world.say(second, "two", &[("endpoints", "two:2"), ("username", "user-2"), ("password", "pass-word-2")]);
    world.settle();
    let remark =
        |used: &str, other: &str, id| format!("the-orders: {used} is used, not {other} (juju remove-relation {id})");
    world.expect(StatusKind::Active, &remark("two", "one", first));
    let host = |world: &World| {
        let all = variables(world, "THE_ORDERS_DB_").into_iter();
        all.filter(|variable| variable.starts_with("HOSTNAME=")).collect::<Vec<_>>()
    };
    assert_eq!(host(&world), ["HOSTNAME=two"]);
    for (relation, app) in [(first, "one"), (second, "two")] {
        assert_eq!(world.ours(relation, Whose::App)["database"], "flask-k8s", "{app} is asked");
    }
    world.say(first, "one", &[("endpoints", "one:1"), ("username", "user-1"), ("password", "a\nb")]);
    world.settle();
    world.expect(StatusKind::Active, &remark("two", "one", first));
    assert_eq!(host(&world), ["HOSTNAME=two"], "invalid data of one relation don't affect the other");
    world.say(first, "one", &[("password", "pass-word-1")]);
    world.settle();
    assert_eq!(host(&world), ["HOSTNAME=one"]);
    world.expect(StatusKind::Active, &remark("one", "two", second));
    world.separate(first);
    assert_eq!(host(&world), ["HOSTNAME=two"]);
    world.expect(StatusKind::Active, "");
}

#[test]
fn a_required_database_that_goes_stops_the_application_until_it_is_back() {
    let charm = Charm::with_integrations()
        .replace("mysql: {interface: mysql_client, optional: true", "mysql: {interface: mysql_client, optional: false");
    let world = World::of(&charm).with_pod(Rock::idle());
    world.expect(StatusKind::Blocked, "missing integrations: mysql");
    let running = |world: &World| world.pebble().services(&["flask"]).unwrap()[0].is_running();
    assert!(!running(&world));
    let relation = world.integrate("mysql", "other");
    world.settle();
    world.expect(StatusKind::Blocked, "missing integrations: mysql");
    assert_eq!(world.ours(relation, Whose::App)["database"], "flask-k8s");
    world.say(relation, "other", &DATABASE);
    world.settle();
    world.expect(StatusKind::Active, "");
    world.say(relation, "other", &[("password", "")]);
    world.settle();
    let why = "mysql: other gives no usable password yet (if it stays so, check other and its version)";
    world.expect(StatusKind::Blocked, &format!("missing integrations: mysql; {why}"));
    assert!(!running(&world));
    world.say(relation, "other", &DATABASE);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert!(running(&world));
    world.separate(relation);
    world.expect(StatusKind::Blocked, "missing integrations: mysql");
    assert!(!running(&world), "relation-broken stops it");
    let another = world.integrate("mysql", "another");
    world.say(another, "another", &[("uris", "mysql://h:1/shop"), ("endpoints", "h:1")]);
    world.say(another, "another", &[("username", "user-2"), ("password", "pass-word-2")]);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert!(running(&world));
    let kept = variables(&world, "MYSQL_DB_").join("\n");
    assert!(kept.contains("mysql://h:1/shop") && !kept.contains("pass-word-1") && !kept.contains("db:5432"), "{kept}");
}

#[test]
fn an_option_that_is_set_while_the_charm_is_blocked_reaches_the_container_with_the_required_relation() {
    let charm = Charm::with_integrations()
        .replace("mysql: {interface: mysql_client, optional: true", "mysql: {interface: mysql_client, optional: false");
    let mut world = World::of(&charm).with_pod(super::start::APP);
    let missing = "missing integrations: mysql";
    world.expect(StatusKind::Blocked, missing);
    world.configure(&[("greeting", "ahoy")]);
    world.expect(StatusKind::Blocked, missing);
    assert_eq!(world.variables().get("FLASK_GREETING"), None, "the container is not configured yet");
    let relation = world.integrate("mysql", "db");
    world.say(relation, "db", &DATABASE);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_GREETING"], "ahoy");
    world.pod.as_mut().unwrap().page_with("/", "FLASK_GREETING=ahoy\n");
}

#[test]
fn a_databag_as_large_as_juju_lets_it_be_is_told() {
    let world = world();
    let relation = world.integrate("postgresql", "other");
    world.say(relation, "other", &DATABASE);
    world.settle();
    for letter in ["x", "\u{7f}"] {
        let message = "Invalid postgresql relation data. uris: it is longer than 10 KiB";
        refused(&world, relation, &[("uris", &letter.repeat(MAX_DATABAG_BYTES - 200))], message);
    }
    world.say(relation, "other", &[("uris", "")]);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(world.ours(relation, Whose::App)["database"], "flask-k8s", "our databag stays as it was");
}
