//! TCP addresses to listen on, read and refused as Go does: a wildcard of either family means both families, a port may
//! be the name of a service.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use rustix::io::Errno;

use crate::errno;

/// Service names and ports that hold without `/etc/services`.
const SERVICES: [(&str, u16); 14] = [
    ("domain", 53),
    ("ftp", 21),
    ("ftps", 990),
    ("gopher", 70),
    ("http", 80),
    ("https", 443),
    ("imap2", 143),
    ("imap3", 220),
    ("imaps", 993),
    ("pop3", 110),
    ("pop3s", 995),
    ("smtp", 25),
    ("ssh", 22),
    ("telnet", 23),
];

/// An address that can't be listened on. The texts are Go's.
#[derive(Debug)]
pub(crate) enum Error {
    /// Not an address.
    Address { address: String, why: &'static str },
    /// A host that has no address.
    Host(String),
    /// A service without a port.
    Service(String),
    /// The system refuses.
    System { address: String, error: io::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address { address, why } => write!(f, "listen tcp: address {address}: {why}"),
            Error::Host(host) => write!(f, "listen tcp: lookup {host}: no such host"),
            Error::Service(name) => write!(f, "listen tcp: lookup tcp/{name}: unknown port"),
            Error::System { address, error } => write!(f, "listen tcp {address}: bind: {}", errno::text(error)),
        }
    }
}

impl std::error::Error for Error {}

/// Listens on a TCP address `HOST:PORT`; without a host, or with a wildcard, on all addresses of the machine.
///
/// # Errors
/// Not an address, an unknown name, or the system's error.
pub(super) fn bind(address: &str) -> Result<TcpListener, Error> {
    let (host, service) = split(address).map_err(|why| Error::Address { address: address.to_owned(), why })?;
    let port = port(service)?;
    let ip = ip(host, port)?;
    // Go prints no host if none was given.
    let shown = if host.is_empty() { format!(":{port}") } else { SocketAddr::new(ip, port).to_string() };
    let bound = if ip.is_unspecified() { bind_all(port) } else { TcpListener::bind((ip, port)) };
    bound.map_err(|error| Error::System { address: shown, error })
}

fn bind_all(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).or_else(|error| {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            // A machine without IPv6.
            Some(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)),
            _ => Err(error),
        }
    })
}

/// Splits an address into its host, without brackets, and its port.
fn split(address: &str) -> Result<(&str, &str), &'static str> {
    let colon = address.rfind(':').ok_or("missing port in address")?;
    let port = &address[colon + 1..];
    let (host, rest) = match address.strip_prefix('[') {
        Some(inner) => {
            let end = inner.find(']').ok_or("missing ']' in address")?;
            match inner[end + 1..].strip_prefix(':') {
                Some(rest) if rest == port => (&inner[..end], rest),
                Some(_) => return Err("too many colons in address"),
                None => return Err("missing port in address"),
            }
        }
        None if address[..colon].contains(':') => return Err("too many colons in address"),
        None => (&address[..colon], address),
    };
    match (host.contains('[') || rest.contains('['), rest.contains(']')) {
        (true, _) => Err("unexpected '[' in address"),
        (false, true) => Err("unexpected ']' in address"),
        (false, false) => Ok((host, port)),
    }
}

/// Port of a number or a service's name; an empty one leaves the choice to the system.
fn port(service: &str) -> Result<u16, Error> {
    let digits = service.strip_prefix(['+', '-']).unwrap_or(service);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return named(service).ok_or_else(|| Error::Service(service.to_owned()));
    }
    let is_negative = service.starts_with('-') && digits.bytes().any(|digit| digit != b'0');
    let number = match digits.trim_start_matches('0') {
        "" => Some(0),
        digits => digits.parse().ok().filter(|_| !is_negative),
    };
    number.ok_or_else(|| Error::Address { address: service.to_owned(), why: "invalid port" })
}

fn named(service: &str) -> Option<u16> {
    let service = service.to_ascii_lowercase();
    let file = fs::read_to_string("/etc/services").unwrap_or_default();
    let of_file = file.lines().find_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (name, port) = (words.next()?, words.next()?.strip_suffix("/tcp")?);
        (name == service || words.any(|alias| alias == service)).then(|| port.parse().ok())?
    });
    of_file.or_else(|| SERVICES.iter().find(|(name, _)| *name == service).map(|(_, port)| *port))
}

/// Address of a host: the first of IPv4 that it has, else the first.
fn ip(host: &str, port: u16) -> Result<IpAddr, Error> {
    if host.is_empty() {
        return Ok(Ipv6Addr::UNSPECIFIED.into());
    }
    // A name of digits and points alone is none, though the C library may read one.
    let is_numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if let Ok(ip) = host.parse() {
        return Ok(ip);
    }
    let found: Vec<SocketAddr> = match is_numeric {
        true => Vec::new(),
        false => (host, port).to_socket_addrs().map(Iterator::collect).unwrap_or_default(),
    };
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.map(SocketAddr::ip).ok_or_else(|| Error::Host(host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_in_gos_words() {
        for (address, expected) in [
            ("foo", "listen tcp: address foo: missing port in address"),
            ("[::1", "listen tcp: address [::1: missing ']' in address"),
            ("[::1]80", "listen tcp: address [::1]80: missing port in address"),
            ("[::1]", "listen tcp: address [::1]: missing port in address"),
            ("::1:80", "listen tcp: address ::1:80: too many colons in address"),
            ("[::1]:80:90", "listen tcp: address [::1]:80:90: too many colons in address"),
            ("a[b:80", "listen tcp: address a[b:80: unexpected '[' in address"),
            ("a]b:80", "listen tcp: address a]b:80: unexpected ']' in address"),
            (":99999", "listen tcp: address 99999: invalid port"),
            (":-1", "listen tcp: address -1: invalid port"),
            (":80000000000000000000000", "listen tcp: address 80000000000000000000000: invalid port"),
            (":no-such", "listen tcp: lookup tcp/no-such: unknown port"),
            (":0x50", "listen tcp: lookup tcp/0x50: unknown port"),
            ("256.0.0.1:1", "listen tcp: lookup 256.0.0.1: no such host"),
            ("1.2.3:80", "listen tcp: lookup 1.2.3: no such host"),
            ("203.0.113.1:80", "listen tcp 203.0.113.1:80: bind: cannot assign requested address"),
        ] {
            assert_eq!(bind(address).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_taken_address_is_named_as_it_was_given() {
        let taken = bind(":0").unwrap();
        let port = taken.local_addr().unwrap().port();
        for host in ["", "0.0.0.0", "127.0.0.1", "[::]"] {
            let expected = format!("listen tcp {host}:{port}: bind: address already in use");
            assert_eq!(bind(&format!("{host}:{port}")).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn ports_are_numbers_or_names() {
        for (service, expected) in
            [("", 0), ("0", 0), ("00080", 80), ("+443", 443), ("-0", 0), ("http", 80), ("HTTPS", 443), ("domain", 53)]
        {
            assert_eq!(port(service).unwrap(), expected, "{service}");
        }
    }
}
