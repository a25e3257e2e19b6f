//! Velero's published definitions, which are not part of this repository: Go's module of Velero has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::*;

/// The module and its version.
const MODULE: &str = "github.com/vmware-tanzu/velero@v1.17.0";

/// Folder of the definitions in it.
const FOLDER: &str = "config/crd/v1/bases";

/// Faults of a value against a schema of OpenAPI, as far as Velero's definitions use it. The API server prunes unknown
/// fields; here they are faults.
fn faults(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let wanted = schema["type"].as_str().unwrap_or("object");
    if kind(value) != wanted {
        return vec![format!("{path} is not of type {wanted}")];
    }
    match value {
        Value::Array(items) => items.iter().flat_map(|item| faults(&schema["items"], item, path)).collect(),
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| field(schema, key, value, path)).collect(),
        _ => Vec::new(),
    }
}

fn field(schema: &Value, key: &str, value: &Value, path: &str) -> Vec<String> {
    let below = format!("{path}.{key}");
    match (schema["properties"].get(key), schema.get("additionalProperties")) {
        (Some(declared), _) | (None, Some(declared)) => faults(declared, value, &below),
        // The definitions leave metadata open.
        (None, None) if path == ".metadata" => Vec::new(),
        (None, None) => vec![format!("{below} is unknown")],
    }
}

/// Folder of the module, in Go's own cache; Go checks its sum.
#[allow(clippy::disallowed_methods, reason = "a test runs Go")]
fn module() -> Option<PathBuf> {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("go").args(["mod", "download", "-json", MODULE]).current_dir(dir.path()).output();
    if !testkit::needs(output.is_ok(), "Go") {
        return None;
    }
    let output = output.unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    Some(said["Dir"].as_str().unwrap_or_else(|| panic!("{said}")).into())
}

fn schema(module: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(module.join(FOLDER).join(format!("velero.io_{name}.yaml"))).unwrap();
    let definition: Value = serde_yaml::from_str(&text).unwrap();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

#[test]
#[ignore = "long: its module is downloaded"]
fn both_kinds_validate_against_the_published_definitions() {
    let Some(module) = module() else { return };
    let backup = value(&Backup::new(&full().target, &operator(), &Name::Generated).unwrap().json());
    let schedule = value(&Schedule::new(&full(), &operator(), &ending("prod")).unwrap().unwrap().json());
    for (name, mut object) in [("backups", backup), ("schedules", schedule)] {
        let schema = schema(&module, name);
        assert_eq!(faults(&schema, &object, ""), [""; 0], "{name}");
        object["spec"]["bogus"] = json!(1);
        assert_eq!(faults(&schema, &object, ""), [".spec.bogus is unknown"], "{name}");
    }
}
