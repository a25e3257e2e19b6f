//! A Go module: which program it makes.

use std::path::Path;

use super::View;

pub(super) fn view(dir: &Path, name: &str) -> View {
    let Some(module) = module(dir) else {
        let remark = "there is no go.mod with a module: `go mod init` writes one".to_owned();
        return View { how: None, remarks: vec![remark], parts: none() };
    };
    let Some(program) = program(dir, &module) else {
        let remark = format!(
            "no package main is in this folder, and none or several in cmd/: in rockcraft.yaml, organize bin/PROGRAM of \
             the part go-framework/install-app as usr/local/bin/{name}"
        );
        return View { how: Some(format!("the module {module}")), remarks: vec![remark], parts: none() };
    };
    let how = Some(format!("the program {program}"));
    let parts = if program == name { none() } else { organized(&program, name) };
    View { how, remarks: Vec::new(), parts }
}

/// rockcraft starts the program that has the rock's name.
fn organized(program: &str, name: &str) -> String {
    format!("parts:\n  go-framework/install-app:\n    organize:\n      bin/{program}: usr/local/bin/{name}\n")
}

/// What needn't be written is there as a comment.
fn none() -> String {
    "# parts:\n#   go-framework/install-app:\n".to_owned()
}

/// The path in the line `module PATH` of `go.mod`.
fn module(dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(dir.join("go.mod")).ok()?;
    let path = text.lines().find_map(|line| line.trim().strip_prefix("module ")).map(str::trim)?;
    let path = path.split("//").next().unwrap_or(path).trim().trim_matches(['"', '`']);
    (!path.is_empty()).then(|| path.to_owned())
}

/// What `go install ./...` calls the program: by its folder, or by the module, whose `/v2` doesn't count.
fn program(dir: &Path, module: &str) -> Option<String> {
    if has_main(dir) {
        let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        return module.split('/').rfind(|part| !part.is_empty() && !is_version(part)).map(str::to_owned);
    }
    let folders = std::fs::read_dir(dir.join("cmd")).into_iter().flatten().flatten();
    let mut programs = folders.filter(|entry| has_main(&entry.path())).map(|entry| entry.file_name());
    match (programs.next(), programs.next()) {
        (Some(only), None) => only.into_string().ok(),
        _ => None,
    }
}

fn has_main(dir: &Path) -> bool {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "go"));
    sources.any(|path| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.split_whitespace().take(2).eq(["package", "main"]))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::application::tests::folder;

    fn seen(files: &[(&str, &str)]) -> View {
        view(folder(files).path(), "hello")
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
        assert!(view.parts.ends_with("      bin/web: usr/local/bin/hello\n"), "{}", view.parts);
    }

    #[test]
    fn what_is_no_program_is_told() {
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
