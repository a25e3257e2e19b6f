//! Expanded projects compared with charmcraft's output.
//!
//! `tests/projects/*/expanded.yaml` is what `charmcraft expand-extensions` of PyPI's charmcraft 4.5.0 prints for the
//! `charmcraft.yaml` beside it, with CHARMCRAFT_ENABLE_EXPERIMENTAL_EXTENSIONS=1. `tests/charmcraft.rs` runs it again.

use std::path::{Path, PathBuf};

use serde_yaml::Mapping;

use super::*;
use crate::folder::Folder;
use crate::yaml;

/// Keys that charmcraft adds for the build, or only spells out; Juju doesn't see them.
const BUILD_ONLY: [&str; 3] = ["charm-libs", "parts", "platforms"];

fn projects() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn extension(text: &str) -> Result<Option<Extension>, Finding> {
    of(&Source::parse("charmcraft.yaml", text.to_owned()).unwrap())
}

fn messages(text: &str) -> Vec<String> {
    let project = Source::parse("charmcraft.yaml", text.to_owned()).unwrap();
    let extension = of(&project).unwrap().unwrap();
    findings(&extension, &project).iter().map(ToString::to_string).collect()
}

#[test]
fn every_project_is_expanded_as_charmcraft_does() {
    let projects = projects();
    assert!(projects.len() >= 16, "{projects:?}");
    for folder in projects {
        let source = Source::read(&Folder::open(&folder).unwrap(), "charmcraft.yaml").unwrap().unwrap();
        let extension = of(&source).unwrap().unwrap();
        let without = |mapping: Mapping| -> Mapping {
            mapping.into_iter().filter(|(key, _)| !BUILD_ONLY.contains(&key.as_str().unwrap())).collect()
        };
        let ours = without(extension.expand(&source.document));
        let theirs = without(Source::read(&Folder::open(&folder).unwrap(), "expanded.yaml").unwrap().unwrap().document);
        assert_eq!(yaml::write(&sorted(&ours)), yaml::write(&sorted(&theirs)), "{}", folder.display());
        let refused: Vec<_> = findings(&extension, &source).into_iter().filter(Finding::is_refusal).collect();
        assert_eq!(refused, [], "{}", folder.display());
    }
}

fn sorted(mapping: &Mapping) -> Mapping {
    let mut entries: Vec<_> = mapping.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
    let deep = |value: Value| match value {
        Value::Mapping(mapping) => Value::from(sorted(&mapping)),
        other => other,
    };
    entries.into_iter().map(|(key, value)| (key, deep(value))).collect()
}

#[test]
fn every_charm_has_one_container_besides_its_own() {
    for folder in projects() {
        let source = Source::read(&Folder::open(&folder).unwrap(), "charmcraft.yaml").unwrap().unwrap();
        let expanded = of(&source).unwrap().unwrap().expand(&source.document);
        let containers = expanded["containers"].as_mapping().unwrap();
        assert_eq!(containers.len(), 1, "{}", folder.display());
        assert!(containers.keys().all(|name| name.as_str().unwrap().ends_with("app")), "{containers:?}");
    }
}

#[test]
fn the_authors_endpoints_come_first() {
    let text = "type: charm\nbase: ubuntu@24.04\nextensions: [go-framework]\nrequires: {db: {interface: mysql_client}}";
    let source = Source::parse("charmcraft.yaml", text.to_owned()).unwrap();
    let expanded = of(&source).unwrap().unwrap().expand(&source.document);
    let requires = yaml::section(&expanded, "requires");
    assert_eq!(yaml::keys(&requires).collect::<Vec<_>>(), ["db", "logging", "ingress"]);
}

#[test]
fn one_known_extension_or_none() {
    assert!(extension("name: x").unwrap().is_none());
    assert!(extension("extensions: []").unwrap().is_none());
    assert!(extension("extensions:").unwrap().is_none());
    assert_eq!(extension("extensions: [spring-boot-framework]").unwrap().unwrap().name(), "spring-boot-framework");
    let unknown = extension("name: x\nextensions: [rails-framework]").unwrap_err();
    assert_eq!(unknown.line, Some(2));
    assert!(unknown.what.contains("rails-framework") && unknown.remedy.contains("flask-framework"), "{unknown}");
    assert!(extension("extensions: [flask-framework, go-framework]").unwrap_err().what.contains("one framework"));
    assert!(extension("extensions: [7]").is_err());
}

/// `charmcraft expand-extensions` was run on each of these and refused it.
#[test]
fn a_project_that_charmcraft_refuses_is_refused() {
    for (added, line, what) in [
        ("base: ubuntu@20.04", 1, "isn't made for ubuntu@20.04"),
        ("platforms: {\"ubuntu@22.04:amd64\": , \"ubuntu@24.04:amd64\": }", 1, "takes one base"),
        ("type: bundle", 1, "`type: charm`"),
        ("storage: {data: {type: filesystem}}", 1, "can't be used with storage"),
        ("parts:\n  charm:\n    plugin: charm", 2, "brings the part charm"),
        ("containers:\n  other:\n    resource: x", 1, "writes containers itself"),
        ("assumes: [juju]", 1, "writes assumes itself"),
        ("peers: {other: {interface: x}}", 1, "writes peers itself"),
        ("requires:\n  ingress:\n    interface: ingress", 2, "declares requires.ingress"),
        ("provides:\n  metrics-endpoint: {interface: x}", 2, "declares provides.metrics-endpoint"),
        ("actions:\n  rotate-secret-key:\n    description: x", 2, "declares actions.rotate-secret-key"),
        ("config:\n  options:\n    flask-env:\n      type: string", 3, "declares config.options.flask-env"),
        ("config:\n  options:\n    webserver-x:\n      type: string", 3, "webserver-…"),
        ("config:\n  options:\n    flask-x:\n      type: string", 3, "flask-…"),
        (
            "config:\n  options:\n    x:\n      type: int\n      default: 1\n      optional: false",
            3,
            "can't be required",
        ),
    ] {
        let base = if added.contains("ubuntu@") { "" } else { "\nbase: ubuntu@24.04" };
        let kind = if added.starts_with("type:") { "" } else { "\ntype: charm" };
        let found = messages(&format!("{added}{kind}{base}\nextensions: [flask-framework]\n"));
        assert_eq!(found.len(), 1, "{added}: {found:?}");
        assert!(found[0].starts_with(&format!("charmcraft.yaml:{line}: ")) && found[0].contains(what), "{found:?}");
    }
}

#[test]
fn a_project_that_charmcraft_expands_is_not_refused() {
    for added in [
        "assumes: [k8s-api]",
        "requires:\n  oidc: {interface: oauth}\nconfig:\n  options:\n    oidc-scopes: {type: string, default: openid}",
        "config:\n  options:\n    x: {type: int, default: 0, optional: false}",
        "parts: {more: {plugin: nil}}",
    ] {
        let found = messages(&format!("{added}\ntype: charm\nbase: ubuntu@24.04\nextensions: [flask-framework]\n"));
        assert!(found.is_empty(), "{added}: {found:?}");
    }
    let advice = messages("type: charm\nbase: ubuntu@26.04\nextensions: [flask-framework]\n");
    assert!(advice.len() == 1 && advice[0].contains("advice: ") && advice[0].contains("experimental"), "{advice:?}");
}
