//! HTTP servers of the tests: for checks, and as log targets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// A server that answers each request over a connection of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Receiver<Request>,
}

/// A request to a server.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Header fields with names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Status of its answer.
    pub(crate) status: u16,
}

/// An answer: status, further header lines, and body.
pub(crate) type Answer = (u16, String, String);

impl Server {
    /// Starts a server. A request is never answered if `answer` returns `None`.
    pub(crate) fn start(
        listener: TcpListener,
        mut answer: impl FnMut(&Request) -> Option<Answer> + Send + 'static,
    ) -> Server {
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if let Some(stream) = serve(stream, &mut answer, &sender) {
                    unanswered.push(stream);
                }
            }
        });
        Server { address, requests }
    }

    /// A server that answers with these statuses, and afterwards with 204.
    pub(crate) fn with_statuses(listener: TcpListener, statuses: &'static [u16]) -> Server {
        let mut next = statuses.iter();
        Server::start(listener, move |_| Some((next.next().copied().unwrap_or(204), String::new(), String::new())))
    }

    /// The next request.
    pub(crate) fn next(&self) -> Request {
        self.requests.recv_timeout(SOON).expect("the server gets a request")
    }

    /// A request that has already arrived.
    pub(crate) fn arrived(&self) -> Option<Request> {
        self.requests.try_recv().ok()
    }
}

/// Serves one connection; returns it if its request stays without an answer.
fn serve(
    stream: TcpStream,
    answer: &mut impl FnMut(&Request) -> Option<Answer>,
    requests: &Sender<Request>,
) -> Option<TcpStream> {
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    // A check of a port connects without a word.
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return None;
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut request = Request { method, path, headers, body, status: 0 };
    let mut stream = reader.into_inner();
    let Some((status, head, body)) = answer(&request) else { return Some(stream) };
    let length = body.len();
    let text = format!("HTTP/1.1 {status} Any\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}");
    request.status = status;
    // The test or the daemon may have ended.
    let _ = requests.send(request);
    let _ = stream.write_all(text.as_bytes());
    None
}
