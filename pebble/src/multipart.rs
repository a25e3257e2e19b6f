//! Multipart bodies, RFC 2046 as far as Pebble uses it: a reader that takes pieces of any size, and the words between
//! the contents for a writer. Pure; who moves the bytes is `files`.
//!
//! A part's contents pass through in the pieces they came in, but for the few bytes that may begin a boundary: never is
//! more kept than one part's head.

use bytes::{Buf, Bytes, BytesMut};

use crate::Garbage;

/// No head of a part is longer than this.
const LONGEST_HEAD: usize = 64 << 10;

/// Takes a body apart.
pub(crate) struct Reader {
    /// The boundary with what goes before it within a body.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the first boundary.
    Preamble,
    /// Right behind a boundary.
    Boundary,
    /// In a part's head.
    Head,
    /// In a part's contents.
    Contents,
    /// Behind the last boundary.
    End,
}

/// What comes next in a body.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    /// A part begins, of this form field.
    Part(String),
    /// Some of its contents.
    Data(Bytes),
    /// There are no more parts.
    End,
}

impl Reader {
    /// A reader of a body whose `Content-Type` this is.
    pub(crate) fn new(content_type: &str) -> Result<Reader, Garbage> {
        match parameter(content_type, "boundary") {
            Some(boundary) if !boundary.is_empty() => Ok(Reader {
                delimiter: format!("\r\n--{boundary}").into_bytes(),
                // A line's end before the body makes the first boundary like all others.
                buffer: BytesMut::from(&b"\r\n"[..]),
                state: State::Preamble,
            }),
            _ => Err(Garbage::Multipart("names no boundary")),
        }
    }

    /// Takes the next bytes of the body.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes next; `None` if more bytes are needed to tell.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, Garbage> {
        loop {
            match self.state {
                State::Preamble => match find(&self.buffer, &self.delimiter) {
                    Some(at) => self.advance(at + self.delimiter.len(), State::Boundary),
                    None => {
                        self.take_certain();
                        return Ok(None);
                    }
                },
                State::Boundary if self.buffer.starts_with(b"--") => self.advance(2, State::End),
                State::Boundary if self.buffer.starts_with(b"\r\n") => self.state = State::Head,
                State::Boundary if self.buffer.len() < 2 => return Ok(None),
                State::Boundary => return Err(Garbage::Multipart("has a broken boundary")),
                State::Head => return self.head(),
                State::Contents => match self.contents() {
                    // An empty piece tells nothing: go on to what follows it.
                    Some(data) if data.is_empty() => {}
                    data => return Ok(data.map(Event::Data)),
                },
                State::End => return Ok(Some(Event::End)),
            }
        }
    }

    /// The head, whose buffer begins with the end of the boundary's line, up to its empty line.
    fn head(&mut self) -> Result<Option<Event>, Garbage> {
        let Some(end) = find(&self.buffer, b"\r\n\r\n") else {
            let tolerable = self.buffer.len() <= LONGEST_HEAD;
            return if tolerable { Ok(None) } else { Err(Garbage::Multipart("has an endless head")) };
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.advance(end + 4, State::Contents);
        let disposition = head.lines().filter_map(|line| line.split_once(':'));
        let name = disposition
            .filter(|(key, _)| key.trim().eq_ignore_ascii_case("content-disposition"))
            .find_map(|(_, value)| parameter(value, "name"));
        name.map(|name| Some(Event::Part(name))).ok_or(Garbage::Multipart("has a part without a name"))
    }

    /// The next contents, empty only at a part's end; `None` if more bytes are needed.
    fn contents(&mut self) -> Option<Bytes> {
        if let Some(at) = find(&self.buffer, &self.delimiter) {
            let data = self.buffer.split_to(at).freeze();
            self.advance(self.delimiter.len(), State::Boundary);
            return Some(data);
        }
        Some(self.take_certain()).filter(|data| !data.is_empty())
    }

    /// Takes what can't belong to a boundary.
    fn take_certain(&mut self) -> Bytes {
        let kept = (self.delimiter.len() - 1).min(self.buffer.len());
        self.buffer.split_to(self.buffer.len() - kept).freeze()
    }

    fn advance(&mut self, by: usize, state: State) {
        self.buffer.advance(by);
        self.state = state;
    }
}

/// What a writer sends around a file's contents.
pub(crate) struct Frame {
    pub(crate) boundary: String,
    /// Before the contents: the part `request`, and the head of the part `files`.
    pub(crate) before: Bytes,
    /// After the contents.
    pub(crate) after: Bytes,
}

impl Frame {
    /// The frame for one file, described by `request` in JSON. `None` if no head of a part can name this path.
    pub(crate) fn new(boundary: String, request: &str, path: &str) -> Option<Frame> {
        if path.contains(|character: char| character.is_ascii_control()) {
            return None;
        }
        let path = path.replace('\\', "\\\\").replace('"', "\\\"");
        let before = format!(
            "--{boundary}\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n\
             {request}\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\r\n"
        );
        let after = format!("\r\n--{boundary}--\r\n");
        Some(Frame { boundary, before: before.into(), after: after.into() })
    }
}

/// A parameter of a header's value, without its quotes.
fn parameter(value: &str, key: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, tail) = rest.split_once('=')?;
        let tail = tail.trim_start();
        let (text, after) = if let Some(quoted) = tail.strip_prefix('"') { unquote(quoted)? } else { token(tail) };
        if name.trim().eq_ignore_ascii_case(key) {
            return Some(text);
        }
        rest = after.trim_start().strip_prefix(';')?;
    }
}

/// Text up to the closing quote, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((plain, &text[at + 1..])),
            '\\' => plain.push(characters.next()?.1),
            _ => plain.push(character),
        }
    }
    None
}

fn token(text: &str) -> (String, &str) {
    let end = text.find(';').unwrap_or(text.len());
    (text[..end].trim().to_owned(), &text[end..])
}

/// Where `needle`, which begins with a carriage return, is in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|&byte| byte == b'\r')?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests;
