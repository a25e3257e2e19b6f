//! Multipart bodies, RFC 2046 as far as Pebble and its clients use it: a reader that takes pieces of any size, and what
//! heads of parts are made of. Pure: bytes in, events out; who moves the bytes is the client's `files`, or a daemon.
//!
//! ```
//! use pebble::multipart::{Event, Reader};
//!
//! let mut reader = Reader::new("frontier");
//! reader.push(b"--frontier\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nte");
//! assert!(matches!(reader.next(), Ok(Some(Event::Part(part))) if part.name == "files"));
//! assert_eq!(reader.next(), Ok(None)); // "te" might still begin the end
//! reader.push(b"xt\r\n--frontier--");
//! assert_eq!(reader.next(), Ok(Some(Event::Data("text".into()))));
//! assert_eq!(reader.next(), Ok(Some(Event::PartEnd)));
//! assert_eq!(reader.next(), Ok(Some(Event::End)));
//! ```
//!
//! Contents pass through in the pieces they came in, but for the few bytes that may begin a boundary: never is more kept
//! than one part's head.

mod header;

use bytes::{Buf, Bytes, BytesMut};

pub use header::{escaped, parameter};

/// The longest boundary in bytes, as RFC 2046 has it. Both sides refuse longer ones: that much is looked through anew for
/// each piece of a body.
pub const LONGEST_BOUNDARY: usize = 70;

/// No head of a part is longer than this, and its end.
const LONGEST_HEAD: usize = 16 << 10;

/// A body that isn't multipart, or ends too early. Both sides of the protocol have their own words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There are no more bytes, but there should be. The reader can't know: it is said by who hands it the bytes.
    #[error("the body ends too early")]
    Early,
    /// A boundary's line goes on with something else.
    #[error("a boundary is broken")]
    Boundary,
    /// A part's head doesn't come to its end.
    #[error("a part's head is endless")]
    Head,
}

/// What comes next in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Part(Part),
    /// Some of its contents, never empty.
    Data(Bytes),
    /// It is over.
    PartEnd,
    /// There are no more parts. What follows is nobody's.
    End,
}

/// What a part's head says of it; empty what it doesn't say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The form field it is for.
    pub name: String,
    /// The file it holds, with its path as it was sent.
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

/// Takes a body apart: [`Reader::push`] what has come, then ask for the [`Reader::next`] event until there is none.
#[derive(Debug)]
pub struct Reader {
    /// The boundary with what goes before it within a body.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    place: Place,
}

/// Where in a body the buffer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first boundary.
    Preamble,
    /// Right behind a boundary.
    Boundary,
    /// Behind a boundary's line, up to a part's contents.
    Head,
    Contents,
    End,
}

impl Reader {
    /// A reader of a body with that boundary: the `boundary` [`parameter`] of its content type.
    pub fn new(boundary: &str) -> Reader {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // A line's end before the body makes the first boundary like all others.
        Reader { delimiter, buffer: BytesMut::from(&b"\r\n"[..]), place: Place::Preamble }
    }

    /// Takes the next bytes of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes next; `None` if it takes more bytes to tell.
    ///
    /// # Errors
    /// The bytes so far are not multipart.
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
        let kept = (self.delimiter.len() - 1).min(self.buffer.len());
        self.buffer.split_to(self.buffer.len() - kept).freeze()
    }

    fn go(&mut self, by: usize, place: Place) {
        self.buffer.advance(by);
        self.place = place;
    }
}

/// Where `needle`, which begins with a carriage return, is in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|&byte| byte == b'\r')?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests;
