//! Hosts and parameters of a connection string for a Java driver. Parameters must be on a list, since others load
//! classes, read files or run code in the application.

use interfaces::uri::{self, Uri};
use juju::{Secret, percent};

/// Reason why a driver can't get a connection string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str);

/// Hosts of a connection string, in lower case.
///
/// # Errors
///
/// A host is not `host` or `host:port`. Drivers interpret forms such as `address=(host=h)(key=value)` as parameters.
pub(super) fn hosts(uri: &Uri) -> Result<String, Refused> {
    let netloc = Secret::expose(&uri.netloc);
    let hosts = netloc.rsplit_once('@').map_or(netloc, |(_, hosts)| hosts).to_lowercase();
    let is_server = |host: &str| uri::check_endpoint(host).is_ok();
    if hosts.split(',').all(is_server) { Ok(hosts) } else { Err(Refused("it has a host that is not host:port")) }
}

/// Longest value of a parameter, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// Query with the parameters in `names` whose values have only plain characters; empty if no parameter is left.
///
/// Other parameters are dropped, not refused. Providers write them for drivers of other languages, and the Python
/// framework did not pass parameters to applications.
pub(super) fn allowed(uri: &Uri, names: &[&str]) -> String {
    let pairs = uri.query.split('&').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.filter(|(name, _)| names.contains(name)).map(|(name, value)| (name, percent::decode(value)));
    let pairs = pairs.filter(|(_, value)| is_plain(value));
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", percent::encode(&value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:, ".contains(&byte);
    (1..=MAX_VALUE_BYTES).contains(&value.len()) && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_parameters_with_plain_values_are_kept() {
        let long = format!("a={}", "x".repeat(129));
        let table = [
            ("a=1&b=2", "?a=1&b=2"),
            ("b=2&a=1&a=3", "?b=2&a=1&a=3"),
            ("a=Europe/Berlin&b=x%20y", "?a=Europe%2FBerlin&b=x%20y"),
            ("A=1&%61=1&a", ""),
            ("c=1&a=1;c=1&a=${x}&a=%24%7Bx%7D&a=#{x}&a=&a=%00&a=1=2", ""),
            ("a=ü&a=%C3%BC", ""),
            (&long, ""),
            ("", ""),
        ];
        for (query, expected) in table {
            let uri = Uri { query: query.to_owned(), ..Uri::first("postgresql://h/d") };
            assert_eq!(allowed(&uri, &["a", "b"]), expected, "{query}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses_with_ports() {
        let hosts = |netloc: &str| hosts(&Uri { netloc: netloc.into(), ..Uri::first("") });
        for (netloc, expected) in [("u:p@H1:5432,h2", "h1:5432,h2"), ("[FE80::1]:1", "[fe80::1]:1"), ("u:p@w@h", "h")] {
            assert_eq!(hosts(netloc), Ok(expected.to_owned()));
        }
        let hostile =
            ["(host=h,allowLoadLocalInfile=true)", "address=(host=h)(socketFactory=x)", "[h1,h2]", "h;INIT=x"];
        for netloc in hostile.into_iter().chain(["", "u:p@", "h1,", "h1,,h2", "h:x", "h:1:2", "${x}", "h%3Fa"]) {
            assert_eq!(hosts(netloc), Err(Refused("it has a host that is not host:port")), "{netloc}");
        }
    }
}
