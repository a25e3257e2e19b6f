//! Log forwarding to servers of the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;

const SOON: Duration = Duration::from_secs(60);

/// A server that answers each POST with the next status, and passes on path and body.
fn server(statuses: &'static [u16]) -> (SocketAddr, Receiver<(String, Value)>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                lines.push(line.trim().to_ascii_lowercase());
            }
            let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = statuses.get(index).copied().unwrap_or(204);
            let mut stream = reader.into_inner();
            stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
            let path = lines[0].split(' ').nth(1).unwrap().to_owned();
            if sender.send((path, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn layer(kind: &str, location: &str) -> String {
    format!(
        "
services:
  web:
    override: replace
    command: sh -c 'echo hello; exec sleep 1000'
    environment: {{TIER: front}}
log-targets:
  target:
    override: replace
    type: {kind}
    location: {location}
    services: [all]
    labels: {{tier: '$TIER', product: shop}}
"
    )
}

fn start(kind: &str, location: &str) -> Daemon {
    let daemon = Daemon::start(&layer(kind, location), &["--hold"]);
    daemon.client().start(&["web"], SOON).unwrap();
    daemon
}

#[test]
fn loki_gets_streams_with_labels_again_after_an_error() {
    let (address, requests) = server(&[500]);
    let daemon = start("loki", &format!("http://{address}/loki/api/v1/push"));
    let (path, first) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(path, "/loki/api/v1/push");
    let stream = &first["streams"][0];
    assert_eq!(stream["stream"], json!({"tier": "front", "product": "shop", "pebble_service": "web"}));
    assert_eq!(stream["values"][0][1], "hello");
    assert_eq!(stream["values"][0][0].as_str().unwrap().len(), "1700000000000000000".len());
    // The batch that failed comes with the next line.
    daemon.client().restart(&["web"], SOON).unwrap();
    let (_, second) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(second["streams"][0]["values"].as_array().unwrap().len(), 2);
    assert!(daemon.stderr().contains(r#"Cannot flush logs to target "target": server returned HTTP 500"#));
}

#[test]
fn a_changed_location_takes_effect() {
    let (_, _gone) = server(&[]);
    let (address, requests) = server(&[]);
    let daemon = start("opentelemetry", "http://127.0.0.1:1");
    let changed = layer("opentelemetry", &format!("http://{address}")).parse_layer();
    daemon.client().add_layer("test", &changed, true).unwrap();
    let (path, body) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(path, "/v1/logs");
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let expected = [attribute("service.name", "web"), attribute("product", "shop"), attribute("tier", "front")];
    assert_eq!(body["resourceLogs"][0]["resource"]["attributes"], json!(expected));
    let scope = &body["resourceLogs"][0]["scopeLogs"][0];
    assert_eq!(
        (&scope["scope"]["name"], &scope["logRecords"][0]["body"]["stringValue"]),
        (&json!("pebble"), &json!("hello"))
    );
}

#[test]
fn syslog_gets_messages_over_tcp_and_udp() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let daemon = start("syslog", &format!("tcp://{}", listener.local_addr().unwrap()));
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut text = vec![0; 4096];
    let count = stream.read(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text[..count]).into_owned();
    let (length, message) = text.split_once(' ').unwrap();
    assert_eq!(length.parse(), Ok(message.len()));
    assert!(message.starts_with("<13>1 2"), "{message}");
    assert!(message.ends_with(r#" web - - [pebble@28978 product="shop" tier="front"] hello"#), "{message}");
    drop(daemon);

    let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let _daemon = start("syslog", &format!("udp://{}", socket.local_addr().unwrap()));
    let mut text = vec![0; 4096];
    let count = socket.recv(&mut text).unwrap();
    assert!(String::from_utf8_lossy(&text[..count]).ends_with("] hello"));
}

/// A layer from its text.
trait ParseLayer {
    fn parse_layer(&self) -> pebble::plan::Layer;
}

impl ParseLayer for String {
    fn parse_layer(&self) -> pebble::plan::Layer {
        pebble::plan::Layer::parse(self.as_bytes()).unwrap()
    }
}
