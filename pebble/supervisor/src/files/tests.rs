use std::os::unix::fs::symlink;

use pebble::types::WriteItem;
use tempfile::{TempDir, tempdir};

use super::draft::Draft;
use super::*;

fn folder() -> (TempDir, String) {
    let folder = tempdir().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

fn directory(path: String, make_parents: bool, permissions: &str) -> DirItem {
    DirItem { path, make_parents, permissions: permissions.to_owned(), ..DirItem::default() }
}

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> (String, &'static str) {
    let error = result.unwrap_err();
    (error.to_string(), error.kind().0)
}

async fn write(item: &WriteItem, contents: &[u8]) -> Result<(), Error> {
    let mut draft = Draft::create(item)?;
    draft.write(contents)?;
    draft.finish().await
}

fn item(path: String) -> WriteItem {
    WriteItem { path, ..WriteItem::default() }
}

#[test]
fn lists_a_directory_by_name_without_following_links() {
    let (_guard, path) = folder();
    fs::write(format!("{path}/b.txt"), "four").unwrap();
    fs::create_dir(format!("{path}/a")).unwrap();
    symlink("nowhere", format!("{path}/c")).unwrap();
    let infos = list(&path, "", false).unwrap();
    let shown: Vec<_> = infos.iter().map(|info| (info.name.as_str(), info.type_, info.size)).collect();
    let expected =
        [("a", FileType::Directory, None), ("b.txt", FileType::File, Some(4)), ("c", FileType::Symlink, None)];
    assert_eq!(shown, expected);
    assert_eq!(list(&path, "*.txt", false).unwrap()[0].path, format!("{path}/b.txt"));
    assert_eq!(list(&path, "", true).unwrap()[0].path, path);
    let name = path.rsplit('/').next().unwrap();
    assert_eq!(list(&format!("{path}//"), "", true).unwrap()[0].path, format!("{path}/{name}"), "as Pebble");
    assert_eq!(message(list(&path, "[", false)), ("syntax error in pattern".to_owned(), "generic-file-error"));
}

#[test]
fn the_root_is_called_slash() {
    let infos = list("/", "", true).unwrap();
    assert_eq!((infos[0].path.as_str(), infos[0].name.as_str()), ("/", "/"));
}

#[test]
fn tells_what_is_missing_in_pebbles_words() {
    let (_guard, path) = folder();
    assert_eq!(message(open("a")), ("paths must be absolute, got \"a\"".to_owned(), "generic-file-error"));
    assert_eq!(message(open("/nope")), ("stat /nope: no such file or directory".to_owned(), "not-found"));
    assert_eq!(message(open(&path)), (format!("can only read a regular file: {path:?}"), "generic-file-error"));
    let missing = format!("{path}/a/b");
    let expected = (format!("mkdir {missing}.mkdir-new: no such file or directory"), "not-found");
    assert_eq!(message(make_directory(&directory(missing, false, ""))), expected);
    let expected = (format!("mkdir {path}: file exists"), "generic-file-error");
    assert_eq!(message(make_directory(&directory(path, false, ""))), expected);
}

#[test]
fn makes_directories_with_their_mode() {
    let (_guard, path) = folder();
    make_directory(&directory(format!("{path}/a/b"), true, "750")).unwrap();
    make_directory(&directory(format!("{path}/a/b"), true, "700")).unwrap();
    for name in ["a", "a/b"] {
        assert_eq!(fs::metadata(format!("{path}/{name}")).unwrap().mode() & 0o777, 0o750, "{name}");
    }
    for wrong in ["7", "0755", "8xx", "+75"] {
        assert!(matches!(make_directory(&directory(format!("{path}/c"), false, wrong)), Err(Error::Permissions(_))));
    }
}

#[test]
fn removes_only_what_it_is_told_to() {
    let (_guard, path) = folder();
    fs::create_dir_all(format!("{path}/a/b")).unwrap();
    let full = format!("{path}/a");
    let expected = (format!("remove {full}: directory not empty"), "generic-file-error");
    assert_eq!(message(remove(&full, false)), expected);
    remove(&full, true).unwrap();
    remove(&full, true).unwrap();
    assert_eq!(message(remove(&full, false)), (format!("remove {full}: no such file or directory"), "not-found"));
}

/// Queries only: `tests/process/root.rs` removes, in a root directory of its own.
#[test]
fn the_root_is_known_by_any_path() {
    let (_guard, path) = folder();
    symlink("/", format!("{path}/link")).unwrap();
    for root in
        ["/", "//", "/.", "/..", "/../", "/tmp/..", "/tmp/./../.", &format!("{path}/link/"), &format!("{path}/link/.")]
    {
        assert!(is_root(Path::new(root)), "{root}");
    }
    for other in ["/tmp", "/no/such", &path, &format!("{path}/link"), &format!("{path}/..")] {
        assert!(!is_root(Path::new(other)), "{other}");
    }
}

#[tokio::test]
async fn writes_whole_files_or_none() {
    let (_guard, path) = folder();
    let target = format!("{path}/new/file");
    assert_eq!(message(write(&item(target.clone()), b"").await).1, "not-found");
    let item = WriteItem { make_dirs: true, permissions: "600".to_owned(), ..self::item(target.clone()) };
    write(&item, b"contents").await.unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"contents");
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o600);
    drop(Draft::create(&self::item(target)).unwrap());
    assert_eq!(fs::read_dir(format!("{path}/new")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_link_is_replaced_and_not_followed() {
    let (_guard, path) = folder();
    fs::write(format!("{path}/old"), "old").unwrap();
    symlink("old", format!("{path}/link")).unwrap();
    write(&item(format!("{path}/link")), b"new").await.unwrap();
    assert_eq!(fs::read(format!("{path}/old")).unwrap(), b"old");
    assert!(fs::symlink_metadata(format!("{path}/link")).unwrap().is_file());
}

#[tokio::test]
async fn unknown_owners_are_refused_before_anything_is_made() {
    let (_guard, path) = folder();
    let item = WriteItem { user: "no-such-user".to_owned(), make_dirs: true, ..self::item(format!("{path}/a/b")) };
    let expected = "cannot look up user and group: user: unknown user no-such-user";
    assert_eq!(message(write(&item, b"").await).0, expected);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
}
