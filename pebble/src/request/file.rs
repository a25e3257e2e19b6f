//! Requests about files.

use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Uri};

use super::{Built, LOCALHOST, get, octal, post, text};
use crate::Error;
use crate::types::{DirItem, FilesAction, MakeDir, RemoveItem, WriteFile, WriteItem};

/// `GET /v1/files` with `read`; the answer is multipart.
pub fn read_files(paths: &[&str]) -> Built {
    let mut query = vec![("action", "read".to_owned())];
    query.extend(paths.iter().map(|path| ("path", (*path).to_owned())));
    let mut request = get("/v1/files", &query)?;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("multipart/form-data"));
    Ok(request)
}

/// `GET /v1/files` with `list`.
pub fn list_files(path: &str, pattern: Option<&str>, itself: bool) -> Built {
    let mut query = vec![("action", "list".to_owned()), ("path", path.to_owned())];
    query.extend(pattern.map(|pattern| ("pattern", pattern.to_owned())));
    query.extend(itself.then(|| ("itself", "true".to_owned())));
    get("/v1/files", &query)
}

/// `POST /v1/files` with a multipart body, which the caller streams.
pub fn write_file(boundary: &str) -> Result<Request<()>, Error> {
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/v1/files");
    let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
        .map_err(|_| Error::Request { what: "POST /v1/files".to_owned() })?;
    request.headers_mut().insert(CONTENT_TYPE, kind);
    request.headers_mut().insert(HOST, LOCALHOST);
    Ok(request)
}

/// An item of [`write_items`].
pub fn write_item(path: &str, options: &WriteFile) -> WriteItem {
    WriteItem {
        path: path.to_owned(),
        make_dirs: options.make_dirs,
        permissions: octal(options.permissions),
        user_id: options.user_id.map(i64::from),
        user: text(&options.user),
        group_id: options.group_id.map(i64::from),
        group: text(&options.group),
    }
}

/// Content of the part `request`, the first in that body.
pub fn write_items(files: Vec<WriteItem>) -> FilesAction {
    FilesAction { action: "write".to_owned(), files, ..FilesAction::default() }
}

/// `POST /v1/files` with `make-dirs`.
pub fn make_dirs(dirs: &[(&str, &MakeDir)]) -> Built {
    let item = |(path, options): &(&str, &MakeDir)| DirItem {
        path: (*path).to_owned(),
        make_parents: options.make_parents,
        permissions: octal(options.permissions),
        user_id: options.user_id.map(i64::from),
        user: text(&options.user),
        group_id: options.group_id.map(i64::from),
        group: text(&options.group),
    };
    let body =
        FilesAction { action: "make-dirs".to_owned(), dirs: dirs.iter().map(item).collect(), ..FilesAction::default() };
    post("/v1/files", &body)
}

/// `POST /v1/files` with `remove`.
pub fn remove(paths: &[&str], recursive: bool) -> Built {
    let paths = paths.iter().map(|path| RemoveItem { path: (*path).to_owned(), recursive }).collect();
    post("/v1/files", &FilesAction { action: "remove".to_owned(), paths, ..FilesAction::default() })
}
