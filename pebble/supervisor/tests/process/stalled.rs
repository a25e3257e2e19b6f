//! Clients that stall in the middle of a request: others are served, and the daemon still ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::daemon::Daemon;

const LAYER: &str = "services:\n  web:\n    override: replace\n    command: sh -c 'while :; do echo line; done'\n";

/// Opens a connection and sends text; the test then neither reads nor writes.
fn stall(daemon: &Daemon, text: &str) -> UnixStream {
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

#[test]
fn stalled_clients_do_not_block_others() {
    let mut daemon = Daemon::start(LAYER, &["--hold"]);
    let large = daemon.folder.path().join("large");
    File::create(&large).unwrap().set_len(1 << 30).unwrap();
    daemon.client().start(&["web"], Duration::from_secs(60)).unwrap();
    let request = |line: &str, rest: &str| format!("{line} HTTP/1.1\r\nHost: x\r\n{rest}");
    let read =
        request(&format!("GET /v1/files?action=read&path={}", large.display()), "Accept: multipart/form-data\r\n\r\n");
    let boundary = "b".repeat(40);
    let upload = request(
        "POST /v1/files",
        &format!(
            "Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: 999\r\n\r\n--{boundary}\r\n"
        ),
    );
    let stalled = [
        stall(&daemon, "GET /v1/ser"),
        stall(&daemon, &request("POST /v1/layers", "Content-Length: 999\r\n\r\n{\"action\":")),
        stall(&daemon, &upload),
        stall(&daemon, &read),
        stall(&daemon, &request("GET /v1/logs?follow=true&n=-1", "\r\n")),
        stall(&daemon, &request("GET /v1/notices?timeout=1h&types=custom", "\r\n")),
    ];
    // The two long answers have begun.
    for mut stream in [&stalled[3], &stalled[4]] {
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 1);
    }
    // Each of these requests is answered within the client's limit.
    for _ in 0..50 {
        assert!(daemon.client().services(&["web"]).unwrap()[0].is_running());
    }
    assert!(daemon.stop().success());
}
