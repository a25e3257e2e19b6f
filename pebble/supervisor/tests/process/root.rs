//! A root directory of the daemon's own, for tests that send random paths; and tests that the daemon never removes its
//! root.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use pebble::Error;
use pebble::types::WriteFile;

use crate::daemon::{Daemon, folder, prefixed};

/// Programs that services and commands of these tests run.
const PROGRAMS: [&str; 5] = ["cat", "false", "sh", "sleep", "true"];

/// Starts a daemon whose root directory is its own folder. Prints a note and returns `None` where the machine forbids
/// it.
pub(crate) fn start(layer: &str, arguments: &[&str]) -> Option<Daemon> {
    start_program(Path::new(env!("CARGO_BIN_EXE_pebble")), layer, arguments)
}

/// [`start`] with another daemon's program.
pub(crate) fn start_program(program: &Path, layer: &str, arguments: &[&str]) -> Option<Daemon> {
    let folder = folder(layer);
    let root = folder.path();
    copy(program, root, Path::new("/pebble"));
    for program in PROGRAMS {
        copy(&program_path(program), root, &Path::new("/bin").join(program));
    }
    for (name, text) in [
        ("dev/null", ""),
        ("etc/passwd", "root:x:0:0::/:\napp:x:1234:1235::/tmp:\n"),
        ("etc/group", "root:x:0:\napp:x:1235:\n"),
        ("proc/sys/kernel/random/boot_id", "boot\n"),
        ("etc/hosts", "127.0.0.1 localhost\n"),
        ("tmp/file", ""),
    ] {
        place(root, Path::new(name), |to| fs::write(to, text).unwrap());
    }
    let inside = |program: &'static str| {
        let root = root.to_str().unwrap().to_owned();
        if rustix::process::geteuid().is_root() {
            vec!["chroot".to_owned(), root, program.to_owned()]
        } else {
            let words = ["unshare", "--user", "--map-root-user", "--root"].map(str::to_owned);
            words.into_iter().chain([root, program.to_owned()]).collect()
        }
    };
    let trial = inside("/bin/true");
    let is_allowed = Command::new(&trial[0]).args(&trial[1..]).output().is_ok_and(|output| output.status.success());
    if !testkit::needs(is_allowed, "a root directory of its own (chroot or user namespaces)") {
        return None;
    }
    let words = inside("/pebble");
    let mut command = prefixed(&words.iter().map(String::as_str).collect::<Vec<_>>(), root, arguments);
    command.env_clear().env("PEBBLE", "/").env("HOME", "/").env("PATH", "/usr/sbin:/usr/bin:/bin");
    Some(Daemon::spawn(folder, command))
}

fn program_path(name: &str) -> PathBuf {
    ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name)).into_iter().find(|path| path.exists()).unwrap()
}

/// Copies a program with the libraries that `ldd` names, each to its own path.
fn copy(program: &Path, root: &Path, to: &Path) {
    let copy = |from: &Path, to: &Path| {
        place(root, to.strip_prefix("/").unwrap(), |to| assert_ne!(fs::copy(from, to).unwrap(), 0));
    };
    copy(program, to);
    // Some versions of `ldd` fail for a static program.
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for library in
        text.split_whitespace().filter(|word| word.starts_with('/')).map(|word| Path::new(word.trim_end_matches(':')))
    {
        copy(library, library);
    }
}

fn place(root: &Path, name: &Path, make: impl FnOnce(&Path)) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if !path.exists() {
        make(&path);
    }
}

fn names(root: &Path) -> BTreeSet<String> {
    fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_root_directory_is_never_removed() {
    let Some(daemon) = start("", &[]) else { return };
    let root = daemon.folder.path();
    symlink("/", root.join("link")).unwrap();
    let before = names(root);
    assert!(before.is_superset(&["bin", "link", "pebble", "tmp"].map(str::to_owned).into()), "{before:?}");
    for path in [
        "/",
        "//",
        "/.",
        "/..",
        "/../",
        "/../..",
        "/tmp/..",
        "/tmp/../",
        "/tmp/../.",
        "/link/",
        "/link/.",
        "/link/tmp/..",
    ] {
        for recursive in [false, true] {
            let error = daemon.client().remove(path, recursive).unwrap_err();
            let expected = format!("cannot remove {path:?}: it is the root directory; name what to remove in it");
            assert!(matches!(&error, Error::Path { message, .. } if *message == expected), "{path}: {error:?}");
            assert_eq!(names(root), before, "{path}");
        }
    }
    // Its contents are removed, and of a link to it only the link.
    daemon.client().remove("/tmp", true).unwrap();
    daemon.client().remove("/link", true).unwrap();
    let rest = before.into_iter().filter(|name| name != "tmp" && name != "link").collect::<BTreeSet<_>>();
    assert_eq!(names(root), rest);
}

#[test]
fn nothing_is_written_over_the_root_directory() {
    let Some(daemon) = start("", &[]) else { return };
    let root = daemon.folder.path();
    let before = names(root);
    for path in ["/", "//", "/tmp/../", "/tmp/"] {
        daemon
            .client()
            .write_file(path, &b"x"[..], &WriteFile { make_dirs: true, ..WriteFile::default() })
            .unwrap_err();
        daemon.client().make_dir(path, &Default::default()).unwrap_err();
        assert_eq!(names(root), before, "{path}");
        assert_eq!(names(&root.join("tmp")), ["file".to_owned()].into(), "{path}");
    }
}
