//! Multipart text around the contents of files that are written.

use bytes::Bytes;

use crate::multipart::escaped;

/// The bytes around the contents of files.
pub(super) struct Frame {
    pub(super) boundary: String,
    /// Bytes before the contents of each file: its part's head, the first after the part `request`.
    pub(super) heads: Vec<Bytes>,
    /// Bytes after the contents of the last file.
    pub(super) after: Bytes,
}

impl Frame {
    /// The frame of files, which `request` describes in JSON.
    ///
    /// # Errors
    /// The path with control characters, which no head can hold.
    pub(super) fn new<'a>(boundary: String, request: &str, paths: &[&'a str]) -> Result<Frame, &'a str> {
        let mut before = format!(
            "--{boundary}\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n\
             {request}"
        );
        let mut heads = Vec::new();
        for path in paths {
            if path.contains(|character: char| character.is_ascii_control()) {
                return Err(path);
            }
            let name = escaped(path);
            let head = format!(
                "{before}\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\
                 Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
            );
            heads.push(head.into());
            before.clear();
        }
        let after = format!("\r\n--{boundary}--\r\n").into();
        Ok(Frame { boundary, heads, after })
    }
}

#[cfg(test)]
mod tests {
    use crate::multipart::{Event, Part, Reader};

    use super::*;

    #[test]
    fn a_frame_is_read_back_whatever_the_path() {
        let path = "/a \"b\" \\c ü";
        let frame = Frame::new("frontier".to_owned(), "{}", &[path, "/b"]).unwrap();
        let mut reader = Reader::new(&frame.boundary);
        reader.push([&frame.heads[0][..], b"contents", &frame.heads[1][..], &frame.after[..]].concat().into());
        let part = |name: &str, filename: &str| Event::Part(Part { name: name.into(), filename: filename.into() });
        let expected = [
            part("request", ""),
            Event::Data("{}".into()),
            Event::PartEnd,
            part("files", path),
            Event::Data("contents".into()),
            Event::PartEnd,
            part("files", "/b"),
            Event::PartEnd,
            Event::End,
        ];
        for event in expected {
            assert_eq!(reader.next(), Ok(Some(event)));
        }
    }

    #[test]
    fn no_frame_can_hold_a_path_of_two_lines() {
        assert_eq!(Frame::new("frontier".to_owned(), "{}", &["/a", "/a\r\nb"]).err(), Some("/a\r\nb"));
    }
}
