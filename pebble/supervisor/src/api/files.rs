//! Handlers of `/v1/files`. Contents are parts of multipart bodies in both directions, streamed piece by piece.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use http_body_util::BodyExt;
use pebble::multipart::{self, Event, LONGEST_BOUNDARY, Part, Reader, escaped, media_type, parameter};
use pebble::types::{ErrorResult, FileResult, FilesAction, WriteItem};
use tokio::sync::mpsc;
use tokio::task::{spawn_blocking, spawn_local};

use super::{Call, shapes};
use crate::clock::Time;
use crate::errno::{PathError, shown};
use crate::files::draft::Draft;
use crate::files::pieces::Pieces;
use crate::files::{self, Error};
use crate::go_json::decode;
use crate::response::{ApiError, ApiResult, Envelope, stream, sync};
use crate::turn::Turn;
use pebble::plan::quote;

/// The shortest boundary in bytes that Pebble accepts.
const SHORTEST_BOUNDARY: usize = 32;
/// The longest description of files to write, in bytes.
const LONGEST_REQUEST: usize = 1 << 20;

pub(super) async fn get(call: Call) -> ApiResult {
    match call.query.get("action") {
        "read" => read(&call),
        "list" => list(&call),
        other => Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    }
}

fn list(call: &Call) -> ApiResult {
    let path = call.query.get("path");
    if path.is_empty() {
        return Err(ApiError::bad_request("must specify path"));
    }
    let itself = match call.query.get("itself") {
        "true" => true,
        "" | "false" => false,
        _ => return Err(ApiError::bad_request(r#"itself parameter must be "true" or "false""#)),
    };
    if !path.starts_with('/') {
        return Err(ApiError::bad_request(format!("path must be absolute, got {}", quote(path))));
    }
    let infos = files::list(path, call.query.get("pattern"), itself).map_err(|error| {
        let (kind, status) = error.kind();
        ApiError::of_kind(kind, status, error.to_string())
    })?;
    sync(infos)
}

fn read(call: &Call) -> ApiResult {
    let paths: Vec<String> = call.query.all("path").map(str::to_owned).collect();
    if paths.is_empty() {
        return Err(ApiError::bad_request("must specify one or more paths"));
    }
    let accepts = call.request.headers().get(ACCEPT);
    if accepts.is_none_or(|accepts| accepts != "multipart/form-data") {
        return Err(ApiError::bad_request("must accept multipart/form-data"));
    }
    for path in &paths {
        call.admit("pull_file", &format!("Pulling file {}", shown(path)));
    }
    let boundary = boundary();
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
    let (pieces, response) = stream(content_type.map_err(|error| ApiError::server(error.to_string()))?);
    spawn_local(async move {
        // It ends early if the client leaves.
        let _ = send(&paths, &boundary, &pieces).await;
    });
    Ok(response)
}

/// A random boundary: 48 hexadecimal digits, which no file holds by accident.
fn boundary() -> String {
    let mut random = [0; 24];
    let drawn = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random));
    if drawn.is_err() {
        // Without randomness the time serves: the boundary is no secret, it must only differ from the contents.
        random[..4].copy_from_slice(&Time::now().subsecond().to_le_bytes());
    }
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Gone;

async fn send(paths: &[String], boundary: &str, pieces: &mpsc::Sender<Bytes>) -> Result<(), Gone> {
    let mut results = Vec::new();
    let mut before = "";
    for path in paths {
        let sent = match files::open(path) {
            Ok(file) => {
                let name = escaped(path);
                let disposition = format!("Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"");
                let head =
                    format!("{before}--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n");
                before = "\r\n";
                pieces.send(head.into()).await.map_err(|_| Gone)?;
                contents(path, file, pieces).await?
            }
            Err(error) => Err(error),
        };
        results.push(FileResult { path: path.clone(), error: error_of(sent) });
    }
    let disposition = "Content-Disposition: form-data; name=\"response\"";
    let head = format!("{before}--{boundary}\r\n{disposition}\r\nContent-Type: application/json\r\n\r\n");
    let end = format!("\n\r\n--{boundary}--\r\n");
    let last = [head.into_bytes(), Envelope::sync(results).json(), end.into_bytes()].concat();
    pieces.send(last.into()).await.map_err(|_| Gone)
}

async fn contents(path: &str, file: File, pieces: &mpsc::Sender<Bytes>) -> Result<Result<(), Error>, Gone> {
    let mut turn = Turn::begin();
    let mut content = Pieces::of(file);
    loop {
        turn.pass().await;
        match content.next() {
            Ok(None) => return Ok(Ok(())),
            Ok(Some(piece)) => pieces.send(piece).await.map_err(|_| Gone)?,
            Err(error) => return Ok(Err(PathError::when("read", path)(error).into())),
        }
    }
}

pub(super) async fn act(mut call: Call) -> ApiResult {
    let content_type =
        call.request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type(content_type)
        .ok_or_else(|| ApiError::bad_request(format!("invalid Content-Type {}", quote(content_type))))?;
    match media_type.as_str() {
        "multipart/form-data" => {
            let boundary = parameter(content_type, "boundary").unwrap_or_default();
            if !(SHORTEST_BOUNDARY..=LONGEST_BOUNDARY).contains(&boundary.len()) {
                return Err(ApiError::bad_request(format!("invalid boundary {}", quote(&boundary))));
            }
            Upload { reader: Reader::new(&boundary), call, turn: Turn::begin() }.write().await
        }
        "application/json" => act_on_paths(&mut call).await,
        other => Err(ApiError::bad_request(format!("invalid media type {}", quote(other)))),
    }
}

async fn act_on_paths(call: &mut Call) -> ApiResult {
    let asked: FilesAction = call.json(&shapes::FILES, "request body").await?;
    let result = |path: &str, done: Result<(), Error>| FileResult { path: path.to_owned(), error: error_of(done) };
    let act: Box<dyn FnOnce() -> Vec<FileResult> + Send> = match asked.action.as_str() {
        "make-dirs" => {
            Box::new(move || asked.dirs.iter().map(|item| result(&item.path, files::make_directory(item))).collect())
        }
        "remove" => Box::new(move || {
            asked.paths.iter().map(|item| result(&item.path, files::remove(&item.path, item.recursive))).collect()
        }),
        "write" => return Err(ApiError::bad_request(r#"must use multipart with "write" action"#)),
        other => return Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    };
    // A large tree takes long, and this thread serves all other requests.
    sync(spawn_blocking(act).await.map_err(|error| ApiError::server(error.to_string()))?)
}

fn error_of(done: Result<(), Error>) -> Option<ErrorResult> {
    done.err().map(|error| error.result())
}

/// An upload: one or more files to write, in a multipart body.
struct Upload {
    reader: Reader,
    call: Call,
    turn: Turn,
}

impl Upload {
    async fn write(mut self) -> ApiResult {
        let asked = self.description().await?;
        let items: BTreeMap<&str, &WriteItem> = asked.files.iter().map(|item| (item.path.as_str(), item)).collect();
        let mut done: BTreeMap<String, Result<(), Error>> = BTreeMap::new();
        let failed = |number: usize| move |why| ApiError::bad_request(format!("cannot read file part {number}: {why}"));
        for number in 0.. {
            let part = match self.next().await.map_err(failed(number))? {
                Event::Part(part) => part,
                Event::End => break,
                Event::Data(_) | Event::PartEnd => continue,
            };
            let item = items.get(part.filename.as_str()).filter(|_| part.name == "files");
            let item = item.ok_or_else(|| stray(&part))?;
            self.call.admit("push_file", &format!("Pushing file {}", shown(&item.path)));
            // A part that breaks off shows when the next part is missing.
            let written = self.one(item).await.map_err(failed(number + 1))?;
            done.insert(item.path.clone(), written);
        }
        let result = |item: WriteItem| {
            let done = done.remove(&item.path).unwrap_or_else(|| Err(Error::Missing(item.path.clone())));
            FileResult { path: item.path, error: error_of(done) }
        };
        sync(asked.files.into_iter().map(result).collect::<Vec<FileResult>>())
    }

    /// Reads the first part, which describes the files in the others.
    async fn description(&mut self) -> Result<FilesAction, ApiError> {
        let failed = |why: String| ApiError::bad_request(format!("cannot read request metadata: {why}"));
        let Event::Part(part) = self.next().await.map_err(failed)? else {
            return Err(failed("EOF".to_owned()));
        };
        if part.name != "request" {
            return Err(ApiError::bad_request(format!(
                r#"metadata field name must be "request", got {}"#,
                quote(&part.name)
            )));
        }
        let mut text = Vec::new();
        // A part that breaks off is decoded as far as it goes; the error comes with the next part.
        loop {
            match self.next().await {
                Ok(Event::Data(data)) => text.extend(data),
                Ok(_) => break,
                Err(_) => {
                    text.extend(self.reader.rest());
                    break;
                }
            }
            if text.len() > LONGEST_REQUEST {
                return Err(failed("it is too long".to_owned()));
            }
        }
        let asked: FilesAction = decode(&text, &shapes::UPLOAD)
            .map_err(|why| ApiError::bad_request(format!("cannot decode request metadata: {why}")))?;
        match asked.action.as_str() {
            "write" if asked.files.is_empty() => Err(ApiError::bad_request("must specify one or more files")),
            "write" => Ok(asked),
            other => Err(ApiError::bad_request(format!(r#"multipart action must be "write", got {}"#, quote(other)))),
        }
    }

    /// Writes one file. If that fails, the rest of its part is still read.
    async fn one(&mut self, item: &WriteItem) -> Result<Result<(), Error>, String> {
        let mut draft = Draft::create(item);
        while let Event::Data(data) = self.next().await? {
            draft = draft.and_then(|mut draft| draft.write(&data).map(|()| draft));
        }
        Ok(match draft {
            Ok(draft) => draft.finish().await,
            Err(error) => Err(error),
        })
    }

    async fn next(&mut self) -> Result<Event, String> {
        loop {
            if let Some(event) = self.reader.next().map_err(broken)? {
                return Ok(event);
            }
            let frame = self.call.request.body_mut().frame().await;
            let frame = frame.ok_or_else(|| match self.reader.is_in_head() {
                true => "EOF".to_owned(),
                false => broken(multipart::Error::Early),
            })?;
            if let Ok(data) = frame.map_err(|error| broken_off(&error))?.into_data() {
                self.reader.push(data);
            }
            self.turn.pass().await;
        }
    }
}

/// The message of Go's multipart reader, which Pebble passes on.
fn broken(error: multipart::Error) -> String {
    let why = match error {
        multipart::Error::Early => "multipart: NextPart: EOF",
        multipart::Error::Boundary => "multipart: boundary line is broken",
        multipart::Error::Head => "multipart: message too large",
    };
    why.to_owned()
}

fn broken_off(error: &hyper::Error) -> String {
    if error.is_incomplete_message() { "unexpected EOF".to_owned() } else { error.to_string() }
}

fn stray(part: &Part) -> ApiError {
    ApiError::bad_request(if part.name == "files" {
        format!("no metadata for path {}", quote(&part.filename))
    } else {
        format!(r#"field name must be "files", got {}"#, quote(&part.name))
    })
}
