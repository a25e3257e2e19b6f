//! A cluster's API of one object: enough HTTP for one client that sends GETs.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Path of a fixture.
pub(crate) fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"))
}

/// A running server; its thread ends with the test process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Receiver<String>,
}

impl Server {
    /// Answers a GET of `path` with `body`, any other request with a cluster's 404.
    pub(crate) fn start(path: &'static str, body: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = request_line(&stream);
                let found = request == format!("GET {path} HTTP/1.1");
                let (status, body) = if found { ("200 OK", body.as_slice()) } else { ("404 Not Found", NOT_FOUND) };
                // Sent before the answer, because the test reads it after the answer. The test may have ended already.
                let _ = sender.send(request);
                answer(&stream, status, body);
            }
        });
        Self { address, requests }
    }

    /// The first lines of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }

    /// A kubeconfig whose current context, `recorded`, has this server and the namespace `web`.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "recorded",
                "clusters": [{{"name": "here", "cluster": {{"server": "http://{}"}}}}],
                "users": [{{"name": "nobody", "user": {{}}}}],
                "contexts": [{{"name": "recorded", "context": {{"cluster": "here", "user": "nobody", "namespace": "web"}}}}]}}"#,
            self.address
        )
    }
}

const NOT_FOUND: &[u8] = br#"{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
    "message": "pods \"shop-7\" not found", "reason": "NotFound", "details": {"name": "shop-7", "kind": "pods"}, "code": 404}"#;

/// The request's first line. Headers are read and dropped; a GET has no body.
fn request_line(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    first
}

fn answer(mut stream: &TcpStream, status: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}
