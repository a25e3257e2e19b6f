use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::download::LONGEST_VERDICT;
use super::*;
use crate::scripted::{Step, client, http, refused, sync};

const TYPE: &str = "multipart/form-data; boundary=frontier";
const FINE: &str = r#"{"type":"sync","status-code":200,"result":[{"path":"/f"}]}"#;

/// The answer to a read: a part with the contents, if any, and the result.
fn multipart(contents: Option<&str>, verdict: &str) -> String {
    let file = contents.map(|contents| {
        format!("--frontier\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/f\"\r\n\r\n{contents}\r\n")
    });
    let response =
        format!("--frontier\r\nContent-Disposition: form-data; name=\"response\"\r\n\r\n{verdict}\r\n--frontier--\r\n");
    file.unwrap_or_default() + &response
}

#[tokio::test]
async fn contents_come_whole_or_streamed_and_the_connection_is_kept() {
    let (client, heard) = client(vec![vec![
        http(200, TYPE, &multipart(Some("some\r\ntext"), FINE)),
        http(200, TYPE, &multipart(Some(""), FINE)),
        http(200, TYPE, &multipart(Some("text"), FINE)),
    ]]);
    assert_eq!(client.read_file("/f", 100).await.unwrap(), b"some\r\ntext");
    assert_eq!(client.read_file("/f", 0).await.unwrap(), b"");
    let mut target = Vec::new();
    assert_eq!(client.read_file_to("/f", &mut target).await.unwrap(), 4);
    assert_eq!(target, b"text");
    assert_eq!(heard.lock().unwrap()[0], "GET /v1/files?action=read&path=%2Ff");
}

#[tokio::test]
async fn several_files_come_in_one_answer_each_with_its_own_error() {
    let part = |path: &str, contents: &str| {
        format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\r\n{contents}\r\n"
        )
    };
    let missing = r#"{"path":"/b","error":{"message":"no","kind":"not-found"}}"#;
    let results = format!(r#"[{{"path":"/a"}},{missing},{{"path":"/c"}},{{"path":"/d"}}]"#);
    let verdict = format!(r#"{{"type":"sync","status-code":200,"result":{results}}}"#);
    let body = part("/a", "one") + &part("/c", "too long") + &part("/d", "") + &multipart(None, &verdict);
    let (client, heard) = client(vec![vec![http(200, TYPE, &body), http(200, TYPE, &multipart(Some("x"), FINE))]]);
    let files = client.read_files(&["/a", "/b", "/c", "/d"], 5).await.unwrap();
    let said: Vec<_> = files.into_iter().map(|file| file.map_err(|error| error.to_string())).collect();
    let (missing, long) = ("cannot use /b: no".to_owned(), "cannot take /c: it is longer than 5 bytes".to_owned());
    assert_eq!(said, [Ok(b"one".to_vec()), Err(missing), Err(long), Ok(Vec::new())]);
    let error = client.read_files(&["/a", "/b"], 5).await.unwrap_err();
    assert!(format!("{error:?}").contains("one result for each path"), "{error:?}");
    assert!(client.read_files(&[], 5).await.unwrap().is_empty());
    let asked = "GET /v1/files?action=read&path=%2Fa&path=%2Fb";
    assert_eq!(*heard.lock().unwrap(), [&format!("{asked}&path=%2Fc&path=%2Fd"), asked]);
}

#[tokio::test]
async fn a_file_larger_than_the_limit_is_refused() {
    let (client, _) = client(vec![vec![http(200, TYPE, &multipart(Some("12345"), FINE))]]);
    let error = client.read_file("/f", 4).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot take /f: it is longer than 4 bytes");
}

#[tokio::test]
async fn what_pebble_says_of_a_path_is_an_error_of_that_path() {
    for (kind, expected) in [
        ("not-found", PathErrorKind::NotFound),
        ("permission-denied", PathErrorKind::PermissionDenied),
        ("generic-file-error", PathErrorKind::Generic),
    ] {
        let results = format!(r#"[{{"path":"/f","error":{{"message":"no","kind":"{kind}"}}}}]"#);
        let verdict = format!(r#"{{"type":"sync","status-code":200,"result":{results}}}"#);
        let (client, _) = client(vec![vec![
            http(200, TYPE, &multipart(None, &verdict)),
            sync(&results),
            sync(&results),
            refused(404, kind, "no"),
        ]]);
        let errors = [
            client.read_file("/f", 9).await.unwrap_err(),
            client.make_dir("/f", &MakeDir::default()).await.unwrap_err(),
            client.remove("/f", false).await.unwrap_err(),
            client.list_files("/f", None, false).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(&error, Error::Path { kind, .. } if *kind == expected), "{error:?}");
            assert_eq!(error.is_not_found(), expected == PathErrorKind::NotFound);
            assert_eq!(error.to_string(), "cannot use /f: no");
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_request_itself_stays_one() {
    let (client, _) = client(vec![vec![refused(400, "", "must accept"), refused(400, "", "must be absolute")]]);
    assert!(matches!(client.read_file("/f", 9).await.unwrap_err(), Error::Api { status: 400, .. }));
    assert!(matches!(client.list_files("f", None, false).await.unwrap_err(), Error::Api { status: 400, .. }));
}

#[tokio::test]
async fn each_kind_of_garbage_has_its_error() {
    let no_verdict = "--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nx\r\n--frontier--\r\n";
    let cases = [
        (http(200, "text/plain", "x"), "its content type is \"text/plain\" and not multipart/form-data"),
        (http(200, "application/json", FINE), "its content type is \"application/json\" and not multipart/form-data"),
        (http(200, "multipart/form-data", "x"), "its multipart body names no boundary of 1 to 70 bytes"),
        (
            http(200, "multipart/form-data; boundary=other", &multipart(Some("x"), FINE)),
            "its multipart body ends too early",
        ),
        (
            http(200, TYPE, "--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nx"),
            "its multipart body ends too early",
        ),
        (http(200, "multipart/form-data; boundary=", "x"), "its multipart body names no boundary of 1 to 70 bytes"),
        (
            http(200, &format!("multipart/form-data; boundary={}", "b".repeat(71)), "x"),
            "its multipart body names no boundary of 1 to 70 bytes",
        ),
        (
            http(200, &format!("multipart/form-data; boundary={}", "b".repeat(70)), "x"),
            "its multipart body ends too early",
        ),
        (http(200, TYPE, "--frontierx\r\n"), "its multipart body has a broken boundary"),
        (http(200, TYPE, "--frontier\r\nX: y\r\n\r\nx"), "its multipart body has a part without a name"),
        (
            http(200, TYPE, &format!("--frontier\r\nX: {}", "y".repeat(1 << 20))),
            "its multipart body has an endless head",
        ),
        (http(200, TYPE, no_verdict), "its multipart body has no result of the file"),
        (http(200, TYPE, &multipart(Some("x"), r#"{"type":"sync","result":[]}"#)), "it lacks one result for the path"),
        (http(200, TYPE, &multipart(Some("x"), r#"{"type":"#)), "its JSON ends too early, at line 1 column 8"),
        (http(200, TYPE, &multipart(Some("x"), &format!("[{}0]", "[],".repeat(600)))), "it has more than 1000 values"),
        (http(200, TYPE, &multipart(Some("x"), &"x".repeat(LONGEST_VERDICT + 1))), "it is longer than 1048576 bytes"),
    ];
    for (step, expected) in cases {
        let (client, _) = client(vec![vec![step]]);
        let error = client.read_file("/f", 1 << 20).await.unwrap_err();
        let Error::Protocol { what, source } = error else { panic!("{expected}: {error:?}") };
        assert_eq!((what.as_str(), source.to_string().as_str()), ("GET /v1/files", expected));
    }
}

#[tokio::test]
async fn a_daemon_that_dies_while_it_sends_is_not_taken_for_the_files_end() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let part = "--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nx";
    let (client, _) = client(vec![vec![Step::Say(format!("{head}{:x}\r\n{part}\r\n", part.len()).into_bytes())]]);
    let error = client.read_file("/f", 9).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_stops_sending_is_given_up() {
    // The script would go on, and close at its end, only after a second request.
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {TYPE}\r\nContent-Length: 99\r\n\r\n--fron");
    let (client, _) = client(vec![vec![Step::Say(head.into_bytes()), Step::Hang]]);
    let error = client.read_file("/f", 9).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot finish GET /v1/files within 30s");
}

#[tokio::test]
async fn a_written_file_travels_in_pieces_behind_its_metadata() {
    let (client, heard) = client(vec![vec![sync(r#"[{"path":"/f"}]"#)]]);
    let content = "x".repeat(3 * PIECE);
    client
        .write_file("/f", &mut content.as_bytes(), &WriteFile { make_dirs: true, ..WriteFile::default() })
        .await
        .unwrap();
    let heard = heard.lock().unwrap();
    assert!(heard[0].starts_with("POST /v1/files "), "{}", &heard[0][..40]);
    assert!(heard[0].contains(r#"{"action":"write","files":[{"path":"/f","make-dirs":true}]}"#));
    // Chunk headers lie in between, so count.
    assert_eq!(heard[0].matches('x').count(), content.len());
    assert!(heard[0].trim_end().ends_with("--\r\n\r\n0"));
}

#[tokio::test]
async fn a_write_that_fails_is_an_error_of_its_path() {
    let results = r#"[{"path":"/f","error":{"message":"no space","kind":"generic-file-error"}}]"#;
    let (client, _) = client(vec![vec![sync(results)]]);
    let error = client.write_file("/f", &mut &b"x"[..], &WriteFile::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot use /f: no space");
    let error = client.write_file("/a\nb", &mut &b"x"[..], &WriteFile::default()).await.unwrap_err();
    assert!(matches!(error, Error::Path { kind: PathErrorKind::Generic, .. }), "{error:?}");
}

/// A reader that gives one piece and then fails.
struct Broken(bool);

impl AsyncRead for Broken {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::ErrorKind::PermissionDenied.into()));
        }
        buffer.put_slice(b"half");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_content_that_can_not_be_read_is_never_taken_for_whole() {
    let (client, heard) = client(vec![vec![sync("[]")]]);
    let error = client.write_file("/f", &mut Broken(false), &WriteFile::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read the new contents of /f");
    assert_eq!(*heard.lock().unwrap(), Vec::<String>::new(), "the request never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_takes_no_more_is_given_up() {
    let (client, _) = client(vec![vec![Step::Deaf]]);
    let error = client.write_file("/f", &mut tokio::io::repeat(7), &WriteFile::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot finish the writing of /f within 30s");
}
