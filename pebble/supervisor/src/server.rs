//! HTTP servers on the unix socket and TCP: accept connections, identify clients, pass requests to the API and log
//! them.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener as StdTcpListener, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pebble::plan::Span;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::access::Transport;
use crate::api;
use crate::daemon::Daemon;
use crate::files::clean;
use crate::query::{decode_path, encode_path};
use crate::response::{ApiError, Body, Busy};

/// Pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// An address that can't be listened on. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("when trying to listen on {0}: socket {0:?} already in use")]
    InUse(String),
    #[error("when trying to listen on {path}")]
    Socket { path: String, source: io::Error },
    #[error("cannot listen on {address:?}")]
    Http { address: String, source: io::Error },
}

/// Listens on the unix socket. Every user of the machine may connect; access is checked per request. A socket that a
/// dead daemon left is replaced.
pub(crate) async fn listen(path: &Path) -> Result<UnixListener, Error> {
    let name = path.display().to_string();
    if UnixStream::connect(path).await.is_ok() {
        return Err(Error::InUse(name));
    }
    let bind = || {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
        Ok(listener)
    };
    bind().map_err(|source| Error::Socket { path: name, source })
}

/// Listens on a TCP address; without a host on all of the machine's.
pub(crate) fn listen_http(address: &str) -> Result<TcpListener, Error> {
    let bind = || {
        let listener = match address.strip_prefix(':') {
            Some(port) => bind_all(port)?,
            None => StdTcpListener::bind(address.to_socket_addrs()?.collect::<Vec<SocketAddr>>().as_slice())?,
        };
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    bind().map_err(|source| Error::Http { address: address.to_owned(), source })
}

fn bind_all(port: &str) -> io::Result<StdTcpListener> {
    let port: u16 = port.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // Without IPv6, all IPv4 addresses.
    StdTcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).or_else(|_| StdTcpListener::bind(("0.0.0.0", port)))
}

/// Serves the unix socket for ever.
pub(crate) async fn serve(daemon: Rc<Daemon>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // A peer without credentials gets the lowest access of a user.
                let uid = stream.peer_cred().map_or(u32::MAX, |peer| peer.uid());
                connect(&daemon, stream, Transport::Socket { uid });
            }
            Err(error) => pause(&daemon, &error).await,
        }
    }
}

/// Serves HTTP over TCP for ever.
pub(crate) async fn serve_http(daemon: Rc<Daemon>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => connect(&daemon, stream, Transport::Http(peer)),
            Err(error) => pause(&daemon, &error).await,
        }
    }
}

async fn pause(daemon: &Daemon, error: &io::Error) {
    daemon.journal.note(&format!("Cannot accept connection: {}", crate::errno::text(error)));
    sleep(PAUSE).await;
}

fn connect(daemon: &Rc<Daemon>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, transport: Transport) {
    let daemon = daemon.clone();
    spawn_local(async move {
        let service = service_fn(move |request| {
            let daemon = daemon.clone();
            async move { Ok::<_, Infallible>(answer(&daemon, request, transport).await) }
        });
        let server = http1::Builder::new().title_case_headers(true).serve_connection(TokioIo::new(stream), service);
        // Clients may close a connection at any time.
        let _ = server.with_upgrades().await;
    });
}

async fn answer(daemon: &Rc<Daemon>, request: Request<Incoming>, transport: Transport) -> Response<Body> {
    let begun = Instant::now();
    let busy = Busy::new(&daemon.busy);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = decode_path(uri.path());
    let mut answer = match path {
        None => bad_path(),
        Some(path) => match redirect(&path, &uri) {
            Some(answer) => answer,
            None => api::answer(daemon, &path, request, transport).await.unwrap_or_else(ApiError::into_response),
        },
    };
    if method != Method::GET {
        daemon.store.save();
    }
    answer.body_mut().keep_busy(busy);
    log(daemon, answer, method, uri, transport, begun)
}

/// The answer of Go's server to a path whose escapes are invalid.
fn bad_path() -> Response<Body> {
    let mut response = Response::new(Body::whole("400 Bad Request"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Redirects a path with dots or double slashes to the clean one.
fn redirect(path: &str, uri: &Uri) -> Option<Response<Body>> {
    let mut plain = clean(path);
    if path.ends_with('/') && plain != "/" {
        plain.push('/');
    }
    if plain == path {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = HeaderValue::from_str(&format!("{}{query}", encode_path(&plain))).ok()?;
    let mut response = Response::new(Body::whole(""));
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(LOCATION, location);
    Some(response)
}

fn log(
    daemon: &Rc<Daemon>,
    mut answer: Response<Body>,
    method: Method,
    uri: Uri,
    transport: Transport,
    begun: Instant,
) -> Response<Body> {
    if is_noise(&method, uri.path()) {
        return answer;
    }
    // A websocket's handshake is logged as 200.
    let status = match answer.status() {
        StatusCode::SWITCHING_PROTOCOLS => 200,
        status => status.as_u16(),
    };
    let journal = daemon.journal;
    answer.body_mut().at_end(move || {
        let peer = match transport {
            Transport::Http(peer) => format!("{peer} "),
            Transport::Socket { .. } => String::new(),
        };
        let took = Span::from(begun.elapsed());
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        journal.note(&format!("{peer}{method} {target} {took} {status} ({})", transport.name()));
    });
    answer
}

/// True for requests that clients repeat and that would fill the log.
fn is_noise(method: &Method, path: &str) -> bool {
    let change = path.strip_prefix("/v1/changes/").is_some_and(|id| !id.contains('/'));
    method == Method::GET && (change || path == "/v1/system-info" || path == "/v1/health")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_what_is_asked_over_and_over() {
        let table = [
            ("GET", "/v1/changes/1", true),
            ("GET", "/v1/changes/1/wait", false),
            ("GET", "/v1/changes", false),
            ("POST", "/v1/changes/1", false),
            ("GET", "/v1/health", true),
            ("GET", "/v1/services", false),
        ];
        for (method, path, noise) in table {
            assert_eq!(is_noise(&method.parse().unwrap(), path), noise, "{method} {path}");
        }
    }

    #[test]
    fn only_unclean_paths_are_redirected() {
        let location = |uri: &'static str| {
            let uri = Uri::from_static(uri);
            let response = redirect(&decode_path(uri.path()).unwrap(), &uri)?;
            Some(response.headers()[LOCATION].to_str().unwrap().to_owned())
        };
        assert_eq!(location("//v1/services").as_deref(), Some("/v1/services"));
        assert_eq!(location("/v1/../v1/services//?a=b").as_deref(), Some("/v1/services/?a=b"));
        assert_eq!(location("//a%20b%c3%a9").as_deref(), Some("/a%20b%C3%A9"));
        assert_eq!((location("/v1/services"), location("/v1/services/"), location("/")), (None, None, None));
    }
}
