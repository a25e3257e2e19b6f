//! A Go module and the program it builds.

use super::View;
use crate::folder::{Error, Folder, Kind};
use crate::yaml;

/// Bytes of a source file searched for its package clause, which comments may precede.
const CLAUSE: u64 = 64 << 10;

pub(super) fn view(dir: &Folder, name: &str) -> Result<View, Error> {
    let Some(module) = module(dir)? else {
        let remark = "there is no go.mod with a module: `go mod init` writes one".to_owned();
        return Ok(View { how: None, remarks: vec![remark], parts: none() });
    };
    let Some(program) = program(dir, &module)? else {
        let remark = format!(
            "no package main is in this folder, and none or several in cmd/: in rockcraft.yaml, organize bin/PROGRAM of \
             the part go-framework/install-app as usr/local/bin/{name}"
        );
        return Ok(View { how: Some(format!("the module {module}")), remarks: vec![remark], parts: none() });
    };
    let how = Some(format!("the program {program}"));
    let parts = if program == name { none() } else { organized(&program, name) };
    Ok(View { how, remarks: Vec::new(), parts })
}

/// Renames `program` to the rock's name, under which rockcraft starts it.
fn organized(program: &str, name: &str) -> String {
    let (from, to) = (yaml::quoted(&format!("bin/{program}")), yaml::quoted(&format!("usr/local/bin/{name}")));
    format!("parts:\n  go-framework/install-app:\n    organize:\n      {from}: {to}\n")
}

/// The same section as a comment, for a project that needs no renaming.
fn none() -> String {
    "# parts:\n#   go-framework/install-app:\n".to_owned()
}

/// The path in the line `module PATH` of `go.mod`.
fn module(dir: &Folder) -> Result<Option<String>, Error> {
    let text = dir.text("go.mod")?.unwrap_or_default();
    let path = text.lines().find_map(|line| line.trim().strip_prefix("module ")).map(str::trim).unwrap_or_default();
    let path = path.split("//").next().unwrap_or(path).trim().trim_matches(['"', '`']);
    Ok((!path.is_empty()).then(|| path.to_owned()))
}

/// The name `go install ./...` gives the program: its folder's, or the module's without a `/v2`.
fn program(dir: &Folder, module: &str) -> Result<Option<String>, Error> {
    if has_main(dir)? {
        let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        return Ok(module.split('/').rfind(|part| !part.is_empty() && !is_version(part)).map(str::to_owned));
    }
    let mut programs = Vec::new();
    for (name, kind) in dir.entries("cmd")? {
        if kind == Kind::Folder && has_main(&dir.folder("cmd")?.folder(&name)?)? {
            programs.push(name);
        }
    }
    match programs.pop() {
        Some(only) if programs.is_empty() => Ok(only.into_string().ok()),
        _ => Ok(None),
    }
}

fn has_main(dir: &Folder) -> Result<bool, Error> {
    for (name, kind) in dir.entries("")? {
        let is_source = std::path::Path::new(&name).extension().is_some_and(|extension| extension == "go");
        if is_source && kind == Kind::File {
            let text = String::from_utf8_lossy(&dir.head(&name, CLAUSE)?).into_owned();
            if text.lines().any(|line| line.split_whitespace().take(2).eq(["package", "main"])) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::application::tests::{folder, open};

    fn seen(files: &[(&str, &str)]) -> View {
        view(&open(&folder(files)), "hello").unwrap()
    }

    #[test]
    fn the_program_is_called_after_the_module_or_its_folder() {
        for (module, program) in [
            ("example.com/hello", "hello"),
            ("example.com/shop // why", "shop"),
            ("\"example.com/shop/v2\"", "shop"),
            ("v1", ""),
        ] {
            let files = [("go.mod", format!("module {module}\n\ngo 1.22\n"))];
            let view = seen(&[("go.mod", &files[0].1), ("main.go", "// web\npackage main // here\n")]);
            let expected = (!program.is_empty()).then(|| format!("the program {program}"));
            assert_eq!(view.how.filter(|how| how.contains("program")), expected, "{module}");
            assert_eq!(view.parts == none(), program == "hello" || program.is_empty(), "{module}");
        }
        let view = seen(&[("go.mod", "module x"), ("cmd/web/main.go", "package main"), ("lib.go", "package x")]);
        assert!(view.parts.ends_with("      \"bin/web\": \"usr/local/bin/hello\"\n"), "{}", view.parts);
    }

    #[test]
    fn a_module_without_a_program_gets_a_remark() {
        for files in [
            &[("go.mod", "module x"), ("lib.go", "package x")][..],
            &[("go.mod", "module x"), ("cmd/a/m.go", "package main"), ("cmd/b/m.go", "package main")],
        ] {
            assert!(seen(files).remarks[0].contains("usr/local/bin/hello"));
        }
        assert!(seen(&[("go.mod", "go 1.22")]).remarks[0].contains("go mod init"));
    }

    proptest! {
        #[test]
        fn any_go_mod_is_read(text in "(module |\\PC|\n|/|v2){0,40}") {
            let view = seen(&[("go.mod", &text), ("main.go", &text)]);
            prop_assert!(view.how.is_some() || !view.remarks.is_empty());
        }
    }
}
