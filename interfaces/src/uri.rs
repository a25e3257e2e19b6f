//! A connection string taken apart and put together, without ever refusing one.
//!
//! Providers write what their drivers read: one URI, a list of URIs with commas between, or one URI whose authority
//! lists several hosts (`mongodb://u:p@h1:27017,h2:27017/db`). The parts here are those of the first URI and its first
//! host; the whole text stays the connection string.

use std::fmt;
use std::net::Ipv6Addr;

use juju::Secret;
use juju::percent::encode;

/// The parts of a URI as they are written, neither decoded nor checked.
///
/// ```
/// use interfaces::uri::Uri;
/// let uri = Uri::first("postgresql://u:p%40x@Host-1.Ex:5432/my%20db?sslmode=require#f");
/// assert_eq!(uri.hostname.as_deref(), Some("host-1.ex"));
/// assert_eq!(uri.port, Some(5432));
/// assert_eq!(uri.name(), "my%20db");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    /// Scheme: the text before the first `:`, in lower case; empty without a colon.
    pub scheme: String,
    /// The authority: user, password, hosts, ports.
    pub netloc: Secret,
    /// The path with its leading `/`; may be empty.
    pub path: String,
    /// After `?`.
    pub query: String,
    /// After `#`.
    pub fragment: String,
    /// The part of the authority before `@` and `:`.
    pub username: Option<String>,
    /// The part of the authority between `:` and `@`.
    pub password: Option<Secret>,
    /// The first host, in lower case and without brackets.
    pub hostname: Option<String>,
    /// The first host's port, if it is a number that a port can be.
    pub port: Option<u16>,
}

impl fmt::Debug for Uri {
    /// A password that should have been encoded can end up in every part, so all are hidden.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uri(***)")
    }
}

impl Uri {
    /// Takes the first URI of `text` apart; of something that isn't one, most parts are empty.
    #[must_use]
    pub fn first(text: &str) -> Self {
        let (scheme, rest) = scheme(first_of_list(text));
        let (netloc, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (userinfo, hosts) = netloc.rsplit_once('@').map_or((None, netloc), |(user, hosts)| (Some(user), hosts));
        let password = userinfo.and_then(|user| user.split_once(':')).map(|(_, password)| password.into());
        let username = userinfo.map(|user| user.split_once(':').map_or(user, |(name, _)| name).to_owned());
        let (hostname, port) = first_host(hosts);
        Self {
            scheme: scheme.to_ascii_lowercase(),
            netloc: netloc.into(),
            path: path.to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
            username,
            password,
            hostname,
            port,
        }
    }

    /// The path without its leading `/`: of a database's URI, its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.strip_prefix('/').unwrap_or(&self.path)
    }
}

/// Puts a URI together; user, password and name are percent-encoded, so a `/`, `@` or `#` in them stays in its place.
/// `hosts` stands as it is.
///
/// ```
/// let uri = interfaces::uri::build("mysql", "me", &"p@ss/word#".into(), "db:3306", "shop");
/// assert_eq!(uri.expose(), "mysql://me:p%40ss%2Fword%23@db:3306/shop");
/// ```
#[must_use]
pub fn build(scheme: &str, username: &str, password: &Secret, hosts: &str, name: &str) -> Secret {
    let server = server(scheme, username, password, hosts);
    format!("{}/{}", server.expose(), encode(name)).into()
}

/// The same of a whole server, without a name at the end.
#[must_use]
pub fn server(scheme: &str, username: &str, password: &Secret, hosts: &str) -> Secret {
    format!("{scheme}://{}:{}@{hosts}", encode(username), encode(password.expose())).into()
}

/// Text before the first comma that another URI follows. Linear: the search for a scheme after a comma ends at the next
/// comma.
fn first_of_list(text: &str) -> &str {
    let ends = text.match_indices(',').map(|(at, _)| at);
    let mut ends = ends.filter(|at| begins_uri(text[at + 1..].trim_start()));
    ends.next().map_or(text, |at| &text[..at])
}

fn begins_uri(text: &str) -> bool {
    let (scheme, rest) = scheme(text);
    !scheme.is_empty() && rest.starts_with("//")
}

/// Splits at the scheme's colon; the scheme is empty if the text has no valid one.
fn scheme(text: &str) -> (&str, &str) {
    let (scheme, rest) = text.split_at(scheme_bytes(text));
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    rest.strip_prefix(':').filter(|_| begins).map_or(("", text), |rest| (scheme, rest))
}

/// Count of leading bytes that a scheme may contain. Stops at the first other byte.
fn scheme_bytes(text: &str) -> usize {
    let other = |byte: u8| !(byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    text.bytes().position(other).unwrap_or(text.len())
}

/// Host and port of the first of an authority's hosts.
pub(crate) fn first_host(hosts: &str) -> (Option<String>, Option<u16>) {
    let first = hosts.split(',').next().unwrap_or_default();
    let (host, port) = match first.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            (host, rest.strip_prefix(':').unwrap_or_default())
        }
        None => first.split_once(':').unwrap_or((first, "")),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let host = Some(host.to_lowercase()).filter(|host| !host.is_empty());
    (host, if digits { port.parse().ok() } else { None })
}

/// The longest host that is taken: a name of DNS has 253 bytes at most.
const MAX_HOST_BYTES: usize = 255;

/// Checks that `endpoint` is one server, `host` or `host:port`: a name or an address, and nothing that a driver could
/// take for more, such as `address=(host=a)(key=value)`.
///
/// # Errors
///
/// What it is or has instead, without the endpoint.
///
/// ```
/// use interfaces::uri::check_endpoint;
/// assert_eq!(check_endpoint("db-0.db-endpoints:5432"), Ok(()));
/// assert_eq!(check_endpoint("db:x"), Err("has a port that is not a number"));
/// ```
pub fn check_endpoint(endpoint: &str) -> Result<(), &'static str> {
    let bracketed = endpoint.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, rest, is_host) = match bracketed {
        Some((host, rest)) => (host, rest, host.parse::<Ipv6Addr>().is_ok()),
        None => {
            let (host, rest) = endpoint.split_at(endpoint.find(':').unwrap_or(endpoint.len()));
            (host, rest, host.chars().all(|letter| letter.is_alphanumeric() || "-._".contains(letter)))
        }
    };
    let port = rest.strip_prefix(':');
    if host.is_empty() || host.len() > MAX_HOST_BYTES || !is_host || (port.is_none() && !rest.is_empty()) {
        return Err("is not host:port");
    }
    let number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if port.is_none_or(number) { Ok(()) } else { Err("has a port that is not a number") }
}

/// `host` and `port` as they stand together in a URI, where an address of IPv6 is in brackets; what `host` is
/// otherwise, if it can't stand there.
pub(crate) fn endpoint(host: &str, port: u16) -> Result<String, &'static str> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_ipv6 = bare.parse::<Ipv6Addr>().is_ok();
    let endpoint = if is_ipv6 { format!("[{bare}]:{port}") } else { format!("{host}:{port}") };
    let is_one = (is_ipv6 || !host.contains(['[', ']'])) && first_host(&endpoint).1 == Some(port);
    if is_one && check_endpoint(&endpoint).is_ok() {
        Ok(endpoint)
    } else {
        Err("it is not the name or address of a host")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Host, port, name, user and password of a text.
    type Parts = (Option<&'static str>, Option<u16>, &'static str, Option<&'static str>, Option<&'static str>);

    #[test]
    fn parts() {
        let cases: &[(&str, Parts)] = &[
            (
                "postgresql://u:p%40x@Host-1.Ex:5432/my%20db?s=r#f",
                (Some("host-1.ex"), Some(5432), "my%20db", Some("u"), Some("p%40x")),
            ),
            ("mongodb://u:p@h1:27017,h2:27018/db", (Some("h1"), Some(27017), "db", Some("u"), Some("p"))),
            ("mongodb://u:p@h1,h2/db?replicaSet=r", (Some("h1"), None, "db", Some("u"), Some("p"))),
            ("postgresql://u:p@a:1/d,postgresql://u:p@b:2/e", (Some("a"), Some(1), "d", Some("u"), Some("p"))),
            ("postgresql://u:p@a:1/d, postgresql://u:p@b:2/e", (Some("a"), Some(1), "d", Some("u"), Some("p"))),
            ("postgresql://u:p,q@a/d", (Some("a"), None, "d", Some("u"), Some("p,q"))),
            ("mysql://u@[FE80::1]:3306/d", (Some("fe80::1"), Some(3306), "d", Some("u"), None)),
            ("mysql://[::1]/d", (Some("::1"), None, "d", None, None)),
            ("mysql://:@/", (None, None, "", Some(""), Some(""))),
            ("mysql://h:port/d", (Some("h"), None, "d", None, None)),
            ("mysql://h:70000/d", (Some("h"), None, "d", None, None)),
            ("mysql://h:+1/d", (Some("h"), None, "d", None, None)),
            ("mysql://h", (Some("h"), None, "", None, None)),
            ("no uri at all", (None, None, "no uri at all", None, None)),
            ("", (None, None, "", None, None)),
            ("://", (None, None, "://", None, None)),
            (",", (None, None, ",", None, None)),
        ];
        for (text, expected) in cases {
            let uri = Uri::first(text);
            let password = uri.password.as_ref().map(Secret::expose);
            let found = (uri.hostname.as_deref(), uri.port, uri.name(), uri.username.as_deref(), password);
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn the_rest_of_the_parts() {
        let uri = Uri::first("PostgreSQL://u:p@h:5/a/b?x=1?y#f#g");
        assert_eq!((uri.scheme.as_str(), uri.netloc.expose()), ("postgresql", "u:p@h:5"));
        assert_eq!((uri.path.as_str(), uri.query.as_str(), uri.fragment.as_str()), ("/a/b", "x=1?y", "f#g"));
        assert_eq!(format!("{uri:?}"), "Uri(***)");
    }

    #[test]
    fn the_work_of_a_list_is_that_of_its_length() {
        for shape in [",", "a,", ", ", ",:", "a:/,", ",\u{a0}", "@:,", "[,", "%2C,"] {
            let text = shape.repeat(1000);
            let looked_at = |at: usize| scheme_bytes(text[at + 1..].trim_start());
            let work: usize = text.match_indices(',').map(|(at, _)| looked_at(at)).sum();
            assert!(work <= text.len(), "{shape}: {work}");
            assert_eq!(first_of_list(&text), text);
        }
        assert_eq!(scheme_bytes("ab+c.d-1,e://"), 8, "a scheme is looked for up to the comma");
    }

    #[test]
    fn an_endpoint_is_one_server_and_nothing_that_a_driver_takes_for_more() {
        for good in ["h", "h:1", "a_b-c.d.:65535", "10.0.0.1:1", "[::1]", "[::1]:5432", "bücher.example:1"] {
            assert_eq!(check_endpoint(good), Ok(()), "{good}");
        }
        let long = "h".repeat(256);
        let hosts =
            ["", ":1", "a,b", "u@h", "(host=h,allowLoadLocalInfile=true)", "address=(host=h)(port=1)", "[::1]x"];
        let hosts = hosts.into_iter().chain(["[x]", "[::1", "h/x", "h?a", "h#", "h;a=b", "${a}", "h%20", "h\n", &long]);
        for host in hosts {
            assert_eq!(check_endpoint(host), Err("is not host:port"), "{host}");
        }
        for port in ["h:", "h:+1", "h:65536", "h:1:2", "h:1/d", "[::1]:x", "h:١"] {
            assert_eq!(check_endpoint(port), Err("has a port that is not a number"), "{port}");
        }
    }

    #[test]
    fn hosts_stand_before_a_port() {
        let good = [("h", "h:1"), ("10.0.0.1", "10.0.0.1:1"), ("fe80::1", "[fe80::1]:1"), ("[fe80::1]", "[fe80::1]:1")];
        for (host, expected) in good {
            assert_eq!(endpoint(host, 1), Ok(expected.to_owned()));
        }
        for host in ["", "h:2", "a:b:c", "u@h", "h/x", "h ", "a,b", "[x]", "h\n", "h?", "h#"] {
            assert!(endpoint(host, 1).is_err(), "{host}");
        }
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
            bytes.push(if byte == b'%' { u8::try_from(digit() * 16 + digit()).unwrap() } else { byte });
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC*|[a-z:/@,?#\\[\\] ]*") {
            let uri = Uri::first(&text);
            prop_assert!(uri.hostname.is_none_or(|host| !host.is_empty()));
        }

        #[test]
        fn what_is_built_comes_apart(user in ".+", password in ".*", name in ".*", host in "[a-z0-9.-]+", port: u16) {
            let built = build("mysql", &user, &password.as_str().into(), &format!("{host}:{port}"), &name);
            prop_assert!(built.expose().is_ascii());
            let uri = Uri::first(built.expose());
            prop_assert_eq!(decode(uri.username.as_ref().unwrap()), user);
            prop_assert_eq!(decode(uri.password.as_ref().unwrap().expose()), password);
            prop_assert_eq!(decode(uri.name()), name);
            prop_assert_eq!((uri.hostname, uri.port), (Some(host), Some(port)));
        }
    }
}
