//! Tests of the names of packages in the book: an author's Cargo finds them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs cargo")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The workspace's packages with the registries that they may be published to; `null` stands for any.
fn members() -> BTreeMap<String, Value> {
    let output = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), package["publish"].clone())).collect()
}

/// The packages that are published, by name.
fn published() -> Vec<String> {
    let on_registry = |publish: &Value| publish.as_array().is_some_and(|registries| registries == &["crates-io"]);
    members().into_iter().filter(|(_, publish)| on_registry(publish)).map(|(name, _)| name).collect()
}

/// The book's pages with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap().map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The names in `package = "…"`, and the words that begin with `webcharm-`.
fn named(page: &str) -> Vec<&str> {
    let declared = page.split("package = \"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    let words = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    declared.chain(words.filter(|word| word.starts_with("webcharm-"))).collect()
}

#[test]
fn each_package_that_the_book_names_is_published() {
    let published = published();
    let mut count = 0;
    for (path, page) in pages() {
        for name in named(&page) {
            assert!(
                published.iter().any(|package| package == name),
                "{}: {name} is none of {published:?}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 5, "the names are looked for in another form: {count}");
}

/// Cargo makes the archives of all published packages together, each with those it depends on: none needs a package of
/// the workspace that is not published.
#[test]
#[ignore = "asks the registry for every dependency"]
fn each_published_package_is_packed_for_the_registry() {
    let (published, target) = (published(), tempfile::tempdir().unwrap());
    let mut command = cargo(&["package", "--no-verify", "--allow-dirty", "--locked", "--target-dir"]);
    command.arg(target.path()).args(published.iter().flat_map(|name| ["--package", name]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in &published {
        let archive = Path::new("package").join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        assert!(target.path().join(&archive).is_file(), "{}", archive.display());
    }
}
