use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

use super::*;

const TYPE: &str = "multipart/form-data; boundary=frontier";

/// All parts of a body that comes in these pieces: names and contents.
fn parts<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<(String, Vec<u8>)>, Garbage> {
    let mut reader = Reader::new(TYPE)?;
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for piece in pieces {
        reader.push(piece);
        while let Some(event) = reader.next()? {
            match event {
                Event::Part(name) => parts.push((name, Vec::new())),
                Event::Data(data) => parts.last_mut().unwrap().1.extend_from_slice(&data),
                Event::End => return Ok(parts),
            }
        }
    }
    Err(Garbage::Multipart("ends too early"))
}

#[test]
fn parts_come_with_their_names_and_contents() {
    let body =
        b"--frontier\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/x\"\r\nContent-Type: a/b\r\n\r\n\
        one\r\n--fro\r\ntwo\r\n--frontier\r\ncontent-disposition: form-data; name=response\r\n\r\n\r\n--frontier--\r\n";
    let expected = vec![("files".to_owned(), b"one\r\n--fro\r\ntwo".to_vec()), ("response".to_owned(), Vec::new())];
    assert_eq!(parts([&body[..]]).unwrap(), expected);
}

#[test]
fn what_is_no_multipart_is_told_apart() {
    let named = "--frontier\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx";
    let endless = format!("--frontier\r\nA: {}", "a".repeat(LONGEST_HEAD));
    let cases = [
        ("--frontierx\r\n", "has a broken boundary"),
        ("--frontier\r\nContent-Type: a/b\r\n\r\nx", "has a part without a name"),
        ("--other\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--other--", "ends too early"),
        (named, "ends too early"),
        ("", "ends too early"),
        (&endless, "has an endless head"),
    ];
    for (body, expected) in cases {
        assert_eq!(
            parts([body.as_bytes()]).unwrap_err().to_string(),
            format!("its multipart body {expected}"),
            "{body}"
        );
    }
}

#[test]
fn a_boundary_is_found_in_a_content_type() {
    for (value, boundary) in [
        ("multipart/form-data; boundary=abc", Some("abc")),
        ("multipart/form-data; charset=\"a;b\"; Boundary=\"a b\\\"c\"", Some("a b\"c")),
        ("multipart/form-data; boundary=abc ; x=y", Some("abc")),
        ("multipart/form-data; boundary=\"abc", None),
        ("multipart/form-data", None),
        ("boundary=abc", None),
    ] {
        assert_eq!(parameter(value, "boundary").as_deref(), boundary, "{value}");
    }
    assert!(Reader::new("multipart/form-data; boundary=").is_err());
}

#[test]
fn a_written_frame_is_read_back_whatever_the_path() {
    let frame = Frame::new("frontier".to_owned(), "{}", "/a \"b\" \\c ü").unwrap();
    let body = [&frame.before[..], b"contents", &frame.after[..]].concat();
    let expected = vec![("request".to_owned(), b"{}".to_vec()), ("files".to_owned(), b"contents".to_vec())];
    assert_eq!(parts([&body[..]]).unwrap(), expected);
    let head = String::from_utf8(frame.before.to_vec()).unwrap();
    let line = head.lines().rfind(|line| line.starts_with("Content-Disposition")).unwrap();
    assert_eq!(parameter(line, "filename").unwrap(), "/a \"b\" \\c ü");
    assert!(Frame::new("frontier".to_owned(), "{}", "/a\r\nb").is_none());
}

proptest! {
    #[test]
    fn contents_survive_any_cutting(
        contents in prop::collection::vec(prop::sample::select(b"\r\n-frontie\0x".to_vec()), 0..200),
        size in 1..80_usize,
    ) {
        let body = [&b"--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\n"[..], &contents, b"\r\n--frontier--\r\n"].concat();
        if !contents.windows(12).any(|window| window == b"\r\n--frontier") {
            prop_assert_eq!(parts(body.chunks(size)).unwrap(), vec![("files".to_owned(), contents)]);
        }
    }

    #[test]
    fn no_content_type_makes_the_reader_panic(value in "(multipart/form-data)?[;= \"\\\\a-zü]*(; ?boundary=[\"\\\\;a-z]*)?") {
        let boundary = parameter(&value, "boundary");
        prop_assert_eq!(Reader::new(&value).is_ok(), boundary.is_some_and(|boundary| !boundary.is_empty()));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_keep_much(body in prop::collection::vec(any::<u8>(), 0..2000), size in 1..80_usize) {
        let mut reader = Reader::new(TYPE).unwrap();
        reader.push(b"--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\n");
        for piece in body.chunks(size) {
            reader.push(piece);
            while let Ok(Some(event)) = reader.next() {
                if event == Event::End {
                    break;
                }
            }
            prop_assert!(reader.buffer.len() < size + 100);
        }
    }
}
