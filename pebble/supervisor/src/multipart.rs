//! Reading multipart bodies as they come in, RFC 2046 as far as clients of Pebble use it. Pure: bytes in, events out.
//!
//! Contents pass through in the pieces they came in, but for the few bytes that may begin a boundary.

use bytes::{Buf, Bytes, BytesMut};

/// No part's head is longer.
const LONGEST_HEAD: usize = 16 * 1024;

/// A body that isn't multipart, or ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("multipart: NextPart: EOF")]
    Early,
    #[error("multipart: boundary line is broken")]
    Boundary,
    #[error("multipart: message too large")]
    Head,
}

/// What comes next in a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A part begins.
    Part(Part),
    /// Some of its contents.
    Data(Bytes),
    /// It is over.
    PartEnd,
    /// The body is over.
    End,
}

/// What a part's head says of it; empty what it doesn't say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first boundary.
    Preamble,
    /// Right behind a boundary.
    Boundary,
    Head,
    Contents,
    End,
}

/// Takes a body apart.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The boundary with what goes before it within a body.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    place: Place,
}

impl Reader {
    /// A reader of a body with that boundary.
    pub(crate) fn new(boundary: &str) -> Reader {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // A line's end before the body makes the first boundary like all others.
        Reader { delimiter, buffer: BytesMut::from(&b"\r\n"[..]), place: Place::Preamble }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes next; `None` if that takes more bytes.
    ///
    /// # Errors
    /// The bytes so far are not multipart.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            match self.place {
                Place::Preamble => match find(&self.buffer, &self.delimiter) {
                    Some(at) => self.go(at + self.delimiter.len(), Place::Boundary),
                    None => {
                        self.take_certain();
                        return Ok(None);
                    }
                },
                Place::Boundary => match self.boundary()? {
                    Some(place) => self.go(2, place),
                    None => return Ok(None),
                },
                Place::Head => return self.head(),
                Place::Contents => return Ok(self.contents()),
                Place::End => return Ok(Some(Event::End)),
            }
        }
    }

    fn boundary(&self) -> Result<Option<Place>, Error> {
        match self.buffer.get(..2) {
            None => Ok(None),
            Some(b"--") => Ok(Some(Place::End)),
            Some(b"\r\n") => Ok(Some(Place::Head)),
            Some(_) => Err(Error::Boundary),
        }
    }

    fn head(&mut self) -> Result<Option<Event>, Error> {
        // A head without lines is only its empty line.
        let (end, skip) = match find(&self.buffer, b"\r\n\r\n") {
            _ if self.buffer.starts_with(b"\r\n") => (0, 2),
            Some(end) => (end, end + 4),
            None if self.buffer.len() > LONGEST_HEAD => return Err(Error::Head),
            None => return Ok(None),
        };
        let part = Part::parse(&String::from_utf8_lossy(&self.buffer[..end]));
        self.go(skip, Place::Contents);
        Ok(Some(Event::Part(part)))
    }

    fn contents(&mut self) -> Option<Event> {
        match find(&self.buffer, &self.delimiter) {
            Some(0) => {
                self.go(self.delimiter.len(), Place::Boundary);
                Some(Event::PartEnd)
            }
            Some(at) => Some(Event::Data(self.buffer.split_to(at).freeze())),
            None => Some(self.take_certain()).filter(|data| !data.is_empty()).map(Event::Data),
        }
    }

    /// Takes what can't belong to a boundary.
    fn take_certain(&mut self) -> Bytes {
        let kept = self.delimiter.len().min(self.buffer.len());
        self.buffer.split_to(self.buffer.len() - kept).freeze()
    }

    fn go(&mut self, by: usize, place: Place) {
        self.buffer.advance(by);
        self.place = place;
    }
}

impl Part {
    fn parse(head: &str) -> Part {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        let disposition = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"));
        let value = disposition.map_or("", |(_, value)| value);
        Part {
            name: parameter(value, "name").unwrap_or_default(),
            filename: parameter(value, "filename").unwrap_or_default(),
        }
    }
}

/// A parameter of a header's value, without its quotes.
pub(crate) fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, text) = rest.split_once('=')?;
        let text = text.trim_start();
        let (value, behind) = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => token(text),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind.trim_start().strip_prefix(';')?;
    }
}

fn token(text: &str) -> (String, &str) {
    let (token, behind) = text.split_at(text.find(';').unwrap_or(text.len()));
    (token.trim().to_owned(), behind)
}

/// Text up to the closing quote, and what is behind it. A backslash frees only what would need it: some clients send
/// others bare.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((plain, &text[at + 1..])),
            '\\' => match letters.next_if(|(_, next)| "()<>@,;:\\\"/[]?=".contains(*next)) {
                Some((_, next)) => plain.push(next),
                None => plain.push('\\'),
            },
            _ => plain.push(letter),
        }
    }
    None
}

/// Where `needle`, which begins with a carriage return, is in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| *byte == b'\r')?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The parts of a body that comes in pieces of that size.
    fn parts(boundary: &str, body: &[u8], size: usize) -> Result<Vec<(Part, Vec<u8>)>, Error> {
        let mut reader = Reader::new(boundary);
        let mut parts: Vec<(Part, Vec<u8>)> = Vec::new();
        for piece in body.chunks(size) {
            reader.push(piece);
            while let Some(event) = reader.next()? {
                match event {
                    Event::Part(part) => parts.push((part, Vec::new())),
                    Event::Data(data) => parts.last_mut().unwrap().1.extend(data),
                    Event::PartEnd => {}
                    Event::End => return Ok(parts),
                }
            }
        }
        Err(Error::Early)
    }

    fn body(boundary: &str, contents: &[u8]) -> Vec<u8> {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/a \\\"b\\\"\"\r\n\r\n"
        );
        [head.as_bytes(), contents, b"\r\n--", boundary.as_bytes(), b"--\r\n"].concat()
    }

    #[test]
    fn reads_names_of_all_kinds() {
        let table = [
            ("form-data; name=files", "files", ""),
            ("form-data; NAME=\"a\"; filename=\"/a/b\"", "a", "/a/b"),
            ("form-data; filename=\"C:\\dir\\\\x\"; name=b", "b", "C:\\dir\\x"),
            ("form-data", "", ""),
            ("form-data; name=\"open", "", ""),
        ];
        for (value, name, filename) in table {
            let part = Part::parse(&format!("X: y\r\ncontent-disposition:{value}"));
            assert_eq!((part.name.as_str(), part.filename.as_str()), (name, filename), "{value}");
        }
    }

    #[test]
    fn takes_empty_contents_and_empty_heads() {
        assert_eq!(parts("x", &body("x", b""), 1).unwrap()[0].1, b"");
        assert_eq!(parts("x", b"--x\r\n\r\nhi\r\n--x--", 3).unwrap(), [(Part::default(), b"hi".to_vec())]);
    }

    #[test]
    fn refuses_what_is_not_multipart() {
        assert_eq!(parts("x", b"--xyz", 5), Err(Error::Boundary));
        assert_eq!(parts("x", b"nothing of the kind", 5), Err(Error::Early));
        let endless = [b"--x\r\n".to_vec(), vec![b'a'; LONGEST_HEAD + 10]].concat();
        assert_eq!(parts("x", &endless, 1000), Err(Error::Head));
    }

    proptest! {
        #[test]
        fn contents_pass_through(contents in proptest::collection::vec(any::<u8>(), 0..200), size in 1usize..50) {
            let boundary = "b".repeat(40);
            let parts = parts(&boundary, &body(&boundary, &contents), size).unwrap();
            prop_assert_eq!(&parts[0].0.filename, "/a \"b\"");
            prop_assert_eq!(&parts[0].1, &contents);
        }

        #[test]
        fn near_boundaries_pass_through(contents in "(\r|\n|-|x|\r\n--|\r\n--x|y){0,30}", size in 1usize..9) {
            let parts = parts("xxxx", &body("xxxx", contents.as_bytes()), size);
            if !contents.contains("\r\n--xxxx") {
                prop_assert_eq!(&parts.unwrap()[0].1, contents.as_bytes());
            }
        }

        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200), head in ".{0,80}") {
            let _ = parts("x", &body, 7);
            let _ = Part::parse(&format!("content-disposition: {head}"));
        }
    }
}
