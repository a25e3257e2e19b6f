use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use super::*;

/// A folder `in` that has links, a FIFO and a socket, beside a file `secret`.
fn sample() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("in");
    fs::create_dir_all(inside.join("a/b")).unwrap();
    fs::write(dir.path().join("secret"), "secret").unwrap();
    fs::write(inside.join("a/b/f"), "text").unwrap();
    symlink("../secret", inside.join("file-link")).unwrap();
    symlink("a", inside.join("inner-link")).unwrap();
    symlink("..", inside.join("folder-link")).unwrap();
    sys::mkfifoat(sys::CWD, inside.join("fifo"), Mode::from_raw_mode(0o600)).unwrap();
    let folder = Folder::open(&inside).unwrap();
    (dir, folder)
}

#[test]
fn files_inside_are_read_and_written() {
    let (dir, folder) = sample();
    assert_eq!(folder.text("a/b/f").unwrap().as_deref(), Some("text"));
    assert_eq!(folder.text("./a/none/f").unwrap(), None);
    assert_eq!(folder.text("a/b/f/below").unwrap(), None);
    let names: Vec<_> =
        folder.entries("").unwrap().into_iter().map(|(name, kind)| (name.into_string().unwrap(), kind)).collect();
    let expected =
        [("a", Kind::Folder), ("fifo", Kind::Other("a FIFO")), ("file-link", Kind::Link), ("folder-link", Kind::Link)];
    assert_eq!(names[..4], expected.map(|(name, kind)| (name.to_owned(), kind)));
    assert_eq!(folder.entries("none").unwrap(), []);
    folder.create("x/y/z").unwrap().write_all(b"1").unwrap();
    folder.write("x/y/z", b"2").unwrap();
    folder.link("x/l", "/etc/passwd").unwrap();
    folder.make("x/m/n").unwrap();
    folder.set_mode("x/y/z", 0o750).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("in/x/y/z")).unwrap(), "2");
    assert_eq!(folder.target("x/l").unwrap(), Path::new("/etc/passwd"));
    assert_eq!(folder.kind("x/m/n").unwrap(), Some(Kind::Folder));
    assert_eq!(folder.folder("a").unwrap().text("b/f").unwrap().as_deref(), Some("text"));
}

#[test]
fn no_path_leads_out() {
    let (dir, folder) = sample();
    for path in ["../secret", "a/../../secret", "/etc/passwd", "a/b/../../../secret"] {
        let told = |error: Error| assert!(error.to_string().contains("leads out of"), "{path}: {error}");
        told(folder.text(path).unwrap_err());
        told(folder.has_file(path).unwrap_err());
        told(folder.entries(path).unwrap_err());
        told(folder.folder(path).unwrap_err());
        told(folder.create(path).unwrap_err());
        told(folder.write(path, b"x").unwrap_err());
        told(folder.link(path, "x").unwrap_err());
        told(folder.make(path).unwrap_err());
        told(folder.set_mode(path, 0o777).unwrap_err());
    }
    assert_eq!(fs::read_to_string(dir.path().join("secret")).unwrap(), "secret");
}

#[test]
fn no_link_is_followed() {
    let (dir, folder) = sample();
    for path in ["file-link", "inner-link/b/f", "folder-link/secret", "folder-link/new"] {
        let told = |error: Error| assert!(error.to_string().contains("-link is a symbolic link"), "{path}: {error}");
        told(folder.text(path).unwrap_err());
        told(folder.has_file(path).unwrap_err());
        told(folder.write(path, b"x").unwrap_err());
    }
    assert!(matches!(folder.create("folder-link/new"), Err(Error::Link(_))));
    assert!(matches!(folder.link("folder-link/new", "x"), Err(Error::Link(_))));
    assert!(matches!(folder.make("folder-link/new"), Err(Error::Link(_))));
    assert!(matches!(folder.folder("inner-link"), Err(Error::Link(_))));
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["in", "secret"], "nothing was written outside");
    assert_eq!(fs::read_to_string(dir.path().join("secret")).unwrap(), "secret");
}

#[test]
fn a_fifo_is_refused_by_name_and_not_waited_for() {
    let (_dir, folder) = sample();
    let fifo = folder.place("fifo");
    for error in [
        folder.text("fifo").unwrap_err(),
        folder.has_file("fifo").unwrap_err(),
        folder.write("fifo", b"x").unwrap_err(),
        open(&fifo).unwrap_err(),
        read(&fifo, 1).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("{} is a FIFO, not a file", fifo.display()));
    }
    assert_eq!(open(Path::new("/dev/null")).unwrap_err().to_string(), "/dev/null is a device, not a file");
    assert_eq!(
        folder.text("a").unwrap_err().to_string(),
        format!("{} is a folder, not a file", folder.place("a").display())
    );
    let socket = folder.place("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(folder.text("socket").unwrap_err().to_string(), format!("{} is a socket, not a file", socket.display()));
}

#[test]
fn sizes_and_depths_are_bounded() {
    let (_dir, folder) = sample();
    folder.create("large").unwrap().set_len(TEXT + 1).unwrap();
    assert!(folder.text("large").unwrap_err().to_string().contains("is larger than 1048576 bytes"));
    // A file of /proc, whose size reads as 0.
    let endless = read(Path::new("/proc/self/mountinfo"), 4).unwrap_err();
    assert!(matches!(endless, Error::Large { limit: 4, .. }), "{endless}");
    let deep = "d/".repeat(129);
    assert!(folder.make(&deep).unwrap_err().to_string().contains("more than 128 folders deep"));
    folder.make("d/".repeat(128)).unwrap();
}
