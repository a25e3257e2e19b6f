//! Contents of files in multipart bodies, whole in memory.

use bytes::Bytes;
use pebble::multipart::{Event, Reader, escaped, parameter};
use pebble::types::{Envelope, FileResult, FilesAction, ResponseType};
use serde_json::json;

use super::api::{Answer, ApiError, plain};
use crate::files::{FileError, Files};

/// Boundary of the fake's bodies; contents are copied as they are, so a file with this line in it can't be read.
const BOUNDARY: &str = "a6f0c1d29be84375a6f0c1d29be84375a6f0c1d29be84375";

/// The body for files that a client reads.
pub(super) fn download(files: impl IntoIterator<Item = (String, Result<Vec<u8>, FileError>)>) -> Answer {
    let (mut body, mut results) = (Vec::new(), Vec::new());
    for (path, content) in files {
        let mut result = FileResult { path, ..FileResult::default() };
        match content {
            Ok(content) => {
                let name = escaped(&result.path);
                let head = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\n"
                );
                body.extend(head.as_bytes());
                body.extend(content);
                body.extend(b"\r\n");
            }
            Err(error) => result.error = Some(error.result()),
        }
        results.push(result);
    }
    let envelope = Envelope {
        kind: ResponseType::Sync,
        status_code: 200,
        status: "OK".to_owned(),
        result: json!(results),
        ..Envelope::default()
    };
    let text = serde_json::to_string(&envelope).expect("plain data has a JSON form");
    let tail = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"response\"\r\nContent-Type: application/json\r\n\r\n\
         {text}\r\n--{BOUNDARY}--\r\n"
    );
    body.extend(tail.as_bytes());
    plain(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// Writes the files of a client's body.
pub(super) fn write(files: &mut Files, content_type: &str, body: &[u8]) -> Result<Vec<FileResult>, ApiError> {
    let broken = || ApiError::bad_request("cannot read request metadata: multipart: NextPart: EOF");
    let mut parts = parts(content_type, body).ok_or_else(broken)?.into_iter();
    let (_, description) = parts.next().filter(|(name, _)| name.is_empty()).ok_or_else(broken)?;
    let asked: FilesAction = serde_json::from_slice(&description)
        .map_err(|error| ApiError::bad_request(format!("cannot decode request metadata: {error}")))?;
    let contents: Vec<(String, Vec<u8>)> = parts.collect();
    let results = asked.files.iter().map(|item| {
        let content = contents.iter().find(|(name, _)| *name == item.path);
        let written = content.map_or_else(
            || {
                Err(FileError {
                    kind: "generic-file-error",
                    status: 400,
                    message: format!("no file content for path {:?}", item.path),
                })
            },
            |(_, content)| files.write(item, content),
        );
        FileResult { path: item.path.clone(), error: written.err().map(FileError::result) }
    });
    Ok(results.collect())
}

/// The file names and contents of a body's parts.
fn parts(content_type: &str, body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut reader = Reader::new(&parameter(content_type, "boundary")?);
    reader.push(Bytes::copy_from_slice(body));
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    loop {
        match reader.next().ok()?? {
            Event::Part(part) => parts.push((part.filename, Vec::new())),
            Event::Data(data) => parts.last_mut()?.1.extend(data),
            Event::PartEnd => {}
            Event::End => return Some(parts),
        }
    }
}
