//! The rules of a part, one in a line: `FROM\tTO` for `organize`, `+RULE` for `stage`, `=RULE` for `prime`, any other
//! line for the source. No file is written outside the image.

#![no_main]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pack::folder::Folder;
use rock::project::Part;

fn part(text: &str) -> Part {
    let mut part = Part::default();
    for line in text.lines() {
        if let Some((from, to)) = line.split_once('\t') {
            part.organize.insert(from.to_owned(), to.to_owned());
        } else if let Some(rule) = line.strip_prefix('+') {
            part.stage.push(rule.to_owned());
        } else if let Some(rule) = line.strip_prefix('=') {
            part.prime.push(rule.to_owned());
        } else {
            part.source = Some(line.to_owned());
        }
    }
    part
}

fuzz_target!(|text: &str| {
    let dir = tempfile::tempdir().unwrap();
    let (source, image) = (dir.path().join("source"), dir.path().join("image"));
    for file in ["a", "b.py", "d/aaaaaaaaaaaaaaaaaaaaaaaa", "d/e/f.jar", ".hidden"] {
        fs::create_dir_all(source.join(file).parent().unwrap()).unwrap();
        fs::write(source.join(file), file).unwrap();
    }
    fs::create_dir(&image).unwrap();
    symlink("..", image.join("up")).unwrap();
    let part = part(text);
    if let Ok(source) = rock::tree::source(&source, &part) {
        let _ = rock::tree::lay(&source, Path::new(""), &part, &Folder::open(&image).unwrap());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    assert_eq!(fs::read_to_string(source.join("a")).unwrap(), "a");
});
