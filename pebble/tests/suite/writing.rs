//! Files: writing, making directories, removing.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixStream;

use pebble::types::{MakeDir, WriteFile};
use serde_json::json;

use crate::case::{Case, case, held};
use crate::daemon::{Daemon, until};
use crate::files::furnish;
use crate::raw;

/// Writes a file in the case's folder, and records the result.
fn write(case: &mut Case, what: &str, name: &str, text: &str, options: &WriteFile) {
    let written = case.client().write_file(&case.path(name), text.as_bytes(), options);
    case.typed(what, written).ok();
}

/// Options that name an owner.
fn owner(user: Option<&str>, group: Option<&str>) -> WriteFile {
    WriteFile { user: user.map(str::to_owned), group: group.map(str::to_owned), ..WriteFile::default() }
}

#[test]
fn writing() {
    case("files-write", |case| {
        let plain = WriteFile::default();
        let make_dirs = WriteFile { make_dirs: true, ..WriteFile::default() };
        write(case, "new", "new", "one", &plain);
        write(case, "again", "new", "two", &WriteFile { permissions: Some(0o600), ..plain.clone() });
        write(case, "no parents", "a/b/c", "x", &plain);
        write(case, "parents", "a/b/c", "", &make_dirs);
        write(case, "over a directory", "a", "x", &plain);
        write(case, "under a file", "new/x", "x", &make_dirs);
        let relative = case.client().write_file("new", &b"x"[..], &plain);
        case.typed("relative", relative).unwrap_err();
        write(case, "four digits", "new", "x", &WriteFile { permissions: Some(0o1777), ..plain.clone() });
        write(case, "unknown user", "new", "x", &owner(Some("no-such-user"), Some("root")));
        write(case, "unknown group", "new", "x", &owner(Some("root"), Some("no-such-group")));
        write(case, "group alone", "new", "x", &owner(None, Some("root")));
        symlink("new", case.path("link")).unwrap();
        write(case, "over a link", "link", "three", &plain);
        write(case, "odd", "ü \"q\" \\", "odd", &plain);
        for name in ["", "a", "a/b"] {
            case.get(&format!("/v1/files?action=list&pattern=[^.ls]*&path={}", case.path(name)));
        }
        for (name, text) in [("new", "two"), ("link", "three"), ("ü \"q\" \\", "odd")] {
            assert_eq!(fs::read_to_string(case.path(name)).unwrap(), text);
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
fn files_belong_to_whom_they_should() {
    if !testkit::needs_root() {
        return;
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

/// Clients send a body in pieces: the daemon must not close the connection between the last part and the body's end.
#[test]
fn a_bodys_end_may_come_after_its_last_part() {
    let daemon = Daemon::start(held());
    let path = daemon.path("written");
    let boundary = "b".repeat(40);
    let metadata = json!({"action": "write", "files": [{"path": path}]});
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{metadata}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\r\ntext\r\n--{boundary}--\r\n"
    );
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    );
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    let mut answer = [0; 17];
    // The connection is kept for another upload.
    for _ in 0..2 {
        stream.write_all(format!("{head}{:x}\r\n{body}\r\n", body.len()).as_bytes()).unwrap();
        until("the file is written", || fs::read(&path).is_ok_and(|text| text == b"text").then_some(()));
        stream.write_all(b"0\r\n\r\n").unwrap();
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"HTTP/1.1 200 OK\r\n");
        let mut rest = Vec::new();
        while !rest.ends_with(b"]}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            rest.push(byte[0]);
        }
        // The end of the line after the answer's JSON, if there is one.
        fs::remove_file(&path).unwrap();
    }
}
