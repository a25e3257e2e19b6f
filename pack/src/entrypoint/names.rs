//! Names of a `src/charm.py`: imports and aliases, resolved to dotted paths.

use std::collections::BTreeMap;

use ruff_python_ast::{Alias, Expr, StmtImport, StmtImportFrom};

use super::purpose::module;
use crate::Framework;

/// Dotted path of each bound name, such as `paas_charm.flask.Charm` of `Base`.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Binds the names of `import a.b, c as d`.
    pub(super) fn import(&mut self, import: &StmtImport) {
        for Alias { name, asname, .. } in &import.names {
            match asname {
                Some(asname) => self.bind(asname, name.as_str()),
                None => {
                    let first = name.split('.').next().unwrap_or_default();
                    self.bind(first, first);
                }
            }
        }
    }

    /// Binds the names of `from a.b import c as d`.
    pub(super) fn import_from(&mut self, import: &StmtImportFrom) {
        let from = import.module.as_ref().map_or("", |module| module.as_str());
        for Alias { name, asname, .. } in &import.names {
            self.bind(asname.as_ref().unwrap_or(name), &format!("{from}.{name}"));
        }
    }

    /// Binds `name` to `path`.
    pub(super) fn bind(&mut self, name: &str, path: &str) {
        self.0.insert(name.to_owned(), path.to_owned());
    }

    /// Returns true if `name` is bound.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Dotted path of a name or attribute; an unbound name stands for itself. `None` for another expression.
    pub(super) fn resolve(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Name(name) => Some(self.0.get(name.id.as_str()).cloned().unwrap_or_else(|| name.id.to_string())),
            Expr::Attribute(attribute) => Some(format!("{}.{}", self.resolve(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }
}

/// The framework whose charm the class at `path` is, such as `paas_charm.flask.Charm`; also under the package's earlier
/// name, and in the module that defines it.
pub(super) fn framework(path: &str) -> Option<Framework> {
    let inner = path.strip_prefix("paas_charm.").or_else(|| path.strip_prefix("paas_app_charmer."))?;
    let name = inner.strip_suffix(".Charm")?;
    let name = name.strip_suffix(".charm").unwrap_or(name);
    Framework::ALL.into_iter().find(|framework| module(*framework) == name)
}

/// Returns true if the function at `path` starts a charm.
pub(super) fn starts(path: &str) -> bool {
    matches!(path, "ops.main" | "ops.main.main" | "ops.framework.main")
}
