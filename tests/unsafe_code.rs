//! Unsafe code is in few files, each with its reasons in SECURITY.md.

use std::fs;

use crate::support::{repository, rust_sources};

/// Paths of the files that may have unsafe code.
const ALLOWED: [&str; 2] = ["pebble/supervisor/src/process.rs", "playground/src/pod/namespace.rs"];

/// True if the code has the word `unsafe`, outside of comments, texts and longer names such as `unsafe_code`.
fn has_unsafe(source: &str) -> bool {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let in_code = |line: &str| {
        let plain = line.replace("\\\"", "").split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        plain.split(|character| !is_part(character)).any(|word| word == "unsafe")
    };
    code.into_iter().any(in_code)
}

#[test]
fn unsafe_code_is_only_where_security_md_gives_reasons() {
    let all = rust_sources(repository());
    assert!(all.len() > 300, "{} sources", all.len());
    let found = all.iter().filter(|path| has_unsafe(&fs::read_to_string(path).unwrap()));
    let found: Vec<_> = found.map(|path| path.strip_prefix(repository()).unwrap().to_str().unwrap()).collect();
    assert_eq!(found, ALLOWED);
    let document = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let (_, table) = document.split_once("## Unsafe code").unwrap();
    let rows: Vec<_> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(rows, ALLOWED);
}

#[test]
fn the_word_counts_in_code_alone() {
    for (source, expected) in [
        ("let x = unsafe { f() };", true),
        ("unsafe impl Send for X {}", true),
        ("#[unsafe(no_mangle)]", true),
        ("pub unsafe fn f() {}", true),
        ("// unsafe", false),
        ("#![allow(unsafe_code, reason = \"unsafe for a flag\")]", false),
        ("let unsafely = \"unsafe\";", false),
    ] {
        assert_eq!(has_unsafe(source), expected, "{source}");
    }
}
