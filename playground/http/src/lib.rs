//! HTTP client of services on this machine: the playground's probes and the tests ask with it.
//!
//! A package of its own, so that the charm and the supervisor, which speak HTTP only with Pebble's clients, can't link
//! it. Each request has its own connection, unless [`keeping`] sends it, and must be answered within [`PATIENCE`].
//! Redirects are returned, not followed. Proxies in the environment are ignored.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use reqwest::blocking::ClientBuilder;
use reqwest::redirect::Policy;

pub use reqwest::blocking::{Client, RequestBuilder, Response};
pub use reqwest::{Error, StatusCode, header};

/// Limit of a whole request: connecting, sending, and reading the answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

fn builder() -> ClientBuilder {
    let builder = Client::builder().timeout(PATIENCE).connect_timeout(PATIENCE);
    builder.redirect(Policy::none()).no_proxy().pool_max_idle_per_host(0)
}

fn built(builder: ClientBuilder) -> Client {
    builder.build().expect("without TLS, building fails only where no thread can be started")
}

/// Client of services at an address.
pub fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| built(builder()));
    &CLIENT
}

/// Client that keeps its connection for the next request, if the server does.
#[must_use]
pub fn keeping() -> Client {
    built(builder().pool_max_idle_per_host(1))
}

/// Client of the service that listens on a unix socket. The host in URLs is ignored.
#[must_use]
pub fn on_socket(socket: &Path) -> Client {
    built(builder().unix_socket(socket))
}

/// Status of the answer to `GET url`, as soon as its head is there.
///
/// # Errors
/// When no HTTP answer comes within [`PATIENCE`].
pub fn status(url: &str) -> Result<StatusCode, Error> {
    Ok(client().get(url).send()?.status())
}

/// Body of the answer to `GET url`, with any status.
///
/// # Errors
/// When no HTTP answer comes within [`PATIENCE`].
pub fn page(url: &str) -> Result<String, Error> {
    client().get(url).send()?.text()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;
    use std::thread::spawn;

    use super::*;

    /// Reads requests from a connection and gives each this answer, until the client closes it. Returns the first
    /// lines.
    fn serve<S: std::io::Read + Write>(stream: S, answer: &str) -> Vec<String> {
        let mut reader = BufReader::new(stream);
        let mut requests = Vec::new();
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or(0) == 0 {
                    return requests;
                }
            }
            requests.push(head.lines().next().unwrap().to_owned());
            if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                return requests;
            }
        }
    }

    fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        (listener, url)
    }

    #[test]
    fn an_answer_of_any_status_is_one_and_a_redirect_is_not_followed() {
        let (listener, url) = listener();
        let answers = ["503 Not Yet", "302 Found\r\nLocation: http://127.0.0.1:1/"];
        let server = spawn(move || {
            let answer = |head| format!("HTTP/1.1 {head}\r\nContent-Length: 5\r\n\r\nlater");
            answers.map(|head| serve(listener.accept().unwrap().0, &answer(head)))
        });
        assert_eq!(page(&url).unwrap(), "later");
        assert_eq!(status(&url).unwrap().as_u16(), 302);
        assert_eq!(server.join().unwrap(), [["GET /health HTTP/1.1"], ["GET /health HTTP/1.1"]]);
        status(&url).unwrap_err();
    }

    #[test]
    fn what_is_no_http_is_no_answer() {
        let (listener, url) = listener();
        let server = spawn(move || serve(listener.accept().unwrap().0, "SSH-2.0-x 200\r\n\r\n"));
        status(&url).unwrap_err();
        assert_eq!(server.join().unwrap().len(), 1);
    }

    #[test]
    fn a_service_on_a_socket_is_asked_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("it.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = spawn(move || serve(listener.accept().unwrap().0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(on_socket(&path).get("http://elsewhere.invalid/x").send().unwrap().status(), StatusCode::OK);
        assert_eq!(server.join().unwrap(), ["GET /x HTTP/1.1"]);
    }

    #[test]
    fn one_that_keeps_its_connection_sends_the_next_request_on_it() {
        let (listener, url) = listener();
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let server = spawn(move || serve(listener.accept().unwrap().0, answer));
        let client = keeping();
        for _ in 0..2 {
            client.get(&url).send().unwrap().text().unwrap();
        }
        drop(client);
        assert_eq!(server.join().unwrap().len(), 2);
    }
}
