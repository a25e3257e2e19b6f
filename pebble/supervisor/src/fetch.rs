//! Requests to other HTTP servers: of checks, and of log forwarding.

use bytes::Bytes;
use http::header::{HOST, LOCATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::spawn_local;

use crate::{dial, tls};
use pebble::plan::quote;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// A request, with header fields that are valid or skipped.
pub(crate) struct Fetch<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: Bytes,
}

/// An answer: its status and the status line's text, and the beginning of its body.
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// For example `404 Not Found`, in the server's words.
    pub(crate) status_text: String,
    pub(crate) body: Vec<u8>,
}

impl Fetch<'_> {
    /// Sends the request, follows redirects of a GET, and reads at most `longest` bytes of the body.
    ///
    /// # Errors
    /// Go's text: `Get "http://…": dial tcp …`.
    pub(crate) async fn send(&self, longest: usize) -> Result<Fetched, String> {
        let word = if self.method == Method::GET { "Get" } else { "Post" };
        let mut url = self.url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.once(&url).await.map_err(|why| format!("{word} {}: {why}", quote(&url)))?;
            match redirected(&response, &url).filter(|_| self.method == Method::GET) {
                Some(next) => url = next,
                None => return read(response, longest).await,
            }
        }
        Err(format!("{word} {}: stopped after {MOST_REDIRECTS} redirects", quote(&url)))
    }

    async fn once(&self, url: &str) -> Result<http::Response<Incoming>, String> {
        let uri: Uri = url.parse().map_err(|_| format!("unsupported protocol scheme {}", quote("")))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(other) => return Err(format!("unsupported protocol scheme {}", quote(other))),
            None => return Err(r#"unsupported protocol scheme """#.to_owned()),
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("http: no Host in request URL")?;
        let request = self.request(&uri)?;
        if uri.scheme_str() == Some("https") {
            let stream = dial::tcp(host, uri.port_u16().unwrap_or(443)).await?;
            return exchange(tls::connect(stream, host).await?, request).await;
        }
        exchange(dial::tcp(host, uri.port_u16().unwrap_or(80)).await?, request).await
    }

    fn request(&self, uri: &Uri) -> Result<Request<Full<Bytes>>, String> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = path.parse().map_err(|_| "invalid path".to_owned())?;
        let host = HeaderValue::from_str(authority.rsplit('@').next().unwrap_or_default());
        request.headers_mut().insert(HOST, host.map_err(|error| error.to_string())?);
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("Go-http-client/1.1"));
        for (name, value) in &self.headers {
            let field = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            match field {
                (Ok(name), Ok(value)) => drop(request.headers_mut().insert(name, value)),
                (Err(_), _) => return Err(format!("net/http: invalid header field name {}", quote(name))),
                (_, Err(_)) => return Err(format!("net/http: invalid header field value for {}", quote(name))),
            }
        }
        Ok(request)
    }
}

/// Sends a request over a connection of its own.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // The driver ends with the connection.
    drop(spawn_local(connection));
    let answer = sender.send_request(request).await;
    answer.map_err(|error| if error.is_incomplete_message() { "EOF".to_owned() } else { error.to_string() })
}

/// The address that an answer leads to.
fn redirected(response: &http::Response<Incoming>, from: &str) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    if location.contains("://") {
        return Some(location.to_owned());
    }
    let base: Uri = from.parse().ok()?;
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    if location.starts_with('/') {
        return Some(format!("{scheme}://{authority}{location}"));
    }
    let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{scheme}://{authority}{folder}/{location}"))
}

async fn read(response: http::Response<Incoming>, longest: usize) -> Result<Fetched, String> {
    let status = response.status().as_u16();
    let own = response.extensions().get::<ReasonPhrase>().map(|reason| String::from_utf8_lossy(reason.as_bytes()));
    let reason = own.unwrap_or_else(|| response.status().canonical_reason().unwrap_or_default().into());
    let status_text = format!("{status} {reason}");
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while body.len() < longest
        && let Some(frame) = incoming.frame().await
    {
        match frame {
            Ok(frame) => body.extend(frame.into_data().unwrap_or_default()),
            Err(_) => break,
        }
    }
    body.truncate(longest);
    Ok(Fetched { status, status_text, body })
}
