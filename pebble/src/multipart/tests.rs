use proptest::prelude::*;

use super::*;

/// The parts of a body that arrives in pieces of this size.
fn parts(boundary: &str, body: &[u8], size: usize) -> Result<Vec<(Part, Vec<u8>)>, Error> {
    let mut reader = Reader::new(boundary);
    let mut parts: Vec<(Part, Vec<u8>)> = Vec::new();
    let mut open = false;
    for piece in body.chunks(size) {
        reader.push(Bytes::copy_from_slice(piece));
        while let Some(event) = reader.next()? {
            match event {
                Event::Part(part) => {
                    assert!(!std::mem::replace(&mut open, true), "a part ends before the next begins");
                    parts.push((part, Vec::new()));
                }
                Event::Data(data) => {
                    assert!(open && !data.is_empty());
                    parts.last_mut().unwrap().1.extend(data);
                }
                Event::PartEnd => assert!(std::mem::replace(&mut open, false)),
                Event::End => return Ok(parts),
            }
        }
    }
    Err(Error::Early)
}

fn body(boundary: &str, contents: &[u8]) -> Vec<u8> {
    let head =
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/a \\\"b\\\"\"\r\n\r\n");
    [head.as_bytes(), contents, b"\r\n--", boundary.as_bytes(), b"--\r\n"].concat()
}

fn part(name: &str, filename: &str) -> Part {
    Part { name: name.to_owned(), filename: filename.to_owned() }
}

#[test]
fn parts_come_with_their_names_and_contents() {
    let body =
        b"--frontier\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/x\"\r\nContent-Type: a/b\r\n\r\n\
        one\r\n--fro\r\ntwo\r\n--frontier\r\ncontent-disposition: form-data; name=response\r\n\r\n\r\n--frontier--\r\n";
    let expected = [(part("files", "/x"), b"one\r\n--fro\r\ntwo".to_vec()), (part("response", ""), Vec::new())];
    for size in [1, 2, 7, body.len()] {
        assert_eq!(parts("frontier", body, size).unwrap(), expected, "{size}");
    }
}

#[test]
fn heads_name_parts_in_many_ways() {
    let table = [
        ("form-data; name=files", "files", ""),
        ("form-data; NAME=\"a\"; filename=\"/a/b\"", "a", "/a/b"),
        ("form-data; filename=\"C:\\dir\\\\x\"; name=b", "b", "C:\\dir\\x"),
        ("form-data", "", ""),
        ("form-data; name=\"open", "", ""),
    ];
    for (value, name, filename) in table {
        assert_eq!(Part::parse(&format!("X: y\r\ncontent-disposition:{value}")), part(name, filename), "{value}");
    }
}

#[test]
fn contents_and_heads_may_be_empty() {
    assert_eq!(parts("x", &body("x", b""), 1).unwrap(), [(part("files", "/a \"b\""), Vec::new())]);
    assert_eq!(parts("x", b"--x\r\n\r\nhi\r\n--x--", 3).unwrap(), [(Part::default(), b"hi".to_vec())]);
}

#[test]
fn what_is_no_multipart_is_told_apart() {
    let endless = format!("--frontier\r\nA: {}", "a".repeat(LONGEST_HEAD));
    let cases = [
        ("--frontierx\r\n", Error::Boundary),
        ("--other\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--other--", Error::Early),
        ("--frontier\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", Error::Early),
        ("nothing of the kind", Error::Early),
        ("", Error::Early),
        (&endless, Error::Head),
    ];
    for (body, expected) in cases {
        assert_eq!(parts("frontier", body.as_bytes(), 1000), Err(expected), "{body}");
    }
}

#[test]
fn contents_that_begin_no_boundary_are_neither_copied_nor_held_back() {
    let mut reader = Reader::new("frontier");
    reader.push("--frontier\r\n\r\n".into());
    assert_eq!(reader.next(), Ok(Some(Event::Part(Part::default()))));
    let mut held_back = |piece: &'static str| {
        let piece = Bytes::from(piece);
        reader.push(piece.clone());
        let Ok(Some(Event::Data(data))) = reader.next() else { panic!("{piece:?}") };
        assert_eq!(data.as_ptr(), piece.as_ptr(), "{piece:?} was copied");
        piece.len() - data.len()
    };
    assert_eq!(held_back("one"), 0);
    assert_eq!(held_back("\r\n--front\r\n."), 0);
    assert_eq!(held_back("two\r\r\n--fr"), 6);
}

proptest! {
    #[test]
    fn contents_pass_through(contents in prop::collection::vec(any::<u8>(), 0..200), size in 1..50_usize) {
        let boundary = "b".repeat(40);
        let parts = parts(&boundary, &body(&boundary, &contents), size).unwrap();
        prop_assert_eq!(&parts, &[(part("files", "/a \"b\""), contents)]);
    }

    #[test]
    fn near_boundaries_pass_through(contents in "(\r|\n|-|x|\0|\r\n--|\r\n--x|y){0,60}", size in 1..80_usize) {
        if !contents.contains("\r\n--xxxx") {
            let parts = parts("xxxx", &body("xxxx", contents.as_bytes()), size);
            prop_assert_eq!(&parts.unwrap()[0].1, contents.as_bytes());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_keep_much(body in prop::collection::vec(any::<u8>(), 0..2000), size in 1..80_usize) {
        let _ = parts("x", &body, size);
        let mut reader = Reader::new("frontier");
        reader.push("--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\n".into());
        for piece in body.chunks(size) {
            reader.push(Bytes::copy_from_slice(piece));
            while let Ok(Some(event)) = reader.next() {
                if event == Event::End {
                    break;
                }
            }
            prop_assert!(reader.buffer.len() < size + 100);
        }
    }
}
