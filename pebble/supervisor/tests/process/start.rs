//! The folder that a daemon copies at its start. Other starts are in the suite of `webcharm-pebble`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::daemon::{Daemon, prefixed};

const SLEEPER: &str = "services:\n  web:\n    override: replace\n    command: sleep 1000\n    startup: enabled\n";

#[test]
fn a_copied_folder_has_the_modes_of_new_files() {
    use std::os::unix::fs::symlink;
    let parent = tempfile::tempdir().unwrap();
    let [source, target] = ["source", "target"].map(|name| parent.path().join(name));
    fs::create_dir_all(source.join("layers")).unwrap();
    fs::write(source.join("layers/001-test.yaml"), SLEEPER).unwrap();
    symlink("/nope", source.join("link")).unwrap();
    for (path, mode) in [("layers/001-test.yaml", 0o600), ("layers", 0o700)] {
        fs::set_permissions(source.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(source.join("run"), "").unwrap();
    fs::set_permissions(source.join("run"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::create_dir(&target).unwrap();
    let umask = ["sh", "-c", "umask 027; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_pebble")];
    let mut command = prefixed(&umask, parent.path(), &["--hold"]);
    command
        .env("PEBBLE", &target)
        .env("PEBBLE_COPY_ONCE", &source)
        .env("PEBBLE_SOCKET", parent.path().join(".pebble.socket"));
    let mut daemon = Daemon::spawn(parent, command);
    assert_eq!(daemon.client().services(&[]).unwrap().len(), 1);
    let mode = |path: &str| fs::symlink_metadata(target.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["layers", "layers/001-test.yaml", "run"].map(mode), [0o750, 0o640, 0o750]);
    assert_eq!(fs::read_link(target.join("link")).unwrap(), Path::new("/nope"));
    assert_eq!(daemon.stop().code(), Some(0));
}
