//! Requirements that refer to each other: three files, their texts separated by NUL. Each file is read once, and no
//! file outside the project.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use pack::folder::Folder;
use rock::cache::Key;

fuzz_target!(|text: &str| {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in ["requirements.txt", "a.txt", "pyproject.toml"].into_iter().zip(text.split('\0')) {
        fs::write(dir.path().join(file), text).unwrap();
    }
    let folder = Folder::open(dir.path()).unwrap();
    let _ = pack::python::requires(&folder, "flask").unwrap();
    let _ = rock::python::requirements(&folder, &["requirements.txt".to_owned()], Key::new());
});
