//! Multipart text around the contents of a file that is written.

use bytes::Bytes;

use crate::multipart::escaped;

/// The bytes before and after a file's contents.
pub(super) struct Frame {
    pub(super) boundary: String,
    /// Bytes before the contents: the part `request`, and the head of the part `files`.
    pub(super) before: Bytes,
    /// Bytes after the contents.
    pub(super) after: Bytes,
}

impl Frame {
    /// The frame of one file, which `request` describes in JSON. `None` if the path has control characters.
    pub(super) fn new(boundary: String, request: &str, path: &str) -> Option<Frame> {
        if path.contains(|character: char| character.is_ascii_control()) {
            return None;
        }
        let path = escaped(path);
        let before = format!(
            "--{boundary}\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n\
             {request}\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\r\n"
        );
        let after = format!("\r\n--{boundary}--\r\n");
        Some(Frame { boundary, before: before.into(), after: after.into() })
    }
}

#[cfg(test)]
mod tests {
    use crate::multipart::{Event, Part, Reader};

    use super::*;

    #[test]
    fn a_frame_is_read_back_whatever_the_path() {
        let path = "/a \"b\" \\c ü";
        let frame = Frame::new("frontier".to_owned(), "{}", path).unwrap();
        let mut reader = Reader::new(&frame.boundary);
        reader.push(&[&frame.before[..], b"contents", &frame.after[..]].concat());
        let part = |name: &str, filename: &str| Event::Part(Part { name: name.into(), filename: filename.into() });
        let expected = [
            part("request", ""),
            Event::Data("{}".into()),
            Event::PartEnd,
            part("files", path),
            Event::Data("contents".into()),
            Event::PartEnd,
            Event::End,
        ];
        for event in expected {
            assert_eq!(reader.next(), Ok(Some(event)));
        }
    }

    #[test]
    fn no_frame_can_hold_a_path_of_two_lines() {
        assert!(Frame::new("frontier".to_owned(), "{}", "/a\r\nb").is_none());
    }
}
