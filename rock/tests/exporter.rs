//! The stand-in for `statsd_exporter`, run as a program.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MAPPING: &str = r#"{"mappings": [
    {"match": "gunicorn.request.status.*", "name": "flask_response_code", "labels": {"status": "$1"}},
    {"match": "gunicorn.request.duration", "name": "flask_request_duration"}]}"#;

struct Exporter {
    child: Child,
    ports: Vec<u16>,
}

impl Exporter {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mapping = dir.path().join("mapping.conf");
        std::fs::write(&mapping, MAPPING).unwrap();
        let mut child = Command::new("/bin/python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/extension/statsd_exporter.py"))
            .arg(format!("--statsd.mapping-config={}", mapping.display()))
            .args(["--statsd.listen-udp=localhost:0", "--statsd.listen-tcp=localhost:0", "--web.listen-address=:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        Self { child, ports }
    }

    fn page(&self) -> String {
        http_client::page(&format!("http://127.0.0.1:{}/metrics", self.ports[2])).unwrap()
    }

    /// The page once it has `line`: datagrams arrive some time after they were sent.
    fn page_with(&self, line: &str) -> String {
        let started = Instant::now();
        loop {
            let page = self.page();
            if page.lines().any(|one| one == line) {
                return page;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "no {line:?} in:\n{page}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn gunicorns_datagrams_become_prometheus_metrics() {
    let exporter = Exporter::start();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in [
        "gunicorn.request.status.200:1|c|@1.0",
        "gunicorn.request.status.200:1|c|@0.5",
        "gunicorn.request.status.404:1|c",
        "gunicorn.request.duration:250|ms\ngunicorn.request.duration:750|ms",
        "gunicorn.workers:4|g|#a:b",
        "nonsense",
        "gunicorn.workers:+-1|g",
        "gunicorn.workers:1|c",
        "last:1|c",
    ] {
        socket.send_to(datagram.as_bytes(), ("127.0.0.1", exporter.ports[0])).unwrap();
    }
    let expected = "\
# TYPE flask_request_duration summary
flask_request_duration{quantile=\"0.5\"} 0.25
flask_request_duration{quantile=\"0.9\"} 0.25
flask_request_duration{quantile=\"0.99\"} 0.25
flask_request_duration_sum 1
flask_request_duration_count 2
# TYPE flask_response_code counter
flask_response_code{status=\"200\"} 3
flask_response_code{status=\"404\"} 1
# TYPE gunicorn_workers gauge
gunicorn_workers 4
# TYPE last counter
last 1
";
    assert_eq!(exporter.page_with("last 1"), expected);
}

#[test]
fn a_tcp_stream_is_read_too() {
    let exporter = Exporter::start();
    let mut stream = TcpStream::connect(("127.0.0.1", exporter.ports[1])).unwrap();
    stream.write_all(b"jobs:2|c\njobs:3|c\n").unwrap();
    exporter.page_with("jobs 5");
}
