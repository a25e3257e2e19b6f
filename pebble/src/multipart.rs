//! Multipart bodies, RFC 2046 as far as Pebble and its clients use it: a reader that takes pieces of any size, and
//! parameters of headers. Pure: bytes in, events out; the client's `files` or a daemon moves the bytes.
//!
//! ```
//! use webcharm_pebble::multipart::{Event, Reader};
//!
//! let mut reader = Reader::new("frontier");
//! reader.push("--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\ntext\r".into());
//! assert!(matches!(reader.next(), Ok(Some(Event::Part(part))) if part.name == "files"));
//! assert_eq!(reader.next(), Ok(Some(Event::Data("text".into()))));
//! assert_eq!(reader.next(), Ok(None)); // "\r" might begin the end
//! reader.push("\n--frontier--".into());
//! assert_eq!(reader.next(), Ok(Some(Event::PartEnd)));
//! assert_eq!(reader.next(), Ok(Some(Event::End)));
//! ```
//!
//! Contents pass through, uncopied, in the pieces in which they arrive, except for bytes at a piece's end that may begin
//! a boundary: they are joined to the next piece. The reader keeps at most one part's head.

mod header;

use bytes::{Buf, Bytes};
use memchr::memchr;

pub use header::{escaped, media_type, parameter};

/// The longest boundary in bytes, by RFC 2046. Both sides refuse longer ones, since every piece of a body is searched
/// for it.
pub const LONGEST_BOUNDARY: usize = 70;

/// The longest head of a part, in bytes.
const LONGEST_HEAD: usize = 16 << 10;

/// An invalid or truncated body. Client and daemon have their own messages for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body ends too early. The reader never returns it, since it can't see the end: its caller does.
    #[error("the body ends too early")]
    Early,
    /// A boundary's line has other text after the boundary.
    #[error("a boundary is broken")]
    Boundary,
    /// A part's head is too long.
    #[error("a part's head is endless")]
    Head,
}

/// Element of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Part(Part),
    /// A piece of the part's contents, never empty.
    Data(Bytes),
    /// The part ends.
    PartEnd,
    /// The body ends. Bytes after it are ignored.
    End,
}

/// Names in a part's head; empty if missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Name of the form field.
    pub name: String,
    /// Name of the file, with its path as it was sent.
    pub filename: String,
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

/// Parser of a body: [`Reader::push`] bytes, then take the [`Reader::next`] event until there is none.
#[derive(Debug)]
pub struct Reader {
    /// The boundary with the bytes before it within a body.
    delimiter: Vec<u8>,
    buffer: Bytes,
    place: Place,
}

/// Position of the buffer's beginning in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first boundary.
    Preamble,
    /// Directly after a boundary.
    Boundary,
    /// After a boundary's line, before a part's contents.
    Head,
    Contents,
    End,
}

impl Reader {
    /// A reader of a body with this boundary: the `boundary` [`parameter`] of its content type.
    pub fn new(boundary: &str) -> Reader {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // A line's end before the body, so that the first boundary is like all others.
        Reader { delimiter, buffer: Bytes::from_static(b"\r\n"), place: Place::Preamble }
    }

    /// Adds the next bytes of the body.
    pub fn push(&mut self, bytes: Bytes) {
        self.buffer = if self.buffer.is_empty() { bytes } else { [&self.buffer[..], &bytes[..]].concat().into() };
    }

    /// The next event; `None` if it needs more bytes.
    ///
    /// # Errors
    /// The bytes so far are not a multipart body.
    #[expect(clippy::should_implement_trait, reason = "an iterator's end would be final, and errors be in its items")]
    pub fn next(&mut self) -> Result<Option<Event>, Error> {
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

    /// Takes the rest of the contents of a part that breaks off: bytes that might have begun its end.
    pub fn rest(&mut self) -> Bytes {
        if self.place == Place::Contents { std::mem::take(&mut self.buffer) } else { Bytes::new() }
    }

    /// True if the body so far breaks off in the head of a part.
    pub fn is_in_head(&self) -> bool {
        matches!(self.place, Place::Head)
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
        // A head without fields is only its empty line.
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
            Some(at) => Some(Event::Data(self.buffer.split_to(at))),
            None => Some(self.take_certain()).filter(|data| !data.is_empty()).map(Event::Data),
        }
    }

    /// Takes the bytes that can't belong to a boundary.
    fn take_certain(&mut self) -> Bytes {
        self.buffer.split_to(self.buffer.len() - begun(&self.buffer, &self.delimiter))
    }

    fn go(&mut self, by: usize, place: Place) {
        self.buffer.advance(by);
        self.place = place;
    }
}

/// Position of `needle`, which begins with a carriage return, in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr(b'\r', text.get(from..)?)?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Number of bytes at the end of `text` that may begin `needle`, which begins with a carriage return.
fn begun(text: &[u8], needle: &[u8]) -> usize {
    let mut end = &text[text.len().saturating_sub(needle.len() - 1)..];
    while let Some(at) = memchr(b'\r', end) {
        end = &end[at..];
        if needle.starts_with(end) {
            return end.len();
        }
        end = &end[1..];
    }
    0
}

#[cfg(test)]
mod tests;
