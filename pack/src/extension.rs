//! The extension of a project, with its findings. The rules that an extension enforces are in `extension/rules.rs`.

mod rules;

use extensions::Extension;
use serde_yaml::Value;

use crate::finding::Finding;
use crate::source::Source;

pub(crate) use rules::findings;

/// True if the project names an extension, known or not.
pub(crate) fn is_used(project: &Source) -> bool {
    match project.document.get("extensions") {
        None | Some(Value::Null) => false,
        Some(names) => !names.as_sequence().is_some_and(Vec::is_empty),
    }
}

/// The extension that a project uses, if any.
pub(crate) fn of(project: &Source) -> Result<Option<Extension>, Finding> {
    let refused = |error: extensions::Error| {
        let remedy = format!("take one of {}", extensions::known().join(", "));
        project.refused(&["extensions"], error.to_string(), remedy)
    };
    Extension::of(&project.document).map_err(refused)
}

#[cfg(test)]
mod tests;
