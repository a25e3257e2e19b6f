//! Operations on files: contents are multipart bodies, streamed in both directions; the rest is JSON.
//!
//! Pebble begins the answer to a read before it knows the outcome: the status is 200, each file is a part, and a last
//! part has the result of each path. A write is answered path by path as well. A failed path becomes [`Error::Path`].

mod download;
mod frame;

use std::collections::BTreeMap;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::time::Duration;

use bytes::BytesMut;
use http::Request;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Sender;

use crate::body::{Body, Piece};
use crate::client::{Client, JSON, read};
use crate::connect::Connect;
use crate::types::{ErrorResult, FileInfo, FileResult, MakeDir, WriteFile};
use crate::wire::{describe, within};
use crate::{Error, Garbage, PathErrorKind, request};

use download::{Download, Element};
use frame::Frame;

/// A file to write with others, by [`Client::write_files`].
#[derive(Clone, Debug)]
pub struct NewFile<'a, R> {
    /// Absolute path.
    pub path: &'a str,
    /// Contents.
    pub content: R,
    /// Permissions and owner.
    pub options: WriteFile,
}

impl<C: Connect> Client<C> {
    /// The contents of a file of at most `limit` bytes; [`Error::TooLarge`] if there are more.
    pub async fn read_file(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let mut contents = Vec::new();
        let mut download = Download::begin(self, &[path]).await?;
        loop {
            match download.next().await? {
                Element::File(_) => {}
                Element::Data(data) if contents.len() + data.len() > limit => return Err(too_large(path, limit)),
                Element::Data(data) => contents.extend_from_slice(&data),
                Element::Results(results) => return one_result(download.what(), path, results).map(|()| contents),
            }
        }
    }

    /// The contents of several files in one request, in the order of `paths`. A file that can't be read, or has more
    /// than `limit` bytes, is an error of its own.
    pub async fn read_files(&self, paths: &[&str], limit: usize) -> Result<Vec<Result<Vec<u8>, Error>>, Error> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut files: BTreeMap<String, Result<Vec<u8>, Error>> = BTreeMap::new();
        let mut current = String::new();
        let mut download = Download::begin(self, paths).await?;
        let results = loop {
            match download.next().await? {
                Element::File(path) => {
                    files.insert(path.clone(), Ok(Vec::new()));
                    current = path;
                }
                Element::Data(data) => {
                    if let Some(Ok(contents)) = files.get_mut(&current) {
                        if contents.len() + data.len() > limit {
                            files.insert(current.clone(), Err(too_large(&current, limit)));
                        } else {
                            contents.extend_from_slice(&data);
                        }
                    }
                }
                Element::Results(results) => break results,
            }
        };
        if results.len() != paths.len() {
            return Err(Error::garbage(download.what(), Garbage::Shape("one result for each path".into())));
        }
        let of = |(path, result): (&&str, FileResult)| match result.error {
            Some(error) => Err(Error::path(path, error)),
            None => files.remove(*path).unwrap_or_else(|| Ok(Vec::new())),
        };
        Ok(paths.iter().zip(results).map(of).collect())
    }

    /// Streams a file's contents into `target`, and returns their length. After an error `target` may have some of
    /// them.
    pub async fn read_file_to(&self, path: &str, target: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Error> {
        let failed = |source| Error::Io { what: format!("write down the contents of {path}"), source };
        let mut length = 0;
        let mut download = Download::begin(self, &[path]).await?;
        loop {
            match download.next().await? {
                Element::File(_) => {}
                Element::Data(data) => {
                    target.write_all(&data).await.map_err(failed)?;
                    length += data.len() as u64;
                }
                Element::Results(results) => {
                    one_result(download.what(), path, results)?;
                    target.flush().await.map_err(failed)?;
                    return Ok(length);
                }
            }
        }
    }

    /// The entries of a directory that match `pattern`; for a file, or with `itself`, the entry of the path.
    pub async fn list_files(&self, path: &str, pattern: Option<&str>, itself: bool) -> Result<Vec<FileInfo>, Error> {
        self.ask(request::list_files(path, pattern, itself), "a list of files")
            .await
            .map_err(|error| on_path(path, error))
    }

    /// Streams `content` into a file, which replaces an existing one atomically.
    pub async fn write_file(
        &self,
        path: &str,
        content: &mut (impl AsyncRead + Unpin),
        options: &WriteFile,
    ) -> Result<(), Error> {
        let (what, results) = self.write(&mut [NewFile { path, content, options: options.clone() }]).await?;
        one_result(&what, path, results)
    }

    /// Streams several files in one request; returns one result for each, in their order. Each replaces an existing
    /// file atomically, whatever becomes of the others.
    ///
    /// # Errors
    /// A failure of the whole request: files before the failure may be written.
    pub async fn write_files<R: AsyncRead + Unpin>(
        &self,
        files: &mut [NewFile<'_, R>],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let (what, results) = self.write(files).await?;
        each_result(&what, files.iter().map(|file| file.path), results)
    }

    async fn write<R: AsyncRead + Unpin>(
        &self,
        files: &mut [NewFile<'_, R>],
    ) -> Result<(String, Vec<FileResult>), Error> {
        let items = files.iter().map(|file| request::write_item(file.path, &file.options)).collect();
        let items = serde_json::to_string(&request::write_items(items)).expect("items have text keys only");
        let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
        let frame = Frame::new(boundary(), &items, &paths).map_err(unspeakable)?;
        let (pieces, body) = Body::pieces();
        let request = request::write_file(&frame.boundary)?.map(|()| body);
        let what = describe(&request);
        let feeding = feed(&frame, files, pieces, self.wire.limits.idle);
        let results = self.upload(request, feeding).await?;
        Ok((what, results))
    }

    /// Makes a directory.
    pub async fn make_dir(&self, path: &str, options: &MakeDir) -> Result<(), Error> {
        let results = self.ask(request::make_dirs(&[(path, options)]), RESULTS).await?;
        one_result(POST_FILES, path, results)
    }

    /// Makes several directories in one request; returns one result for each, in their order.
    ///
    /// # Errors
    /// A failure of the whole request.
    pub async fn make_dirs(&self, dirs: &[(&str, &MakeDir)]) -> Result<Vec<Result<(), Error>>, Error> {
        if dirs.is_empty() {
            return Ok(Vec::new());
        }
        let results = self.ask(request::make_dirs(dirs), RESULTS).await?;
        each_result(POST_FILES, dirs.iter().map(|(path, _)| *path), results)
    }

    /// Removes a file or directory; with `recursive` a directory with its contents, and a missing path is no error.
    pub async fn remove(&self, path: &str, recursive: bool) -> Result<(), Error> {
        let results = self.ask(request::remove(&[path], recursive), RESULTS).await?;
        one_result(POST_FILES, path, results)
    }

    /// Removes several paths in one request, each as [`Client::remove`]; returns one result for each, in their order.
    ///
    /// # Errors
    /// A failure of the whole request.
    pub async fn remove_all(&self, paths: &[&str], recursive: bool) -> Result<Vec<Result<(), Error>>, Error> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let results = self.ask(request::remove(paths, recursive), RESULTS).await?;
        each_result(POST_FILES, paths.iter().copied(), results)
    }

    /// Sends a request and its streamed body, and reads the answer, which may come before the body's end.
    async fn upload(
        &self,
        request: Request<Body>,
        feeding: impl Future<Output = Result<(), Error>>,
    ) -> Result<Vec<FileResult>, Error> {
        let limit = self.wire.limits.answer;
        let what = describe(&request);
        let mut answer = pin!(self.wire.send_fresh(request));
        let answer = tokio::select! {
            answer = &mut answer => answer?,
            fed = feeding => {
                if let Err(error) = fed {
                    // The connection must run once more to be broken off.
                    within(GOODBYE, String::new, answer).await.ok();
                    return Err(error);
                }
                within(limit, || what.clone(), answer).await??
            }
        };
        let bytes = within(limit, || what.clone(), self.wire.collect(answer, JSON)).await??;
        read(&what, self.open(&what, &bytes)?.result, RESULTS)
    }
}

fn too_large(path: &str, limit: usize) -> Error {
    Error::TooLarge { what: path.to_owned(), limit }
}

/// Bytes of a file that are sent at once.
const PIECE: usize = 64 << 10;

/// Time that a connection gets to be broken off.
const GOODBYE: Duration = Duration::from_secs(1);

/// Name of the request in errors.
const POST_FILES: &str = "POST /v1/files";

/// Name of the expected result in errors.
const RESULTS: &str = "one result for the path";

/// Feeds a request's body: the frame around the files, and their contents piece by piece. Stops without an error if the
/// connection takes no more pieces: then the answer has the reason.
async fn feed<R: AsyncRead + Unpin>(
    frame: &Frame,
    files: &mut [NewFile<'_, R>],
    pieces: Sender<Piece>,
    idle: Duration,
) -> Result<(), Error> {
    let put = async |piece, path: &str| {
        within(idle, || format!("the writing of {path}"), pieces.send(piece)).await.map(|sent| sent.is_ok())
    };
    let mut last = "";
    for (file, head) in files.iter_mut().zip(&frame.heads) {
        let NewFile { path, content, .. } = file;
        last = *path;
        if !put(Piece::Data(head.clone()), path).await? {
            return Ok(());
        }
        loop {
            let mut buffer = BytesMut::with_capacity(PIECE);
            match content.read_buf(&mut buffer).await {
                Ok(0) => break,
                Ok(_) => {
                    if !put(Piece::Data(buffer.freeze()), path).await? {
                        return Ok(());
                    }
                }
                Err(source) => {
                    put(Piece::Abort, path).await?;
                    return Err(Error::Io { what: format!("read the new contents of {path}"), source });
                }
            }
        }
    }
    put(Piece::Data(frame.after.clone()), last).await.map(drop)
}

/// Converts the results of a request with several paths.
fn each_result<'a>(
    what: &str,
    paths: impl ExactSizeIterator<Item = &'a str>,
    results: Vec<FileResult>,
) -> Result<Vec<Result<(), Error>>, Error> {
    if results.len() != paths.len() {
        return Err(Error::garbage(what, Garbage::Shape("one result for each path".into())));
    }
    let of = |(path, result): (&str, FileResult)| result.error.map_or(Ok(()), |error| Err(Error::path(path, error)));
    Ok(paths.zip(results).map(of).collect())
}

/// Checks the result of a request with one path.
fn one_result(what: &str, path: &str, results: Vec<FileResult>) -> Result<(), Error> {
    match <[FileResult; 1]>::try_from(results) {
        Ok([FileResult { error: None, .. }]) => Ok(()),
        Ok([FileResult { error: Some(error), .. }]) => Err(Error::path(path, error)),
        Err(_) => Err(Error::garbage(what, Garbage::Shape(RESULTS.into()))),
    }
}

/// Converts a refusal that is about the path to [`Error::Path`].
fn on_path(path: &str, error: Error) -> Error {
    match error {
        Error::Api { kind, message, .. }
            if matches!(kind.as_str(), "not-found" | "permission-denied" | "generic-file-error") =>
        {
            Error::path(path, ErrorResult { message, kind, ..ErrorResult::default() })
        }
        other => other,
    }
}

/// The error for a path that a multipart head can't carry.
fn unspeakable(path: &str) -> Error {
    Error::Path {
        kind: PathErrorKind::Generic,
        path: path.to_owned(),
        message: "a path to write to can't hold control characters".to_owned(),
    }
}

/// A random boundary. Pebble requires at least 32 characters.
fn boundary() -> String {
    // Each state has a seed from the system's source of randomness.
    let random = || RandomState::new().build_hasher().finish();
    format!("webcharm-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests;
