//! Sink of a stand-in: an HTTP server on a unix socket in this process, which takes what is sent and shows the last of it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;

/// Longest body, in bytes.
const LONGEST: usize = 8 << 20;

/// Lines that are kept.
pub(super) const KEPT: usize = 1000;

/// Longest part of a line that is kept, in characters: a name, or a text that was logged.
const LONGEST_PART: usize = 4000;

/// A body that was sent, unpacked.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its type, without parameters.
    pub(super) kind: String,
    /// Its bytes.
    pub(super) body: Vec<u8>,
}

/// Kind of a sink: its path, and the lines of a body, or what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker {
    /// Path to which bodies are sent.
    pub(super) path: &'static str,
    /// Status of a body that was taken.
    pub(super) taken: StatusCode,
    /// The last lines of a body, at most [`KEPT`], of [`plain`] parts.
    pub(super) lines: fn(&Sent) -> Result<Vec<String>, String>,
}

/// The last lines, the oldest first.
type Lines = Arc<Mutex<VecDeque<String>>>;

/// The running server. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Sink {
    socket: PathBuf,
    over: Arc<Notify>,
    server: Option<JoinHandle<()>>,
}

impl Sink {
    /// Serves on a new socket at this path.
    pub(super) fn start(socket: &Path, taker: Taker) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let over = Arc::new(Notify::new());
        let ended = Arc::clone(&over);
        let server = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = ended.notified() => {}
                    _ = serve(listener, taker) => {}
                }
            });
        });
        Ok(Self { socket: socket.to_owned(), over, server: Some(server) })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.over.notify_one();
        if let Some(server) = self.server.take() {
            // A server that panicked has ended, too.
            let _ = server.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Serves until the socket fails.
async fn serve(listener: UnixListener, taker: Taker) -> io::Result<()> {
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let lines = Lines::default();
    loop {
        let (stream, _) = listener.accept().await?;
        let lines = Arc::clone(&lines);
        let service = service_fn(move |request| {
            let lines = Arc::clone(&lines);
            async move { Ok::<_, Infallible>(answer(request, taker, &lines).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A client that goes away ends its own connection alone.
            let _ = connection.await;
        });
    }
}

async fn answer(request: Request<Incoming>, taker: Taker, lines: &Lines) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::POST, path) if path == taker.path => match take(request, taker).await {
            Ok(new) => {
                keep(lines, &new);
                (taker.taken, String::new())
            }
            Err(why) => (StatusCode::BAD_REQUEST, format!("{why}\n")),
        },
        (&Method::GET, "/") => (StatusCode::OK, shown(lines)),
        _ => (StatusCode::NOT_FOUND, String::new()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn take(request: Request<Incoming>, taker: Taker) -> Result<Vec<String>, String> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(|_| "the body is cut or too long".to_owned())?;
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_owned();
    (taker.lines)(&Sent { kind, body: unpacked(&body.to_bytes(), &head.headers)? })
}

/// The body without its compression.
fn unpacked(body: &Bytes, headers: &HeaderMap) -> Result<Vec<u8>, String> {
    use std::io::Read;
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Ok(body.to_vec()),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            let reader = flate2::read::GzDecoder::new(&body[..]);
            let read = reader.take(LONGEST as u64 + 1).read_to_end(&mut plain);
            read.map_err(|error| format!("the body is not gzip: {error}"))?;
            if plain.len() > LONGEST { Err("the body is too long".to_owned()) } else { Ok(plain) }
        }
        Some(_) => Err("the body has a compression other than gzip".to_owned()),
    }
}

fn keep(lines: &Lines, new: &[String]) {
    let mut kept = lines.lock().unwrap_or_else(PoisonError::into_inner);
    kept.extend(new.iter().cloned());
    let surplus = kept.len().saturating_sub(KEPT);
    kept.drain(..surplus);
}

fn shown(lines: &Lines) -> String {
    let kept = lines.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().map(|line| format!("{line}\n")).collect()
}

/// A part of a line without control characters, cut if it is long: a name in front of each of a million empty spans
/// would take all memory.
pub(super) fn plain(part: &str) -> String {
    part.chars().take(LONGEST_PART).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    const TAKER: Taker = Taker {
        path: "/push",
        taken: StatusCode::NO_CONTENT,
        lines: |sent| {
            let text = String::from_utf8(sent.body.clone()).map_err(|_| "the body is no text".to_owned())?;
            Ok(vec![format!("{}: {}", sent.kind, plain(&text))])
        },
    };

    fn sink() -> (tempfile::TempDir, PathBuf, Sink) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("it.sock");
        let sink = Sink::start(&socket, TAKER).unwrap();
        (dir, socket, sink)
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_sent_is_shown_and_nonsense_is_refused() {
        let (_dir, socket, sink) = sink();
        let client = http_client::on_socket(&socket);
        let post = |path: &str, encoding: &str, body: Vec<u8>| {
            let request = client.post(format!("http://sink{path}")).header("content-encoding", encoding);
            let answer = request.header("content-type", "text/x; charset=utf-8").body(body).send().unwrap();
            answer.status().as_u16()
        };
        assert_eq!(post("/push", "identity", b"a\x1bb".to_vec()), 204);
        assert_eq!(post("/push", "gzip", packed(b"packed")), 204);
        assert_eq!(post("/push", "gzip", b"unpacked".to_vec()), 400);
        assert_eq!(post("/push", "gzip", packed(&vec![b'a'; LONGEST + 1])), 400);
        assert_eq!(post("/push", "br", b"?".to_vec()), 400);
        assert_eq!(post("/push", "identity", vec![0xff]), 400);
        assert_eq!(post("/elsewhere", "identity", Vec::new()), 404);
        let page = client.get("http://sink/").send().unwrap();
        assert_eq!(page.text().unwrap(), "text/x: a b\ntext/x: packed\n");
        drop(sink);
        assert!(UnixStream::connect(&socket).is_err() && !socket.exists());
    }

    #[test]
    fn a_body_that_is_too_long_is_refused() {
        let (_dir, socket, _sink) = sink();
        let request = http_client::on_socket(&socket).post("http://sink/push").body(vec![b'a'; LONGEST + 1]);
        // The server may close the connection before all is sent.
        assert!(request.send().map_or(true, |answer| answer.status() == StatusCode::BAD_REQUEST));
    }

    #[test]
    fn the_last_lines_are_kept() {
        let lines = Lines::default();
        let numbers: Vec<_> = (0..=KEPT).map(|number| number.to_string()).collect();
        keep(&lines, &numbers);
        assert!(shown(&lines).starts_with("1\n") && shown(&lines).ends_with(&format!("{KEPT}\n")));
    }
}
