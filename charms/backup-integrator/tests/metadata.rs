//! The charm's declaration.

use std::path::Path;

use juju::{CharmFiles, Role, Scope};

const TEXT: &str = include_str!("../charmcraft.yaml");

#[test]
fn the_charm_is_a_subordinate_that_requires_a_backup_and_sits_beside_anything() {
    let charm = CharmFiles::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(charm.metadata.subordinate);
    let endpoints: Vec<_> = charm
        .metadata
        .endpoints
        .iter()
        .map(|end| (end.name.as_str(), end.interface.as_str(), end.role, end.scope))
        .collect();
    let expected = [
        ("backup", "backup", Role::Requires, Scope::Global),
        ("juju-info", "juju-info", Role::Requires, Scope::Container),
    ];
    assert_eq!(endpoints, expected);
    assert!(charm.metadata.containers.is_empty() && charm.metadata.storages.is_empty() && charm.actions.is_empty());
    assert_eq!(charm.options.len(), 5);
    assert!(charm.options.values().all(|option| option.default.is_none()));
}

#[test]
fn without_the_endpoint_in_container_scope_the_declaration_is_refused() {
    let from = TEXT.find("  juju-info:\n").unwrap();
    let to = TEXT.find("\nconfig:\n").unwrap();
    let error =
        CharmFiles::parse_charmcraft("charmcraft.yaml", &format!("{}{}", &TEXT[..from], &TEXT[to..])).unwrap_err();
    assert!(juju::chain(&error).contains("scope: container"), "{}", juju::chain(&error));
}
