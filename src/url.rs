//! The variables of a connection URL: its components.
//!
//! Components are the same as those of Python's `urllib.parse.urlparse`, since applications expect them so: values stay
//! encoded, and the host is in lower case. Unlike `urlparse`, this accepts a list of hosts (`h1:27017,h2:27017`) and a
//! list of URLs (`postgresql://…,postgresql://…`): components come from the first, and the connection string is the
//! whole text.

use interfaces::uri::Uri;
use juju::Secret;
use juju::percent::{decode, encode};
use pebble::plan::Environment;

/// Makes the variables `<prefix>_CONNECT_STRING`, `_SCHEME` and others of a URL. An empty URL has no variables.
#[must_use]
pub fn variables(prefix: &str, url: &str) -> Environment {
    if url.is_empty() {
        return Environment::default();
    }
    let uri = Uri::first(url);
    let secret = |secret: &Secret| secret.expose().to_owned();
    let all = [
        ("CONNECT_STRING", Some(url.to_owned())),
        ("SCHEME", Some(uri.scheme.clone())),
        ("NETLOC", Some(secret(&uri.netloc))),
        ("PATH", Some(uri.path.clone())),
        ("PARAMS", Some(String::new())),
        ("QUERY", Some(uri.query.clone())),
        ("FRAGMENT", Some(uri.fragment.clone())),
        ("USERNAME", uri.username.clone()),
        ("PASSWORD", uri.password.as_ref().map(secret)),
        ("HOSTNAME", uri.hostname.clone()),
        ("PORT", uri.port.map(|port| port.to_string())),
        ("NAME", Some(uri.name().to_owned()).filter(|name| !name.is_empty())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((format!("{prefix}_{name}"), value?))).collect()
}

/// The address without user and password, for others than the application.
#[must_use]
pub fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    format!("{scheme}://{place}{path}")
}

/// A URL's part encoded anew: whatever was left unencoded in it can't be taken for another part.
#[must_use]
pub fn encode_again(part: &str) -> String {
    encode(&decode(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(url: &str) -> Vec<(String, String)> {
        variables("DB", url).into_iter().map(|(name, value)| (name["DB_".len()..].to_owned(), value)).collect()
    }

    fn value(url: &str, name: &str) -> Option<String> {
        variables("DB", url).get(&format!("DB_{name}")).cloned()
    }

    #[test]
    fn a_whole_url_gives_every_variable() {
        let url = "postgresql://u:p%40x@Host-1.Ex:5432/my%20db?sslmode=require#f";
        let expected = [
            ("CONNECT_STRING", url),
            ("FRAGMENT", "f"),
            ("HOSTNAME", "host-1.ex"),
            ("NAME", "my%20db"),
            ("NETLOC", "u:p%40x@Host-1.Ex:5432"),
            ("PARAMS", ""),
            ("PASSWORD", "p%40x"),
            ("PATH", "/my%20db"),
            ("PORT", "5432"),
            ("QUERY", "sslmode=require"),
            ("SCHEME", "postgresql"),
            ("USERNAME", "u"),
        ];
        let expected: Vec<_> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(of(url), expected);
    }

    #[test]
    fn missing_components_have_no_variable() {
        for absent in ["USERNAME", "PASSWORD", "PORT", "NAME"] {
            assert_eq!(value("redis://cache", absent), None, "{absent}");
        }
        assert_eq!(value("redis://cache", "PATH").as_deref(), Some(""));
        assert!(of("").is_empty());
    }

    #[test]
    fn others_are_not_told_the_user_of_an_address() {
        for (url, expected) in
            [("https://u:p@q@h:1/x@y?z", "https://h:1/x@y?z"), ("http://h", "http://h"), ("u@h", "u@h")]
        {
            assert_eq!(without_user(url), expected);
        }
    }

    #[test]
    fn of_several_hosts_the_first_is_taken_apart() {
        let url = "mongodb://u:p@h1:27017,h2:27018/d?replicaSet=rs";
        assert_eq!(value(url, "HOSTNAME").as_deref(), Some("h1"));
        assert_eq!(value(url, "PORT").as_deref(), Some("27017"));
        assert_eq!(value(url, "NETLOC").as_deref(), Some("u:p@h1:27017,h2:27018"));
        assert_eq!(value(url, "NAME").as_deref(), Some("d"));
        assert_eq!(value(url, "CONNECT_STRING").as_deref(), Some(url));
    }

    #[test]
    fn components_come_from_the_first_of_several_urls() {
        let urls = "postgresql://a:b@h1:1/one,postgresql://a:b@h2:2/two";
        assert_eq!(value(urls, "NAME").as_deref(), Some("one"));
        assert_eq!(value(urls, "CONNECT_STRING").as_deref(), Some(urls));
    }

    #[test]
    fn an_ipv6_address_keeps_its_colons() {
        assert_eq!(value("http://[2001:DB8::1]:80/", "HOSTNAME").as_deref(), Some("2001:db8::1"));
        assert_eq!(value("http://[2001:DB8::1]:80/", "PORT").as_deref(), Some("80"));
    }

    proptest! {
        #[test]
        fn any_text_is_kept_as_the_connection_string(url in ".{0,200}") {
            prop_assert_eq!(value(&url, "CONNECT_STRING").unwrap_or_default(), url);
        }
    }
}
