//! The charm reaches its workload through Pebble's socket alone: its own code opens no connection, and Pebble's client
//! opens them in one place.

use std::fs;
use std::path::PathBuf;

use crate::support::{repository, rust_sources};

/// Names of types and modules by which a program opens or takes a connection.
const CONNECTIONS: [&str; 13] = [
    "TcpStream",
    "TcpListener",
    "TcpSocket",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "ToSocketAddrs",
    "std::os::unix::net",
    "tokio::net",
    "hyper_util::client",
    "reqwest",
    "socket2",
];

/// Folders of the code that the charm's binary consists of, but for Pebble's client.
const CHARM: [&str; 6] = ["src", "interfaces/src", "juju/src", "juju/metadata", "switches", "yaml"];

/// Folder of the code that opens Pebble's socket.
const CLIENT: &str = "pebble/src/connect";

/// Names of connections in the code, outside of comments and of the tests at its end.
fn connections(source: &str) -> Vec<&'static str> {
    let shipped = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<_> = shipped.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    CONNECTIONS.into_iter().filter(|name| code.contains(name)).collect()
}

/// Sources below the folder, but for tests, that have connections, with them.
fn found(folder: &str) -> Vec<(PathBuf, Vec<&'static str>)> {
    let all = rust_sources(&repository().join(folder));
    assert!(!all.is_empty(), "{folder} has no sources");
    let all = all.into_iter().filter(|path| !path.ends_with("tests.rs") && !path.iter().any(|part| part == "tests"));
    let read = |path: PathBuf| {
        let names = connections(&fs::read_to_string(&path).unwrap());
        (path.strip_prefix(repository()).unwrap().to_owned(), names)
    };
    all.map(read).filter(|(_, names)| !names.is_empty()).collect()
}

#[test]
fn only_pebble_s_client_opens_connections() {
    for folder in CHARM {
        assert_eq!(found(folder), [], "{folder}");
    }
    let client = found("pebble/src");
    assert!(!client.is_empty());
    for (path, names) in client {
        assert!(path.starts_with(CLIENT) || path == *format!("{CLIENT}.rs"), "{} {names:?}", path.display());
    }
}

#[test]
fn names_of_connections_count_in_code_alone() {
    for (source, expected) in [
        ("use tokio::net::TcpStream;", vec!["TcpStream", "tokio::net"]),
        ("let x = UnixStream::connect(path)?;", vec!["UnixStream"]),
        ("// as UnixStream does", vec![]),
        ("use std::net::IpAddr;", vec![]),
        ("fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::net::TcpListener;\n}\n", vec![]),
    ] {
        assert_eq!(connections(source), expected, "{source}");
    }
}
