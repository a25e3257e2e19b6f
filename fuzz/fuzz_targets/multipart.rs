//! Multipart bodies of clients: the events don't depend on the pieces in which the bytes arrive.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use pebble::multipart::{Error, Event, Part, Reader, parameter};

const BOUNDARY: &str = "frontier";

/// Parts with their contents.
type Parts = Vec<(Part, Vec<u8>)>;

/// Parts with their contents, and the result at the body's end.
fn parts(body: &[u8], size: usize) -> (Parts, Result<(), Error>) {
    let mut reader = Reader::new(BOUNDARY);
    let mut parts = Parts::new();
    for piece in body.chunks(size) {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next() {
                Ok(Some(Event::Part(part))) => parts.push((part, Vec::new())),
                Ok(Some(Event::Data(data))) => parts.last_mut().expect("data is a part's").1.extend(data),
                Ok(Some(Event::PartEnd)) => {}
                Ok(Some(Event::End)) => return (parts, Ok(())),
                Ok(None) => break,
                Err(error) => return (parts, Err(error)),
            }
        }
    }
    (parts, Err(Error::Early))
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, body) = input;
    let whole = parts(body, body.len().max(1));
    assert!(whole.0.iter().map(|(_, contents)| contents.len()).sum::<usize>() <= body.len());
    // An endless head is refused at the piece that makes it too long, so its result depends on the pieces.
    if whole.1 != Err(Error::Head) {
        assert_eq!(parts(body, usize::from(size) + 1), whole);
    }
    let _ = parameter(&String::from_utf8_lossy(body), "boundary");
});
