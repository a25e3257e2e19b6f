//! HTTP servers on the unix socket and TCP: accept connections, identify clients, pass requests to the API and log
//! them.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pebble::plan::Span;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::access::Transport;
use crate::api;
use crate::daemon::Daemon;
use crate::errno;
use crate::request_body::RequestBody;
use crate::response::{ApiError, Body, Busy};
use crate::tls;
use bind::Error as BindError;
use long_target::{Lines, Next};
use target::Target;

mod bind;
mod long_target;
mod target;

/// Pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);
/// Time that a client has for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// An address that can't be listened on. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("when trying to listen on {0}: socket {0:?} already in use")]
    InUse(String),
    #[error("when trying to listen on {0}: remove {0}: {why}", why = errno::text(.1))]
    Remove(String, io::Error),
    #[error("when trying to listen on {0}: listen unix {0}: bind: {why}", why = errno::text(.1))]
    Socket(String, io::Error),
    #[error("cannot listen on {address:?}")]
    Http { address: String, source: BindError },
    #[error("cannot TLS listen on {address:?}")]
    Https { address: String, source: BindError },
}

/// Listens on the unix socket. Every user of the machine may connect; access is checked per request. A socket that a
/// dead daemon left is replaced.
pub(crate) async fn listen(path: &Path) -> Result<UnixListener, Error> {
    let name = path.display().to_string();
    if UnixStream::connect(path).await.is_ok() {
        return Err(Error::InUse(name));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::Remove(name, error)),
        _ => {}
    }
    let bind = || {
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
        Ok(listener)
    };
    bind().map_err(|error| Error::Socket(name, error))
}

/// Listens on the address of HTTP.
pub(crate) fn listen_http(address: &str) -> Result<TcpListener, Error> {
    bind(address).map_err(|source| Error::Http { address: address.to_owned(), source })
}

/// Listens on the address of HTTPS.
pub(crate) fn listen_https(address: &str) -> Result<TcpListener, Error> {
    bind(address).map_err(|source| Error::Https { address: address.to_owned(), source })
}

fn bind(address: &str) -> Result<TcpListener, BindError> {
    let listener = bind::bind(address)?;
    let adopted = listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener));
    adopted.map_err(|error| BindError::System { address: address.to_owned(), error })
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

/// Serves HTTPS for ever.
pub(crate) async fn serve_https(daemon: Rc<Daemon>, listener: TcpListener, tls: tls::Server) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (daemon, acceptor) = (daemon.clone(), tls.acceptor());
                spawn_local(async move {
                    // A client that doesn't finish its handshake keeps its connection only for so long.
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        connect_secured(&daemon, stream, peer);
                    }
                });
            }
            Err(error) => pause(&daemon, &error).await,
        }
    }
}

fn connect_secured(daemon: &Rc<Daemon>, stream: TlsStream<TcpStream>, peer: SocketAddr) {
    let session = stream.get_ref().1;
    let certificate: Rc<[u8]> = match session.peer_certificates() {
        Some([certificate]) => certificate.as_ref().into(),
        // The handshake has failed already.
        _ => return,
    };
    let transport = Transport::Https { peer, certificate };
    if session.alpn_protocol() != Some(b"h2") {
        return connect(daemon, stream, transport);
    }
    let daemon = daemon.clone();
    spawn_local(async move {
        let service = service_fn(move |request| {
            let (daemon, transport) = (daemon.clone(), transport.clone());
            async move {
                let target = Target::from(request.uri());
                Ok::<_, Infallible>(answer(&daemon, request, target, transport).await)
            }
        });
        // Clients may close a connection at any time.
        let _ = http2::Builder::new(Local).serve_connection(TokioIo::new(stream), service).await;
    });
}

/// Runs the tasks of a connection on this thread.
#[derive(Clone, Copy, Debug)]
struct Local;

impl<F: Future<Output = ()> + 'static> Executor<F> for Local {
    fn execute(&self, work: F) {
        spawn_local(work);
    }
}

async fn pause(daemon: &Daemon, error: &io::Error) {
    daemon.journal.note(&format!("Cannot accept connection: {}", crate::errno::text(error)));
    sleep(PAUSE).await;
}

fn connect(daemon: &Rc<Daemon>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, transport: Transport) {
    let daemon = daemon.clone();
    spawn_local(async move {
        let next = Next::default();
        let lines = Lines::new(stream, next.clone());
        let service = service_fn(move |request| {
            let (daemon, transport, next) = (daemon.clone(), transport.clone(), next.clone());
            async move {
                let target = next.take_target().map_or_else(|| Target::from(request.uri()), Target::from);
                let answer = answer(&daemon, request, target, transport).await;
                if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                    next.request_ended();
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let server = http1::Builder::new().title_case_headers(true).serve_connection(TokioIo::new(lines), service);
        // Clients may close a connection at any time.
        let _ = server.with_upgrades().await;
    });
}

/// Answers a request whose body is read to its end, even if the handler doesn't.
async fn answer(
    daemon: &Rc<Daemon>,
    request: Request<Incoming>,
    target: Target,
    transport: Transport,
) -> Response<Body> {
    let begun = Instant::now();
    let busy = Busy::new(&daemon.busy);
    let method = request.method().clone();
    let (request, remainder) = RequestBody::lend(request);
    let mut answer = match target.decoded_path() {
        None => bad_path(),
        Some(path) => match target.cleaned(&path) {
            Some(location) => redirect(location),
            None => {
                let answer = api::answer(daemon, &path, target.query(), request, &transport).await;
                answer.unwrap_or_else(ApiError::into_response)
            }
        },
    };
    if method != Method::GET {
        daemon.store.save();
    }
    remainder.drain().await;
    answer.body_mut().keep_busy(busy);
    log(daemon, answer, method, target, &transport, begun)
}

/// The answer of Go's server to a path whose escapes are invalid.
fn bad_path() -> Response<Body> {
    let mut response = Response::new(Body::whole("400 Bad Request"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Redirects a path with dots or double slashes to the clean one.
fn redirect(location: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::whole(""));
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(LOCATION, location);
    response
}

fn log(
    daemon: &Rc<Daemon>,
    mut answer: Response<Body>,
    method: Method,
    target: Target,
    transport: &Transport,
    begun: Instant,
) -> Response<Body> {
    if is_noise(&method, target.path()) {
        return answer;
    }
    // A websocket's handshake is logged as 200.
    let status = match answer.status() {
        StatusCode::SWITCHING_PROTOCOLS => 200,
        status => status.as_u16(),
    };
    let journal = daemon.journal;
    let (peer, name) = (transport.peer().map(|peer| format!("{peer} ")).unwrap_or_default(), transport.name());
    answer.body_mut().at_end(move || {
        let took = Span::from(begun.elapsed());
        journal.note(&format!("{peer}{method} {} {took} {status} ({name})", target.text()));
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
}
