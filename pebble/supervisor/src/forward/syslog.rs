//! Syslog messages, RFC 5424: over TCP with octet counting (RFC 6587), over UDP one a datagram.

use std::fs;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};

use super::Labels;
use crate::dial;
use crate::errno;
use crate::log::reader::Entry;
use pebble::plan::quote;

/// Facility user, severity notice, version 1.
const PREFIX: &str = "<13>1 ";
/// Canonical's private enterprise number.
const ENTERPRISE: u32 = 28978;
/// The longest text in a datagram, in bytes.
const LONGEST_DATAGRAM: usize = 4000;

/// Connection to a syslog server.
#[derive(Debug)]
pub(super) enum Connection {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

/// Entries that were not sent.
#[derive(Debug)]
pub(super) struct Failure {
    /// Number of entries before them, each sent as a datagram.
    pub(super) sent: usize,
    /// Pebble's words.
    pub(super) why: String,
}

/// Sends entries over a connection, which is made if it is missing and given up after an error.
///
/// # Errors
/// The server can't be reached, or the location is not its URL.
pub(super) async fn send(
    location: &str,
    connection: &mut Option<Connection>,
    entries: &[Entry],
    labels: &Labels,
) -> Result<(), Failure> {
    let open = match connection.take() {
        Some(open) => open,
        None => connect(location).await.map_err(|why| Failure { sent: 0, why })?,
    };
    *connection = Some(sent(open, entries, labels).await?);
    Ok(())
}

async fn sent(connection: Connection, entries: &[Entry], labels: &Labels) -> Result<Connection, Failure> {
    let host = hostname();
    let failed = |sent, error| Failure { sent, why: format!("cannot send syslogs: {}", errno::text(&error)) };
    match connection {
        Connection::Tcp(mut stream) => {
            let frames: String =
                entries.iter().map(|entry| framed(&message(entry, labels, &host, &entry.message))).collect();
            stream.write_all(frames.as_bytes()).await.map_err(|error| failed(0, error))?;
            Ok(Connection::Tcp(stream))
        }
        Connection::Udp(socket) => {
            for (index, entry) in entries.iter().enumerate() {
                let message = message(entry, labels, &host, &cut(&entry.message));
                socket.send(message.as_bytes()).await.map_err(|error| failed(index, error))?;
            }
            Ok(Connection::Udp(socket))
        }
    }
}

fn framed(message: &str) -> String {
    format!("{} {message}", message.len())
}

/// A text that fits into a datagram.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST_DATAGRAM {
        return text.to_owned();
    }
    let end = (0..=LONGEST_DATAGRAM - 3).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}...", &text[..end])
}

fn message(entry: &Entry, labels: &Labels, host: &str, text: &str) -> String {
    let Entry { time, service, .. } = entry;
    let data = labels.get(service).map_or_else(|| "-".to_owned(), structured);
    format!("{PREFIX}{time} {host} {service} - - {data} {text}")
}

/// Labels as structured data.
fn structured(labels: &std::collections::BTreeMap<String, String>) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace(']', "\\]");
    let parameters: String = labels.iter().map(|(label, value)| format!(" {label}=\"{}\"", escaped(value))).collect();
    format!("[pebble@{ENTERPRISE}{parameters}]")
}

fn hostname() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Some(name.trim()).filter(|name| !name.is_empty()).unwrap_or("-").to_owned()
}

/// Scheme and address of a location.
///
/// # Errors
/// The location is no URL of a syslog server, in Pebble's words.
pub(super) fn parse(location: &str) -> Result<(&str, &str), String> {
    let broken = |why: String| format!("invalid syslog server location: parse {}: {why}", quote(location));
    let form = || {
        format!(
            r#"invalid syslog server location {}, must be in form "tcp://host:port" or "udp://host:port""#,
            quote(location)
        )
    };
    let Some((scheme, rest)) = location.split_once("://") else {
        let has_scheme = location.starts_with(|first: char| first.is_ascii_alphabetic());
        let is_colon_first = location.split('/').next().is_some_and(|segment| segment.contains(':'));
        return Err(if is_colon_first && !has_scheme {
            broken("first path segment in URL cannot contain colon".to_owned())
        } else {
            form()
        });
    };
    let address = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((_, port)) = address.rsplit_once(':').filter(|(_, port)| !port.contains(']'))
        && !port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(broken(format!("invalid port {} after host", quote(&format!(":{port}")))));
    }
    if !matches!(scheme, "tcp" | "udp") || address.is_empty() { Err(form()) } else { Ok((scheme, address)) }
}

async fn connect(location: &str) -> Result<Connection, String> {
    let (scheme, address) = parse(location)?;
    let failed = |why: String| format!("cannot connect to {location}: {why}");
    let of = |why: &str| failed(format!("dial {scheme}: address {address}: {why}"));
    let (host, port) = address
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains(']'))
        .ok_or_else(|| of("missing port in address"))?;
    let port = if port.is_empty() { 0 } else { port.parse().map_err(|_| of("invalid port"))? };
    match scheme {
        "tcp" => dial::tcp(host, port).await.map(Connection::Tcp).map_err(failed),
        _ => udp(host, port).await.map(Connection::Udp).map_err(failed),
    }
}

async fn udp(host: &str, port: u16) -> Result<UdpSocket, String> {
    let found = dial::addresses(host, port).await.map_err(|why| format!("dial udp: {why}"))?;
    let address = found.into_iter().next().ok_or_else(|| format!("dial udp: lookup {host}: no such host"))?;
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let failed = |error: std::io::Error| format!("dial udp {address}: {}", errno::text(&error));
    let socket = UdpSocket::bind(any).await.map_err(failed)?;
    socket.connect(address).await.map_err(failed)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use crate::clock::Time;

    use super::*;

    #[test]
    fn messages_have_time_host_service_and_labels() {
        let time = Time::parse("2026-01-02T03:04:05.678Z").unwrap();
        let entry = Entry { time, service: "web".to_owned(), message: "hello".to_owned() };
        let labels: Labels = [("web".to_owned(), [("a".to_owned(), "b\"]\\".to_owned())].into())].into();
        let text = message(&entry, &labels, "host", "hello");
        assert_eq!(text, r#"<13>1 2026-01-02T03:04:05.678Z host web - - [pebble@28978 a="b\"\]\\"] hello"#);
        assert_eq!(framed("abc"), "3 abc");
        assert!(message(&entry, &Labels::new(), "-", "x").ends_with(" - web - - - x"));
    }

    #[test]
    fn a_location_is_a_url_with_an_address() {
        assert_eq!(parse("tcp://[::1]:514/x"), Ok(("tcp", "[::1]:514")));
        assert_eq!(parse("udp://host"), Ok(("udp", "host")));
        for (location, why) in [
            ("host", "must be in form"),
            ("host:514", "must be in form"),
            ("http://host:514", "must be in form"),
            ("tcp://", "must be in form"),
            ("1.2.3.4:514", "first path segment in URL cannot contain colon"),
            ("udp://host:x", r#"invalid port ":x" after host"#),
        ] {
            assert!(parse(location).unwrap_err().contains(why), "{location}");
        }
    }

    #[test]
    fn a_datagram_has_a_limit() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"x".repeat(9000)).len(), LONGEST_DATAGRAM);
        assert!(cut(&"é".repeat(9000)).len() <= LONGEST_DATAGRAM);
    }
}
