//! The rules for metadata, each with the file that keeps it and the one that breaks it.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::config::{ConfigValue, OptionKind};

fn parse(text: &str) -> Result<Metadata, MetadataError> {
    Metadata::parse("metadata.yaml", &format!("name: a\n{text}"))
}

fn fault(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn endpoints_keep_the_order_of_the_file() {
    let text = "requires:\n  zeta: {interface: s3}\n  alpha: {interface: redis, limit: 1, optional: true}\n\
                peers:\n  mid: {interface: peer}\nprovides:\n  beta: website\n";
    let metadata = parse(text).expect("good metadata");
    let names: Vec<&str> = metadata.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(names, ["zeta", "alpha", "mid", "beta"]);
    let alpha = metadata.endpoint("alpha").expect("it is there");
    assert_eq!((alpha.role, alpha.limit, alpha.optional, alpha.scope), (Role::Requires, Some(1), true, Scope::Global));
    assert_eq!(metadata.endpoint("beta").map(|e| e.interface.as_str()), Some("website"));
    assert_eq!(metadata.requiring("redis").count(), 1);
    assert_eq!(metadata.with_role(Role::Peers).count(), 1);
    assert_eq!(metadata.warnings.len(), 1, "{:?}", metadata.warnings);
    assert!(metadata.warnings[0].contains("requires.zeta.interface"), "{:?}", metadata.warnings);
}

#[test]
fn what_endpoints_must_not_be() {
    for (text, key) in [
        ("requires: {db: {}}", "requires.db.interface: must be there"),
        ("requires: {db: {interface: 7}}", "requires.db.interface: must be text"),
        ("requires: {db: {interface: x, limit: many}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, limit: -1}}", "requires.db.limit: must be a whole number"),
        ("requires: {db: {interface: x, optional: maybe}}", "requires.db.optional: must be true or false"),
        ("requires: {db: {interface: x, scope: local}}", "requires.db.scope: must be global or container"),
        ("requires: {juju: {interface: x}}", "requires.juju: the name is reserved"),
        ("requires: {juju-info: {interface: juju-info}}", "requires.juju-info: the name is reserved"),
        ("provides: {info: {interface: juju-info}}", "provides.info.interface: is reserved"),
        ("peers: {info: {interface: juju}}", "peers.info.interface: is reserved"),
        ("requires: {db: {interface: -x}}", "requires.db.interface: must be made of"),
        ("requires: {db: {interface: Http}}", "requires.db.interface: must be made of"),
        ("requires: {db: {interface: a.b}}", "requires.db.interface: must be made of"),
        ("requires: {db: {interface: x}}\nprovides: {db: {interface: x}}", "provides.db: the name is taken"),
        ("requires: [db]", "requires: must be a mapping"),
        ("requires: {db: [x]}", "requires.db: must be a mapping"),
        ("subordinate: true\nrequires: {db: {interface: x}}", "subordinate: needs at least one endpoint"),
    ] {
        let fault = fault(text);
        assert!(fault.starts_with("cannot use metadata.yaml: ") && fault.contains(key), "{text}: {fault}");
    }
}

#[test]
fn a_subordinate_may_sit_beside_anything() {
    let text = "subordinate: true\nrequires:\n  logs: {interface: logging-dir, scope: container}\n  \
                juju-info: {interface: juju-info, scope: container}\n";
    let metadata = parse(text).expect("good metadata");
    assert!(metadata.subordinate && metadata.endpoints.iter().all(|endpoint| endpoint.scope == Scope::Container));
}

#[test]
fn containers_resources_and_storages() {
    let text = "display-name: A\nsummary: s\ndescription: d\ncharm-user: non-root\nassumes: [juju >= 3.6]\n\
                containers:\n  app: {resource: image, mounts: [{storage: data, location: /srv}], uid: 584792}\n  plain:\n\
                resources:\n  image: {type: oci-image, description: x, upstream-source: y}\n\
                storage:\n  data: {type: filesystem, multiple: {range: 0-2}, minimum-size: 1G}\n\
                extra-bindings: {admin: }\n";
    let metadata = parse(text).expect("good metadata");
    let app = &metadata.containers["app"];
    assert_eq!((app.resource.as_deref(), app.uid), (Some("image"), Some(584_792)));
    assert_eq!(app.mounts, [Mount { storage: "data".to_owned(), location: Some("/srv".into()) }]);
    assert_eq!(metadata.containers["plain"], Container::default());
    let ids = parse("containers: {a: {uid: 0, gid: 999}, b: {uid: 10000}}").expect("ids Juju takes").containers;
    assert_eq!((ids["a"].uid, ids["a"].gid, ids["b"].uid), (Some(0), Some(999), Some(10_000)));
    assert_eq!(metadata.resources["image"].kind, ResourceKind::OciImage);
    assert_eq!(metadata.storages["data"].range.as_deref(), Some("0-2"));
    assert_eq!(metadata.assumes, serde_json::json!(["juju >= 3.6"]));
    assert!(metadata.extra_bindings.contains("admin"));
    for (text, key) in [
        ("containers: {app: {uid: root}}", "containers.app.uid"),
        ("containers: {app: {uid: 1000}}", "containers.app.uid: must not be from 1000 to 9999"),
        ("containers: {app: {gid: 9999}}", "containers.app.gid: must not be from 1000 to 9999"),
        ("containers: {app: {gid: -1}}", "containers.app.gid: must be a user id"),
        ("containers: {app: {mounts: [{}]}}", "containers.app.mounts[0].storage"),
        ("resources: {image: {type: oci}}", "resources.image.type"),
        ("storage: {data: {type: disk}}", "storage.data.type"),
        ("summary: [s]", "summary: must be text"),
    ] {
        assert!(fault(text).contains(key), "{}", fault(text));
    }
    assert!(Metadata::parse("x.yaml", "summary: s").expect_err("no name").to_string().contains("x.yaml: name"));
    assert!(Metadata::parse("x.yaml", "{").expect_err("no YAML").to_string().contains("x.yaml"));
}

#[test]
fn options_and_actions() {
    let config = "options:\n  a: {type: string, default: ''}\n  b: {type: int, default: 8}\n  c: {type: float, default: 1}\n  \
                  d: {type: boolean, default: yes}\n  e: {type: secret}\n  f: {default: x, optional: false}\n  g: {type: int, default: ''}\n";
    let actions =
        "rotate: {description: d, params: {n: {type: integer}}, required: [n], additionalProperties: false}\nplain:\n";
    let files = CharmFiles::parse("name: a", config, actions).expect("good files");
    let default = |name: &str| files.options[name].default.clone();
    assert_eq!(default("a"), Some("".into()));
    assert_eq!(default("b"), Some(8.into()));
    assert_eq!(default("c"), Some(ConfigValue::Float(1.0)));
    assert_eq!(default("d"), Some(true.into()));
    assert_eq!((default("e"), default("g")), (None, None));
    assert_eq!((files.options["f"].kind, files.options["f"].optional), (OptionKind::String, Some(false)));
    let rotate = &files.actions["rotate"];
    assert_eq!((rotate.required.as_slice(), rotate.additional_properties), (["n".to_owned()].as_slice(), false));
    assert!(rotate.params.contains_key("n") && files.actions["plain"].additional_properties);

    for (config, key) in [
        ("options: {a: {type: bool}}", "config.yaml: options.a.type"),
        ("options: {a: {type: int, default: x}}", "options.a.default: must be a value of type int"),
        ("options: {a: {type: string, default: 1}}", "options.a.default: must be a value of type string"),
    ] {
        let fault = CharmFiles::parse("name: a", config, "").expect_err(config).to_string();
        assert!(fault.contains(key), "{fault}");
    }
}

#[test]
fn files_are_found_in_the_charm_s_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| fs::write(dir.path().join(file), text).expect("a file");
    let read = || CharmFiles::read(dir.path());
    assert!(matches!(read(), Err(MetadataError::Missing { .. })));

    write("charmcraft.yaml", "name: whole\nconfig: {options: {port: {type: int}}}\nactions: {go: {}}\n");
    let whole = read().expect("good files");
    assert_eq!((whole.metadata.name.as_str(), whole.options.len(), whole.actions.len()), ("whole", 1, 1));

    write("metadata.yaml", "name: parts\n");
    write("config.yaml", "options: {a: {}, b: {}}\n");
    let parts = read().expect("good files");
    assert_eq!((parts.metadata.name.as_str(), parts.options.len(), parts.actions.len()), ("parts", 2, 0));
}

#[test]
fn files_that_cost_more_than_they_say_are_refused_with_file_and_limit() {
    let dir = tempfile::tempdir().expect("a folder");
    let brackets = "it has more than 10000 brackets: write lists and mappings in lines";
    for (file, text, why) in [
        ("metadata.yaml", "[".repeat(200_000), brackets),
        ("config.yaml", "{".repeat(200_000), brackets),
        ("actions.yaml", "#".repeat(50 << 20), "it is longer than 1048576 bytes"),
    ] {
        fs::write(dir.path().join("metadata.yaml"), "name: a").expect("a file");
        fs::write(dir.path().join(file), text).expect("a file");
        let error = CharmFiles::read(dir.path()).expect_err(file);
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(error.to_string(), format!("cannot read {file} as YAML"));
        assert_eq!(source.as_deref(), Some(why));
        fs::remove_file(dir.path().join(file)).expect("a file");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let _ = Metadata::parse("metadata.yaml", &text);
        let _ = CharmFiles::parse_charmcraft("charmcraft.yaml", &text);
    }

    #[test]
    fn anything_shaped_like_yaml_is_answered(text in "([a-z]{1,3}|[:{}\\[\\],&*|>!?#'\"-]|\n| ){0,60}") {
        let _ = Metadata::parse("metadata.yaml", &format!("name: a\nrequires: {{{text}}}"));
        let _ = CharmFiles::parse("name: a", &text, &text);
    }
}
