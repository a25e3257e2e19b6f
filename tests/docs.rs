//! Tests and files that the documents name must exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::{repository, rust_sources};

/// All Rust sources of the repository as one text.
fn sources() -> String {
    rust_sources(repository()).iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Sources by their paths in the repository.
fn sources_by_path() -> BTreeMap<String, String> {
    let entry = |path: &PathBuf| {
        let name = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    rust_sources(repository()).iter().map(entry).collect()
}

/// Count of tests that a citation stands for: a function's name, after `path::` where several files have one of it.
fn cited(citation: &str, sources: &BTreeMap<String, String>) -> usize {
    let (file, name) = match citation.rsplit_once("::") {
        Some((file, name)) => (Some(file), name),
        None => (None, citation),
    };
    let text = format!("fn {name}()");
    let files = sources.iter().filter(|(path, _)| file.is_none_or(|file| file == path.as_str()));
    files.map(|(_, code)| code.matches(&text).count()).sum()
}

#[test]
fn a_citation_stands_for_the_tests_of_its_name_and_its_file() {
    let sources = [("a/b.rs", "fn one() {}\nfn two() {}"), ("c.rs", "fn two() {}")];
    let sources = sources.map(|(path, code)| (path.to_owned(), code.to_owned())).into();
    let count = |citation| cited(citation, &sources);
    assert_eq!([count("one"), count("two"), count("three")], [1, 2, 0]);
    assert_eq!([count("c.rs::two"), count("c.rs::one"), count("b.rs::one")], [1, 0, 0]);
}

#[test]
fn every_test_that_the_table_of_covered_behaviours_names_exists_once() {
    let table = fs::read_to_string(repository().join("docs/covered.md")).unwrap();
    let code = sources_by_path();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| S")).collect();
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap();
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test in {row}");
        for name in names {
            assert_eq!(
                cited(name, &code),
                1,
                "count of tests {name}, which needs `path::` before it if there are several: {row}"
            );
        }
    }
}

#[test]
fn every_test_that_holds_a_promise_of_security_md_exists() {
    let document = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let code = sources();
    let quoted = document.split('`').skip(1).step_by(2);
    // A test's name has three words or more; files, commands and keys have fewer words or other characters.
    let is_test = |text: &&str| {
        text.matches('_').count() > 1
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte))
    };
    let names: Vec<_> = quoted.filter(is_test).collect();
    assert!(names.len() > 40, "{names:?}");
    // A property test has arguments.
    let missing: Vec<_> = names.into_iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_line_of_the_compatibility_page_names_a_test_that_exists() {
    let page = fs::read_to_string(repository().join("docs/compatibility.md")).unwrap();
    let code = sources() + &fs::read_to_string(repository().join("rock/django/guestbook/book/tests.py")).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.ends_with("| test |");
    let rows: Vec<_> = page.lines().filter(is_row).collect();
    assert!(rows.len() > 45, "{} rows", rows.len());
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(tests == "same" || !names.is_empty(), "no test in {row}");
        for name in names {
            let is_there = code.contains(&format!("fn {name}(")) || code.contains(&format!("def {name}("));
            assert!(is_there, "no test {name}, named by {row}");
        }
    }
}

#[test]
fn every_file_that_a_document_links_to_exists() {
    for document in [
        "README.md",
        "SECURITY.md",
        "docs/add-a-framework.md",
        "docs/architecture.md",
        "docs/covered.md",
        "docs/options.md",
        "docs/pack.md",
        "docs/compatibility.md",
        "docs/from-python.md",
        "docs/integrations.md",
        "docs/webcharm-yaml.md",
    ] {
        let path = repository().join(document);
        let text = fs::read_to_string(&path).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            assert!(path.parent().unwrap().join(file).exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn every_webcharm_yaml_of_the_documents_is_read() {
    for document in ["docs/from-python.md", "docs/webcharm-yaml.md"] {
        let text = fs::read_to_string(repository().join(document)).unwrap();
        let blocks: Vec<_> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty(), "{document}");
        for block in blocks {
            webcharm::charm_spec::Switches::parse(block.as_bytes())
                .unwrap_or_else(|wrong| panic!("{document}: {wrong}"));
        }
    }
}
