//! Files: listing, reading, permissions. Writing is in `writing`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use pebble::types::{MakeDir, WriteFile};

use crate::case::{Case, case, case_with, held};
use crate::daemon::{Start, is_root};
use crate::raw;

/// Records a raw read with a normalized boundary.
fn read(case: &mut Case, query: &str, accept: &str) {
    let head = if accept.is_empty() { String::new() } else { format!("Accept: {accept}\r\n") };
    let mut answer = raw::request(&case.socket(), &format!("GET /v1/files?action=read{query}"), &head, b"");
    if let Some(boundary) = answer.kind.split_once("boundary=").map(|(_, boundary)| boundary.to_owned()) {
        answer.kind = answer.kind.replace(&boundary, "<boundary>");
        answer.body = String::from_utf8_lossy(&answer.body).replace(&boundary, "<boundary>").into_bytes();
    }
    case.heard(&format!("GET /v1/files?action=read{query}"), &answer);
}

/// Creates entries of every kind.
pub(crate) fn furnish(case: &Case) {
    fs::create_dir(case.path("d")).unwrap();
    fs::write(case.path("d/a.py"), "a").unwrap();
    fs::write(case.path("d/b.txt"), "").unwrap();
    fs::write(case.path("d/ü \"q\" \\.py"), "odd").unwrap();
    fs::create_dir(case.path("d/sub")).unwrap();
    fs::write(case.path("d/sub/deep"), "deep").unwrap();
    symlink("a.py", case.path("d/link")).unwrap();
    symlink("nowhere", case.path("d/dangling")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(case.path("d/sock")).unwrap());
    for (name, mode) in [
        ("d/a.py", 0o640),
        ("d/b.txt", 0o4755),
        ("d/sub", 0o1777),
        ("d", 0o755),
        ("d/ü \"q\" \\.py", 0o644),
        ("d/sub/deep", 0o600),
        ("d/sock", 0o755),
    ] {
        fs::set_permissions(case.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn listing() {
    case("files-list", |case| {
        furnish(case);
        let d = case.path("d");
        for query in [
            format!("path={d}"),
            format!("path={d}/"),
            format!("path={d}&itself=true"),
            format!("path={d}&pattern=*.py"),
            format!("path={d}&pattern=["),
            format!("path={d}&pattern=nothing*"),
            format!("path={d}&pattern=[a-l]*"),
            format!("path={d}&pattern=?.py"),
            format!("path={d}/a.py"),
            format!("path={d}/a.py&pattern=b*"),
            format!("path={d}/link"),
            format!("path={d}/dangling"),
            format!("path={d}/none"),
            format!("path={d}/a.py/none"),
            format!("path={d}/../d/sub"),
            "path=d".to_owned(),
            "path=".to_owned(),
            format!("path={d}&itself=nonsense"),
            format!("path={d}&itself=false"),
        ] {
            case.get(&format!("/v1/files?action=list&{query}"));
        }
        case.get("/v1/files");
        case.get(&format!("/v1/files?action=nonsense&path={d}"));
        let client = case.client();
        let device = client.list_files("/dev/null", None, false).unwrap();
        case.note("a device", (device[0].type_, device[0].size));
        case.typed("list_files", client.list_files(&d, Some("*.py"), false)).unwrap();
        assert!(
            case.typed("list_files none", client.list_files(&case.path("none"), None, false))
                .unwrap_err()
                .is_not_found()
        );
    });
}

#[test]
fn reading() {
    case("files-read", |case| {
        furnish(case);
        let d = case.path("d");
        const MULTIPART: &str = "multipart/form-data";
        for query in [
            format!("&path={d}/a.py"),
            format!("&path={d}/b.txt"),
            format!("&path={d}/link"),
            format!("&path={d}"),
            format!("&path={d}/none"),
            "&path=a.py".to_owned(),
            "&path=".to_owned(),
            String::new(),
            format!("&path={d}/a.py&path={d}/none&path={d}/sub/deep"),
            format!("&path={d}/%C3%BC%20%22q%22%20%5C.py"),
            format!("&path={d}/sock"),
        ] {
            read(case, &query, MULTIPART);
        }
        read(case, &format!("&path={d}/a.py"), "");
        read(case, &format!("&path={d}/a.py"), "*/*");
        let client = case.client();
        assert_eq!(client.read_file(&case.path("d/ü \"q\" \\.py"), 10).unwrap(), b"odd");
        assert_eq!(client.read_file(&case.path("d/b.txt"), 0).unwrap(), b"");
        for path in ["d/none", "d", "d/a.py/none"] {
            case.typed(path, client.read_file(&case.path(path), 10)).unwrap_err();
        }
        case.typed("too long", client.read_file(&case.path("d/sub/deep"), 3)).unwrap_err();
    });
}

#[test]
fn a_large_file_travels_both_ways() {
    case("files-large", |case| {
        let content: Vec<u8> = (0..8_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let client = case.client();
        client.write_file(&case.path("large"), &content[..], &WriteFile::default()).unwrap();
        assert!(fs::read(case.path("large")).unwrap() == content);
        let mut back = Vec::new();
        case.typed("length", client.read_file_to(&case.path("large"), &mut back)).unwrap();
        assert!(back == content);
        assert_eq!(client.requests(), 2);
    });
}

#[test]
fn what_is_not_allowed() {
    // Root has all permissions, so the daemon runs as another user.
    let user = is_root().then_some(65534);
    case_with("files-denied", Start { user, ..held() }, |case| {
        let make = case.client();
        make.write_file(
            &case.path("secret"),
            &b"x"[..],
            &WriteFile { permissions: Some(0o200), ..WriteFile::default() },
        )
        .unwrap();
        make.write_file(&case.path("shut/inner"), &b"x"[..], &WriteFile { make_dirs: true, ..WriteFile::default() })
            .unwrap();
        fs::set_permissions(case.path("shut"), fs::Permissions::from_mode(0o100)).unwrap();
        let client = case.client();
        case.typed("read", client.read_file(&case.path("secret"), 10)).unwrap_err();
        case.typed("list", client.list_files(&case.path("shut"), None, false)).unwrap_err();
        case.typed("write", client.write_file(&case.path("shut/new"), &b"x"[..], &WriteFile::default())).unwrap_err();
        case.typed("make", client.make_dir(&case.path("shut/new"), &MakeDir::default())).unwrap_err();
        case.typed("remove", client.remove(&case.path("shut/inner"), false)).unwrap_err();
        case.typed("remove all", client.remove(&case.path("shut"), true)).unwrap_err();
        case.typed(
            "give away",
            client.write_file(
                &case.path("gift"),
                &b"x"[..],
                &WriteFile { user_id: Some(1), group_id: Some(1), ..WriteFile::default() },
            ),
        )
        .unwrap_err();
        fs::set_permissions(case.path("shut"), fs::Permissions::from_mode(0o700)).unwrap();
    });
}
