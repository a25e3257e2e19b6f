//! The HTTPS address, and checks of HTTPS servers.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use pebble::types::HealthLevel;
use serde_json::{Value, json};

use crate::daemon::{Daemon, command, folder, until};
use crate::tls::{self, CLIENT, LOCALHOST, Pair, SERVER_ONLY, STRANGER};

/// A port that was just free, on a loopback address of this process's own, so that no other test takes it.
pub(crate) fn free_address() -> SocketAddr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    TcpListener::bind((format!("127.78.{high}.{low}"), 0)).unwrap().local_addr().unwrap()
}

/// Status and body of the answer over HTTPS.
fn ask(address: SocketAddr, own: Pair, line: &str) -> (u16, Value) {
    let mut stream = tls::connect(address, Some(own)).unwrap();
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// Gives the certificates to administrators of these names.
fn add_identities(daemon: &Daemon, named: &[(&str, Pair)]) {
    let identity = |pair: Pair| json!({"access": "admin", "cert": {"pem": pair.certificate}});
    let identities: serde_json::Map<String, Value> =
        named.iter().map(|(name, pair)| ((*name).to_owned(), identity(*pair))).collect();
    let path = daemon.folder.path().join("identities.yaml");
    fs::write(&path, json!({"identities": identities}).to_string()).unwrap();
    let ran = daemon.client_verb(&["add-identities", "--from", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_certificate_gives_the_access_of_its_identity() {
    let address = free_address();
    let daemon = Daemon::start("", &["--hold", &format!("--https={address}")]);
    add_identities(&daemon, &[("bob", CLIENT), ("eve", SERVER_ONLY)]);
    let status = |own, line: &str| ask(address, own, line).0;
    let (open, body) = ask(address, STRANGER, "GET /v1/system-info");
    assert_eq!((open, &body["result"]["https-address"]), (200, &json!(address.to_string())));
    assert_eq!([status(CLIENT, "GET /v1/services"), status(STRANGER, "GET /v1/services")], [200, 401]);
    assert_eq!(status(SERVER_ONLY, "GET /v1/services"), 401);
    // No part of Pebble opens a pairing window.
    assert_eq!(status(CLIENT, "POST /v1/pairing"), 401);
    let refused = tls::connect(address, None).and_then(|mut stream| {
        // TLS 1.3 tells a refusal with the first answer.
        stream.write_all(b"GET /v1/health HTTP/1.1\r\n\r\n")?;
        stream.read(&mut [0])
    });
    assert!(refused.is_err(), "{refused:?}");
    let log = daemon.stderr();
    for line in [
        format!("HTTPS API server listening on \"{address}\"."),
        "401 (https)".to_owned(),
        r#""event":"authz_fail:eve","description":"client certificate matched stored identity but failed self-signed verification: x509: certificate specifies an incompatible key usage""#.to_owned(),
        r#""event":"authz_fail:bob,/v1/pairing""#.to_owned(),
    ] {
        assert!(log.contains(&line), "{line} is not in {log}");
    }
}

#[test]
fn the_identity_outlives_the_daemon() {
    let address = free_address();
    let mut daemon = Daemon::start("", &["--hold", &format!("--https={address}")]);
    let first = tls::certificates(address, CLIENT);
    daemon.stop();
    daemon.start_again(&["--hold", &format!("--https={address}")]);
    let second = tls::certificates(address, CLIENT);
    assert!(first.len() == 2 && first[1] == second[1] && first[0] != second[0]);
    daemon.stop();
    let mode = |name: &str| fs::metadata(daemon.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        [mode("identity"), mode("identity/key.pem"), mode("tls"), mode("tls/identity.pem")],
        [0o700, 0o600, 0o700, 0o600]
    );
    // Another key has another certificate.
    fs::remove_file(daemon.folder.path().join("identity/key.pem")).unwrap();
    daemon.start_again(&["--hold", &format!("--https={address}")]);
    assert!(tls::certificates(address, CLIENT)[1] != first[1]);
}

#[test]
fn an_identity_key_that_can_not_be_kept_ends_the_start() {
    let folder = folder("");
    let failure = |persist: &str| {
        let mut command = command(folder.path(), &["--https=127.0.0.1:0"]);
        let output = command.env("PEBBLE_PERSIST", persist).stderr(std::process::Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let expected =
        "cannot run daemon: cannot use --https with PEBBLE_PERSIST=never: identity key requires persistent state\n";
    assert_eq!(failure("never"), (Some(1), expected.to_owned()));
    let identity = folder.path().join("identity");
    fs::create_dir(&identity).unwrap();
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o755)).unwrap();
    let expected = format!(
        "cannot run daemon: cannot create identity directory: expected permission 0o700 (got 0o755) for \"{}\"\n",
        identity.display()
    );
    assert_eq!(failure(""), (Some(1), expected));
    assert!(!folder.path().join(".pebble.socket").exists());
}

#[test]
fn a_check_of_an_https_server_trusts_the_machines_authorities() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        loop {
            // A client that trusts it not ends the handshake.
            let Ok(mut stream) = tls::accept(&listener) else { continue };
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    let layer = format!(
        "checks:\n  up: {{override: replace, level: ready, period: 1000h, threshold: 1, http: {{url: 'https://localhost:{port}/'}}}}\n"
    );
    for (authorities, is_healthy) in [(LOCALHOST.certificate, true), (STRANGER.certificate, false)] {
        let folder = folder(&layer);
        let file = folder.path().join("authorities.pem");
        fs::write(&file, authorities).unwrap();
        let mut command = command(folder.path(), &["--hold"]);
        command.env("SSL_CERT_FILE", &file).env_remove("SSL_CERT_DIR");
        let daemon = Daemon::spawn(folder, command);
        let refreshed = daemon.client_verb(&["check", "--refresh", "up"]);
        assert_eq!(daemon.client().health(HealthLevel::Ready, &[]).unwrap(), is_healthy, "{refreshed:?}");
        if !is_healthy {
            let expected = format!(
                "Get \"https://localhost:{port}/\": tls: failed to verify certificate: x509: certificate signed by unknown authority"
            );
            until("the failure is told", || daemon.stderr().contains(&expected).then_some(()));
        }
    }
}
