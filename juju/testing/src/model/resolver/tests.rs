//! Tables of the resolver: declared endpoints and names in, the relation or its refusal out.

use super::*;
use juju::RelationId;
use proptest::prelude::*;

fn requires(name: &str, interface: &str) -> Endpoint {
    endpoint(name, Role::Requires, interface)
}

fn provides(name: &str, interface: &str) -> Endpoint {
    endpoint(name, Role::Provides, interface)
}

fn beside(name: &str, interface: &str) -> Endpoint {
    Endpoint { scope: Scope::Container, ..requires(name, interface) }
}

fn end<'a>(name: &'a str, declared: &'a [Endpoint]) -> IntegrationEnd<'a> {
    let (app, endpoint) = split(name);
    IntegrationEnd { app, endpoint, declared, is_subordinate: app.starts_with("agent"), is_remote: false }
}

/// The key of the relation, or the refusal.
fn resolved(one: &str, ones: &[Endpoint], other: &str, others: &[Endpoint]) -> String {
    resolve(&end(one, ones), &end(other, others), &[]).map_or_else(|error| error.to_string(), |found| found.key())
}

#[test]
fn endpoints_are_matched_by_interface_and_role_alone() {
    let web = [requires("db", "sql"), requires("cache", "redis"), endpoint("ring", Role::Peers, "ring")];
    for (one, other, others, wanted) in [
        ("web", "pg", vec![provides("server", "sql")], "web:db pg:server"),
        (
            "web",
            "pg",
            vec![provides("db", "other")],
            "cannot integrate \"web\" with \"pg\": no endpoints of one interface and opposite roles",
        ),
        (
            "web",
            "pg",
            vec![requires("db", "sql")],
            "cannot integrate \"web\" with \"pg\": no endpoints of one interface and opposite roles",
        ),
        (
            "web:ring",
            "pg",
            vec![provides("x", "ring")],
            "cannot integrate \"web:ring\" with \"pg\": no endpoints of one interface and opposite roles",
        ),
        ("web:cahe", "pg", vec![], "application \"web\" has no endpoint \"cahe\"; the nearest is \"cache\""),
        ("web:nope", "pg", vec![], "application \"web\" has no endpoint \"nope\""),
        (
            "web",
            "web",
            vec![provides("server", "sql")],
            "cannot integrate \"web\" with \"web\": no endpoints of one interface and opposite roles",
        ),
    ] {
        assert_eq!(resolved(one, &web, other, &others), wanted);
    }
}

#[test]
fn ambiguous_ends_are_refused_in_jujus_words() {
    let web = [requires("db", "sql"), requires("backup", "sql")];
    let pg = [provides("server", "sql")];
    assert_eq!(
        resolved("web", &web, "pg", &pg),
        "ambiguous relation: \"web pg\" could refer to \"web:backup pg:server\"; \"web:db pg:server\""
    );
    assert_eq!(resolved("web:db", &web, "pg", &pg), "web:db pg:server");
    assert_eq!(resolved("pg", &pg, "web:db", &web), "web:db pg:server");
}

/// The example of the specification: one integrate command, the specific interface or `juju-info`.
#[test]
fn a_subordinate_takes_the_specific_interface_and_juju_info_where_there_is_none() {
    let agent = [beside("logs", "logging"), beside("any", JUJU_INFO)];
    assert_eq!(resolved("agent", &agent, "web", &[provides("log-files", "logging")]), "agent:logs web:log-files");
    assert_eq!(resolved("agent", &agent, "web", &[provides("site", "http")]), "agent:any web:juju-info");
    assert_eq!(resolved("agent", &agent, "web", &[]), "agent:any web:juju-info");
    assert_eq!(
        resolved("agent", &agent, "web:juju-info", &[provides("log-files", "logging")]),
        "agent:any web:juju-info"
    );
    let two = [beside("any", JUJU_INFO), beside("other", JUJU_INFO)];
    assert_eq!(
        resolved("agent", &two, "web", &[]),
        "ambiguous relation: \"agent web\" could refer to \"agent:any web:juju-info\"; \"agent:other web:juju-info\""
    );
}

#[test]
fn a_container_scoped_pair_needs_a_subordinate_in_this_model() {
    let logs = [beside("logs", "logging")];
    let web = [provides("log-files", "logging")];
    let none = "cannot integrate \"shop\" with \"web\": no endpoints of one interface and opposite roles";
    assert_eq!(resolved("shop", &logs, "web", &web), none);
    let found = resolve(&end("agent", &logs), &end("web", &web), &[]).unwrap();
    assert_eq!(found.scope, Scope::Container);
    let remote = IntegrationEnd { is_remote: true, ..end("web", &web) };
    assert!(matches!(resolve(&end("agent", &logs), &remote, &[]), Err(Error::NoMatch(..))));
}

#[test]
fn a_limit_and_an_existing_relation_are_refused_unless_it_is_being_removed() {
    let limited = [Endpoint { limit: Some(1), ..requires("db", "sql") }];
    let free = [requires("db", "sql")];
    let pg = [provides("server", "sql")];
    let relation = |app: &str, is_dying| RelationInfo {
        id: RelationId(0),
        interface: "sql".to_owned(),
        sides: vec![
            ("web".to_owned(), "db".to_owned(), Role::Requires),
            (app.to_owned(), "server".to_owned(), Role::Provides),
        ],
        is_dying,
        members: Vec::new(),
    };
    for (web, relations, wanted) in [
        (&limited, vec![relation("other", false)], "endpoint \"web:db\" takes at most 1 integrations"),
        (&limited, vec![relation("other", true)], "web:db pg:server"),
        (&free, vec![relation("other", false)], "web:db pg:server"),
        (&free, vec![relation("pg", false)], "\"web:db\" and \"pg:server\" are already integrated"),
        (&free, vec![relation("pg", true)], "web:db pg:server"),
    ] {
        let found = resolve(&end("web", web), &end("pg", &pg), &relations);
        assert_eq!(found.map_or_else(|error| error.to_string(), |found| found.key()), wanted);
    }
}

fn declared() -> impl Strategy<Value = Vec<Endpoint>> {
    let role = prop_oneof![Just(Role::Requires), Just(Role::Provides), Just(Role::Peers)];
    let interface = prop_oneof![Just("a"), Just("b"), Just(JUJU_INFO)];
    let scope = prop_oneof![Just(Scope::Global), Just(Scope::Container)];
    let one = (role, interface, scope)
        .prop_map(|(role, interface, scope)| Endpoint { scope, ..endpoint("", role, interface) });
    proptest::collection::vec(one, 0..4).prop_map(|mut all| {
        all.iter_mut().zip(["w", "x", "y", "z"]).for_each(|(endpoint, name)| name.clone_into(&mut endpoint.name));
        all
    })
}

proptest! {
    #[test]
    fn the_order_of_the_ends_does_not_matter(ones in declared(), others in declared()) {
        let (one, other) = (end("web", &ones), end("agent", &others));
        let there = resolve(&one, &other, &[]).map(|found| found.key());
        let back = resolve(&other, &one, &[]).map(|found| found.key());
        prop_assert_eq!(there.is_ok(), back.is_ok());
        if let (Ok(there), Ok(back)) = (there, back) {
            prop_assert_eq!(there, back);
        }
    }

    #[test]
    fn a_found_relation_is_found_again_by_its_full_names(ones in declared(), others in declared()) {
        if let Ok(found) = resolve(&end("web", &ones), &end("agent", &others), &[]) {
            let names = found.sides.clone().map(|(app, endpoint)| format!("{app}:{}", endpoint.name));
            prop_assert_eq!(resolve(&end(&names[0], &ones), &end(&names[1], &others), &[]), Ok(found));
        }
    }
}
