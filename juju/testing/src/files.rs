//! The charm's files in a folder, with charmcraft's extensions written out.

use extensions::Extension;
use juju::{CharmFiles, MetadataError};
use serde_yaml::{Mapping, Value};
use std::path::Path;

const CHARMCRAFT: &str = "charmcraft.yaml";

/// Reads the files of a charm's folder as [`CharmFiles::read`] does. A `charmcraft.yaml` that uses an extension declares
/// what the extension adds, too, as in the packed charm.
pub(crate) fn read(dir: &Path) -> Result<CharmFiles, MetadataError> {
    let path = dir.join(CHARMCRAFT);
    if dir.join("metadata.yaml").exists() || !path.exists() {
        return CharmFiles::read(dir);
    }
    let text = std::fs::read_to_string(&path).map_err(|source| MetadataError::Read { path, source })?;
    match expanded(&text)? {
        Some(text) => CharmFiles::parse_charmcraft(CHARMCRAFT, &text),
        None => CharmFiles::read(dir),
    }
}

/// The text of a project with its extension written out, if it uses one.
fn expanded(text: &str) -> Result<Option<String>, MetadataError> {
    let syntax = |source| MetadataError::Syntax { file: CHARMCRAFT.to_owned(), source };
    let mut document: Value = yaml::from_str(text).map_err(syntax)?;
    document.apply_merge().map_err(|source| syntax(source.into()))?;
    let project: Mapping = serde_yaml::from_value(document).map_err(|source| syntax(source.into()))?;
    let invalid = |error: extensions::Error| {
        let why = format!("{error}: take one of {}", extensions::known().join(", "));
        MetadataError::Invalid { file: CHARMCRAFT.to_owned(), key: "extensions".to_owned(), why }
    };
    let Some(extension) = Extension::of(&project).map_err(invalid)? else { return Ok(None) };
    serde_yaml::to_string(&extension.expand(&project)).map(Some).map_err(|source| syntax(source.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charm(text: &str) -> Result<CharmFiles, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(CHARMCRAFT), text).unwrap();
        read(dir.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_extension_of_charmcraft_declares_its_names() {
        let text = "name: shop\nbase: ubuntu@24.04\nplatforms: {amd64: }\nextensions: [flask-framework]\n\
                    requires: {oidc: {interface: oauth}}\nconfig: {options: {greeting: {type: string}}}\n";
        let charm = charm(text).unwrap();
        assert!(charm.metadata.containers.contains_key("flask-app"));
        for endpoint in ["oidc", "ingress", "secret-storage", "metrics-endpoint"] {
            assert!(charm.metadata.endpoint(endpoint).is_some(), "{endpoint}");
        }
        for option in ["greeting", "webserver-workers", "oidc-scopes"] {
            assert!(charm.options.contains_key(option), "{option}");
        }
        assert!(charm.actions.contains_key("rotate-secret-key"));
    }

    #[test]
    fn other_projects_are_read_as_they_are_and_an_unknown_extension_is_named() {
        assert_eq!(charm("name: shop\n").unwrap().metadata.name, "shop");
        let error = charm("name: shop\nextensions: [cobol-framework]\n").unwrap_err();
        assert!(
            error.starts_with(
                "cannot use charmcraft.yaml: extensions: there is no extension cobol-framework: take one of "
            ),
            "{error}"
        );
        assert!(error.contains("flask-framework"), "{error}");
        assert!(charm("- a\n").unwrap_err().starts_with("cannot read charmcraft.yaml as YAML"));
    }
}
