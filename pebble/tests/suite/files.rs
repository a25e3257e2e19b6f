//! Files: reading, writing, listing, making, removing.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use pebble::types::{MakeDir, WriteFile};
use serde_json::json;

use crate::case::{Case, case, case_with, held};
use crate::daemon::{Start, is_root};
use crate::raw;

/// Records a read by hand, with the boundary made nameless.
fn read(case: &mut Case, query: &str, accept: &str) {
    let head = if accept.is_empty() { String::new() } else { format!("Accept: {accept}\r\n") };
    let mut answer = raw::request(&case.socket(), &format!("GET /v1/files?action=read{query}"), &head, b"");
    if let Some(boundary) = answer.kind.split_once("boundary=").map(|(_, boundary)| boundary.to_owned()) {
        answer.kind = answer.kind.replace(&boundary, "<boundary>");
        answer.body = String::from_utf8_lossy(&answer.body).replace(&boundary, "<boundary>").into_bytes();
    }
    case.heard(&format!("GET /v1/files?action=read{query}"), &answer);
}

/// A few entries of every kind.
fn furnish(case: &Case) {
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
fn writing() {
    case("files-write", |case| {
        let client = case.client();
        let plain = WriteFile::default();
        case.typed("new", client.write_file(&case.path("new"), &b"one"[..], &plain)).unwrap();
        case.typed(
            "again",
            client.write_file(&case.path("new"), &b"two"[..], &WriteFile { permissions: Some(0o600), ..plain.clone() }),
        )
        .unwrap();
        case.typed("no parents", client.write_file(&case.path("a/b/c"), &b"x"[..], &plain)).unwrap_err();
        case.typed(
            "parents",
            client.write_file(&case.path("a/b/c"), &b""[..], &WriteFile { make_dirs: true, ..plain.clone() }),
        )
        .unwrap();
        case.typed("over a directory", client.write_file(&case.path("a"), &b"x"[..], &plain)).unwrap_err();
        case.typed(
            "under a file",
            client.write_file(&case.path("new/x"), &b"x"[..], &WriteFile { make_dirs: true, ..plain.clone() }),
        )
        .unwrap_err();
        case.typed("relative", client.write_file("new", &b"x"[..], &plain)).unwrap_err();
        case.typed(
            "four digits",
            client.write_file(&case.path("new"), &b"x"[..], &WriteFile { permissions: Some(0o1777), ..plain.clone() }),
        )
        .unwrap_err();
        case.typed(
            "unknown user",
            client.write_file(
                &case.path("new"),
                &b"x"[..],
                &WriteFile { user: Some("no-such-user".to_owned()), group: Some("root".to_owned()), ..plain.clone() },
            ),
        )
        .unwrap_err();
        case.typed(
            "unknown group",
            client.write_file(
                &case.path("new"),
                &b"x"[..],
                &WriteFile { user: Some("root".to_owned()), group: Some("no-such-group".to_owned()), ..plain.clone() },
            ),
        )
        .unwrap_err();
        case.typed(
            "group alone",
            client.write_file(
                &case.path("new"),
                &b"x"[..],
                &WriteFile { group: Some("root".to_owned()), ..plain.clone() },
            ),
        )
        .unwrap_err();
        symlink("new", case.path("link")).unwrap();
        case.typed("over a link", client.write_file(&case.path("link"), &b"three"[..], &plain)).unwrap();
        case.typed("odd", client.write_file(&case.path("ü \"q\" \\"), &b"odd"[..], &plain)).unwrap();
        for name in ["", "a", "a/b"] {
            case.get(&format!("/v1/files?action=list&pattern=[^.ls]*&path={}", case.path(name)));
        }
        for name in ["new", "link", "ü \"q\" \\"] {
            let text = fs::read_to_string(case.path(name)).unwrap();
            case.note(name, text);
        }
        case.note("the link is one still", fs::symlink_metadata(case.path("link")).unwrap().is_symlink());
    });
}

#[test]
fn writing_by_hand() {
    case("files-write-raw", |case| {
        let long = "b".repeat(40);
        let part = |name: &str, body: &str| {
            format!("--{long}\r\nContent-Disposition: form-data; name={name}\r\n\r\n{body}\r\n")
        };
        let (one, two) = (case.path("one"), case.path("two"));
        let meta =
            |files: serde_json::Value| part("\"request\"", &json!({"action": "write", "files": files}).to_string());
        let file = |path: &str, body: &str| part(&format!("\"files\"; filename=\"{path}\""), body);
        let end = format!("--{long}--\r\n");
        let bodies = [
            (
                "two files",
                meta(json!([{"path": one}, {"path": two, "permissions": "600"}]))
                    + &file(&one, "1")
                    + &file(&two, "2")
                    + &end,
            ),
            ("one of two", meta(json!([{"path": one}, {"path": two}])) + &file(&one, "1") + &end),
            ("no metadata", file(&one, "1") + &end),
            ("none named", meta(json!([])) + &end),
            ("another", meta(json!([{"path": one}])) + &file(&two, "2") + &end),
            ("bad digits", meta(json!([{"path": one, "permissions": "9"}])) + &file(&one, "1") + &end),
            ("no end", meta(json!([{"path": one}])) + &file(&one, "cut")),
            ("wrong field", meta(json!([{"path": one}])) + &part("\"other\"; filename=\"x\"", "1") + &end),
            ("wrong action", part("\"request\"", r#"{"action":"remove"}"#) + &end),
            ("no JSON", part("\"request\"", "{") + &end),
            ("nothing", String::new()),
        ];
        let kind = format!("Content-Type: multipart/form-data; boundary={long}\r\n");
        for (what, body) in bodies {
            let answer = raw::request(&case.socket(), "POST /v1/files", &kind, body.as_bytes());
            case.heard(what, &answer);
        }
        for kind in ["multipart/form-data; boundary=short", "multipart/form-data", "text/plain", "nonsense/", ""] {
            let answer = raw::request(&case.socket(), "POST /v1/files", &format!("Content-Type: {kind}\r\n"), b"{}");
            case.heard(&format!("POST /v1/files as {kind:?}"), &answer);
        }
        case.post("/v1/files", &json!({"action": "write"}));
        case.post("/v1/files", &json!({"action": "nonsense"}));
        case.post_text("/v1/files", "{");
        case.note("one", fs::read_to_string(&one).unwrap());
    });
}

#[test]
fn making_directories() {
    case("files-make-dirs", |case| {
        let client = case.client();
        let plain = MakeDir::default();
        let parents = MakeDir { make_parents: true, ..MakeDir::default() };
        case.typed("new", client.make_dir(&case.path("d"), &plain)).unwrap();
        case.typed("again", client.make_dir(&case.path("d"), &plain)).unwrap_err();
        case.typed("again with parents", client.make_dir(&case.path("d"), &parents)).unwrap();
        case.typed("no parents", client.make_dir(&case.path("d/e/f"), &plain)).unwrap_err();
        case.typed(
            "parents",
            client.make_dir(&case.path("d/e/f"), &MakeDir { permissions: Some(0o700), ..parents.clone() }),
        )
        .unwrap();
        fs::write(case.path("file"), "").unwrap();
        case.typed("over a file", client.make_dir(&case.path("file"), &parents)).unwrap_err();
        case.typed("under a file", client.make_dir(&case.path("file/x"), &parents)).unwrap_err();
        case.typed("relative", client.make_dir("d", &parents)).unwrap_err();
        case.typed("wide", client.make_dir(&case.path("wide"), &MakeDir { permissions: Some(0o777), ..plain.clone() }))
            .unwrap();
        case.typed(
            "no such user",
            client.make_dir(&case.path("x"), &MakeDir { user: Some("no-such-user".to_owned()), ..plain.clone() }),
        )
        .unwrap_err();
        for name in ["d", "d/e", "d/e/f", "wide"] {
            case.get(&format!("/v1/files?action=list&itself=true&path={}", case.path(name)));
        }
        let dirs = json!([{"path": case.path("p")}, {"path": case.path("p/q/r")}, {"path": case.path("s"), "permissions": "x"}, {"path": case.path("t"), "make-parents": true}]);
        case.post("/v1/files", &json!({"action": "make-dirs", "dirs": dirs}));
        case.post("/v1/files", &json!({"action": "make-dirs"}));
    });
}

#[test]
fn removing() {
    case("files-remove", |case| {
        furnish(case);
        let client = case.client();
        case.typed("file", client.remove(&case.path("d/b.txt"), false)).unwrap();
        case.typed("file again", client.remove(&case.path("d/b.txt"), false)).unwrap_err();
        case.typed("file again, recursively", client.remove(&case.path("d/b.txt"), true)).unwrap();
        case.typed("link", client.remove(&case.path("d/link"), true)).unwrap();
        case.typed("full directory", client.remove(&case.path("d"), false)).unwrap_err();
        case.typed("relative", client.remove("d", true)).unwrap_err();
        case.note("the link's target", fs::read_to_string(case.path("d/a.py")).unwrap());
        case.typed("directory", client.remove(&case.path("d"), true)).unwrap();
        fs::create_dir(case.path("empty")).unwrap();
        case.typed("empty directory", client.remove(&case.path("empty"), false)).unwrap();
        let paths = json!([{"path": case.path("x")}, {"path": "y"}, {"path": case.path("z"), "recursive": true}]);
        case.post("/v1/files", &json!({"action": "remove", "paths": paths}));
        case.post("/v1/files", &json!({"action": "remove"}));
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
    // Root may do everything, so it has the daemon run as somebody else.
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

#[test]
fn files_belong_to_whom_they_should() {
    if !is_root() {
        return println!("left out: only root can give files away");
    }
    case("files-owners", |case| {
        let client = case.client();
        let name = WriteFile {
            make_dirs: true,
            user: Some("nobody".to_owned()),
            group: Some("nogroup".to_owned()),
            ..WriteFile::default()
        };
        case.typed("by name", client.write_file(&case.path("a/b/name"), &b"x"[..], &name)).unwrap();
        let number = WriteFile { user_id: Some(65534), group_id: Some(65534), ..WriteFile::default() };
        case.typed("by number", client.write_file(&case.path("number"), &b"x"[..], &number)).unwrap();
        let alone = WriteFile { user: Some("nobody".to_owned()), ..WriteFile::default() };
        case.typed("user alone", client.write_file(&case.path("alone"), &b"x"[..], &alone)).unwrap();
        let torn = WriteFile {
            user: Some("nobody".to_owned()),
            user_id: Some(1),
            group: Some("nogroup".to_owned()),
            ..WriteFile::default()
        };
        case.typed("torn", client.write_file(&case.path("torn"), &b"x"[..], &torn)).unwrap_err();
        case.typed("kept", client.write_file(&case.path("number"), &b"y"[..], &WriteFile::default())).unwrap();
        let dir = MakeDir { make_parents: true, user_id: Some(65534), group_id: Some(65534), ..MakeDir::default() };
        case.typed("directories", client.make_dir(&case.path("d/e"), &dir)).unwrap();
        for name in ["a", "a/b", "a/b/name", "number", "alone", "d", "d/e"] {
            let about = fs::metadata(case.path(name)).unwrap();
            case.note(name, format!("{} {} {:o}", about.uid(), about.gid(), about.mode() & 0o7777));
        }
    });
}
