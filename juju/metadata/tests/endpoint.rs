//! The rules for endpoints and interfaces, a table for each: those of Juju's metadata and of its guide to integrations.

use juju_metadata::{Endpoint, Metadata, Role, Scope};

fn parse(text: &str) -> Metadata {
    Metadata::parse("metadata.yaml", &format!("name: a\n{text}")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The refusal without the file's name.
fn fault(text: &str) -> String {
    let error = Metadata::parse("metadata.yaml", &format!("name: a\n{text}")).expect_err(text).to_string();
    error.strip_prefix("cannot use metadata.yaml: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn refuses(cases: &[(&str, &str)]) {
    for (text, start) in cases {
        let fault = fault(text);
        assert!(fault.starts_with(start), "{text}: {fault}");
    }
}

fn endpoint(name: &str, role: Role, interface: &str) -> Endpoint {
    let (name, interface) = (name.to_owned(), interface.to_owned());
    Endpoint { name, role, interface, optional: false, limit: None, scope: Scope::Global }
}

#[test]
fn each_section_is_read_with_its_role_by_the_names_of_its_endpoints() {
    let metadata = parse(
        "provides:\n  site: {interface: http}\n  short: http\nrequires:\n  db: {interface: pgsql}\npeers:\n  ring: {interface: ring}\n",
    );
    let expected = [
        endpoint("site", Role::Provides, "http"),
        endpoint("short", Role::Provides, "http"),
        endpoint("db", Role::Requires, "pgsql"),
        endpoint("ring", Role::Peers, "ring"),
    ];
    assert_eq!(metadata.endpoints, expected);
    assert_eq!(metadata.endpoint("db"), Some(&expected[2]));
    assert_eq!(metadata.endpoint("pgsql"), None, "the interface is no endpoint's name");
    assert_eq!(metadata.with_role(Role::Provides).count(), 2);
    refuses(&[
        ("provides: [site]", "provides: must be a mapping"),
        ("requires: {db: [pgsql]}", "requires.db: must be a mapping"),
        ("peers: {db: {interface: x}}\nrequires: {db: {interface: x}}", "requires.db: the name is taken"),
    ]);
}

#[test]
fn an_interface_is_text_and_must_be_there() {
    refuses(&[
        ("requires: {db: {}}", "requires.db.interface: must be there"),
        ("provides: {db: {limit: 1}}", "provides.db.interface: must be there"),
        ("peers: {ring: {interface: }}", "peers.ring.interface: must be there"),
        ("requires: {db: {interface: 7}}", "requires.db.interface: must be text"),
        ("requires: {db: {interface: [pgsql]}}", "requires.db.interface: must be text"),
    ]);
}

#[test]
fn a_limit_is_a_whole_number_and_there_is_none_by_default() {
    let limit = |text: &str| parse(&format!("requires: {{db: {{interface: x{text}}}}}")).endpoints[0].limit;
    assert_eq!((limit(""), limit(", limit: 1"), limit(", limit: 12")), (None, Some(1), Some(12)));
    refuses(&[
        ("requires: {db: {interface: x, limit: many}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, limit: '1'}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, limit: 1.5}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, limit: [1]}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, limit: -1}}", "requires.db.limit: must be a whole number"),
    ]);
}

#[test]
fn optional_is_a_boolean_and_false_by_default() {
    let optional = |text: &str| parse(&format!("requires: {{db: {{interface: x{text}}}}}")).endpoints[0].optional;
    assert_eq!((optional(""), optional(", optional: true"), optional(", optional: false")), (false, true, false));
    refuses(&[
        ("requires: {db: {interface: x, optional: maybe}}", "requires.db.optional: must be true or false"),
        ("requires: {db: {interface: x, optional: 1}}", "requires.db.optional: must be true or false"),
    ]);
}

#[test]
fn scope_is_global_unless_it_is_container() {
    let scope = |text: &str| parse(&format!("requires: {{db: {{interface: x{text}}}}}")).endpoints[0].scope;
    assert_eq!((scope(""), scope(", scope: global")), (Scope::Global, Scope::Global));
    assert_eq!(scope(", scope: container"), Scope::Container);
    refuses(&[
        ("requires: {db: {interface: x, scope: local}}", "requires.db.scope: must be global or container"),
        ("requires: {db: {interface: x, scope: Container}}", "requires.db.scope: must be global or container"),
        ("requires: {db: {interface: x, scope: 1}}", "requires.db.scope: must be text"),
    ]);
}

#[test]
fn a_subordinate_needs_a_required_endpoint_of_container_scope() {
    assert!(parse("subordinate: true\nrequires: {host: {interface: x, scope: container}}").subordinate);
    let refusal = "subordinate: needs at least one endpoint in requires with scope: container";
    refuses(&[
        ("subordinate: true", refusal),
        ("subordinate: true\nrequires: {host: {interface: x}}", refusal),
        ("subordinate: true\nprovides: {host: {interface: x, scope: container}}", refusal),
        ("subordinate: true\npeers: {ring: {interface: x, scope: container}}", refusal),
    ]);
}

/// A provider of a database, and an application that takes one database and may serve a website.
#[test]
fn the_guides_examples_have_the_values_that_they_say() {
    let provider = "name: mongodb\nprovides:\n  database:\n    interface: mongodb\n";
    let application = "name: my-app\nrequires:\n  database:\n    interface: mongodb\n    limit: 1\n\
                       provides:\n  website:\n    interface: http\n    optional: true\n";
    let read = |text| Metadata::parse("metadata.yaml", text).expect("good metadata");
    assert_eq!(read(provider).endpoints, [endpoint("database", Role::Provides, "mongodb")]);
    let expected = [
        Endpoint { limit: Some(1), ..endpoint("database", Role::Requires, "mongodb") },
        Endpoint { optional: true, ..endpoint("website", Role::Provides, "http") },
    ];
    assert_eq!(read(application).endpoints, expected);
    for text in [provider, application] {
        assert_eq!(read(text).warnings, Vec::<String>::new());
    }
}

#[test]
fn the_endpoint_name_juju_is_refused_and_others_are_free() {
    let reserved = |section: &str| format!("{section}.juju: the name is reserved for Juju");
    for section in ["requires", "provides", "peers"] {
        assert_eq!(fault(&format!("{section}: {{juju: {{interface: x}}}}")), reserved(section));
    }
    let beside = "subordinate: true\nrequires: {juju: {interface: juju-info, scope: container}}";
    assert_eq!(fault(beside), reserved("requires"), "also beside a principal");
    for name in ["jujuish", "my-juju", "Juju", "db_2", "a.b", "-x"] {
        assert_eq!(parse(&format!("requires: {{'{name}': {{interface: x}}}}")).endpoints[0].name, name);
    }
}

#[test]
fn endpoint_names_from_juju_dash_on_are_a_subordinates_beside_its_principal() {
    let beside = |name: &str| format!("subordinate: true\nrequires: {{{name}: {{interface: x, scope: container}}}}");
    for name in ["juju-info", "juju-x"] {
        assert_eq!(parse(&beside(name)).endpoints[0].name, name);
    }
    let host = "host: {interface: x, scope: container}";
    for text in [
        "requires: {juju-info: {interface: juju-info}}".to_owned(),
        "requires: {juju-info: {interface: juju-info, scope: container}}".to_owned(),
        "provides: {juju-x: {interface: x}}".to_owned(),
        "peers: {juju-x: {interface: x}}".to_owned(),
        format!("subordinate: true\nrequires: {{{host}, juju-x: {{interface: x}}}}"),
        format!("subordinate: true\nrequires: {{{host}}}\nprovides: {{juju-x: {{interface: x, scope: container}}}}"),
    ] {
        assert!(fault(&text).ends_with(": the name is reserved for Juju"), "{text}: {}", fault(&text));
    }
}

#[test]
fn an_interface_of_other_than_letters_and_dashes_is_warned_of_or_refused() {
    let text = |interface: &str| format!("requires: {{db: {{interface: '{interface}'}}}}");
    for plain in ["mysql", "grafana-dashboard", "x", "x-"] {
        assert_eq!(parse(&text(plain)).warnings, Vec::<String>::new(), "{plain}");
    }
    for odd in ["s3", "postgresql_client", "k8s_backup_target", "0x", "_x"] {
        let warning = format!("requires.db.interface: {odd} has digits or underscores");
        let metadata = parse(&text(odd));
        assert_eq!(metadata.endpoints[0].interface, odd);
        assert!(metadata.warnings.len() == 1 && metadata.warnings[0].starts_with(&warning), "{:?}", metadata.warnings);
    }
    for bad in ["-x", "Http", "a.b", "a b", "é", "a/b", ""] {
        let refusal = "requires.db.interface: must be made of lower-case letters and dashes, with no dash at its start";
        assert_eq!(fault(&text(bad)), refusal, "{bad}");
    }
}

#[test]
fn an_interface_of_juju_is_required_and_neither_provided_nor_among_peers() {
    assert_eq!(parse("requires: {info: {interface: juju-info}}").endpoints[0].interface, "juju-info");
    for (section, interface) in
        [("provides", "juju-info"), ("peers", "juju-info"), ("provides", "juju-x"), ("peers", "juju")]
    {
        let refusal = format!("{section}.info.interface: is reserved for Juju and can't be in {section}");
        assert_eq!(fault(&format!("{section}: {{info: {{interface: {interface}}}}}")), refusal);
    }
}

/// The guide's subordinate: one endpoint for principals that have its interface, another for all others.
#[test]
fn a_subordinate_may_take_a_specific_interface_or_else_juju_info() {
    let text = "subordinate: true\nrequires:\n  logging-directory:\n    interface: logging\n    scope: container\n  \
                juju-info:\n    interface: juju-info\n    scope: container\n";
    let beside =
        |name: &str, interface: &str| Endpoint { scope: Scope::Container, ..endpoint(name, Role::Requires, interface) };
    let expected = [beside("logging-directory", "logging"), beside("juju-info", "juju-info")];
    assert_eq!(parse(text).endpoints, expected);
}
