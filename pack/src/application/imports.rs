//! Modules of the project that the application imports and that rockcraft's extension doesn't copy into the rock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ruff_python_ast::{Stmt, StmtImportFrom};

use crate::folder::{Error, Folder, Kind};
use crate::python::module::Module;

/// Most files that are read.
const MOST: usize = 50;

/// Files and folders beside `entry`'s top folder that it imports, directly or through another module of the project,
/// without those in `copied`.
pub(super) fn missing(dir: &Folder, entry: &Path, copied: &[&str]) -> Result<Vec<String>, Error> {
    let (mut files, mut read) = (vec![entry.to_owned()], BTreeSet::new());
    let mut found = BTreeSet::new();
    while let Some(file) = files.pop().filter(|_| read.len() < MOST) {
        let text = dir.text(&file)?.unwrap_or_default();
        if !read.insert(file) {
            continue;
        }
        for name in Module::parse(&text).iter().flat_map(|module| imported(module.statements())) {
            let Some((top, file)) = local(dir, &name)? else { continue };
            files.push(file);
            if !copied.contains(&top.as_str()) {
                found.insert(top);
            }
        }
    }
    found.retain(|top| Path::new(top) != entry);
    Ok(found.into_iter().collect())
}

/// File or folder of a top-level module of the project, and its first file.
fn local(dir: &Folder, name: &str) -> Result<Option<(String, PathBuf)>, Error> {
    let file = format!("{name}.py");
    if dir.has_file(&file)? {
        return Ok(Some((file.clone(), file.into())));
    }
    let is_folder = dir.kind(name)? == Some(Kind::Folder);
    Ok(is_folder.then(|| (name.to_owned(), Path::new(name).join("__init__.py"))))
}

/// First parts of the modules that statements import, also in blocks.
fn imported(statements: &[Stmt]) -> Vec<String> {
    let first = |module: &str| module.split('.').next().unwrap_or(module).to_owned();
    let mut names = Vec::new();
    for statement in statements {
        match statement {
            Stmt::Import(import) => names.extend(import.names.iter().map(|alias| first(&alias.name))),
            Stmt::ImportFrom(StmtImportFrom { module: Some(module), level: 0, .. }) => names.push(first(module)),
            Stmt::Try(block) => names.extend(imported(&block.body)),
            Stmt::If(block) => names.extend(imported(&block.body)),
            Stmt::FunctionDef(function) => names.extend(imported(&function.body)),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::{folder, open};

    #[test]
    fn modules_of_the_project_are_missing_unless_they_are_copied() {
        let dir = folder(&[
            (
                "app.py",
                "import os, flask\nfrom webapp.site import app\ntry:\n    import extra\nexcept ImportError: pass\n",
            ),
            ("webapp/__init__.py", "import helpers\nfrom . import site\n"),
            ("webapp/site.py", ""),
            ("helpers.py", "import app\nimport src\n"),
            ("extra.py", ""),
            ("src/__init__.py", ""),
            ("unused.py", ""),
        ]);
        let copied = ["app.py", "src", "static"];
        let found = missing(&open(&dir), Path::new("app.py"), &copied).unwrap();
        assert_eq!(found, ["extra.py", "helpers.py", "webapp"]);
        assert_eq!(missing(&open(&dir), Path::new("unused.py"), &copied).unwrap(), [""; 0]);
    }
}
