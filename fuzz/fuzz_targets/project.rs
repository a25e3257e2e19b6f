//! Project files: any text as each of them, read by `lint`, `pack`, `init` and package `rock`. No file is written
//! outside the project.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;

/// The files, whose texts are separated by NUL in the input.
const FILES: [&str; 9] = [
    "charmcraft.yaml",
    "rockcraft.yaml",
    "paas-config.yaml",
    "src/charm.py",
    "requirements.txt",
    "app.py",
    "package.json",
    "go.mod",
    "webcharm.yaml",
];

fuzz_target!(|text: &str| {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("project");
    fs::create_dir_all(project.join("src")).unwrap();
    for (file, text) in FILES.into_iter().zip(text.split('\0')) {
        fs::write(project.join(file), text).unwrap();
    }
    for finding in pack::lint(&project).into_iter().flatten() {
        assert!(!finding.to_string().contains(|character: char| character.is_control()));
    }
    if let Ok(charm) = pack::Charm::with_dispatch(&project, Vec::new()) {
        let names = charm.platforms.iter().map(|platform| platform.file_name(&charm.name));
        names.for_each(|name| assert!(!name.contains('/') && !name.starts_with('.')));
    }
    let _ = rock::Project::find(&project);
    if let Ok(written) = pack::init(&project, None) {
        assert!(written.written.iter().all(|path| path.starts_with(&project)));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
});
