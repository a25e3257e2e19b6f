//! Addresses of the web that others publish: which can be used, and how two spellings of one become the same.

use std::net::Ipv6Addr;

use juju::Databag;

use crate::field;
use crate::read::Stop;
use crate::url::Url;

/// The longest address that is taken: far more than any client sends, far less than an environment variable holds.
pub const MAX_URL_BYTES: usize = 8 * 1024;

/// An address that the other side couldn't use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot publish a url that {why}")]
pub struct BadUrl {
    /// The fault, as a predicate ("has …", "is …"), without the address.
    pub why: &'static str,
}

/// Checks that `url` is an HTTP URL that browsers and the workload can use; else returns the fault, as a predicate.
pub(crate) fn check(url: &str) -> Result<(), &'static str> {
    if url.len() > MAX_URL_BYTES {
        return Err("is longer than 8 KiB");
    }
    if url.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("has a blank or a control character");
    }
    let http = |scheme: &str| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let (_, rest) =
        url.split_once("://").filter(|(scheme, _)| http(scheme)).ok_or("is not an http or https address")?;
    let (authority, _) = at_path(rest);
    if names_a_host(authority) { Ok(()) } else { Err("has no valid host and port") }
}

/// Valid URL under `key`; waits if there is no value.
pub(crate) fn needed(bag: &Databag, key: &str) -> Result<Url, Stop> {
    let url = field::needed(bag, key)?;
    check(&url).map_err(|why| Stop::invalid(key, &format!("it {why}")))?;
    Ok(url.into())
}

/// Splits into the authority, and the path, query and fragment.
fn at_path(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

/// A [checked](check) URL with scheme and host in lower case, and at least `/` as its path.
pub(crate) fn normalised(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = at_path(rest);
    let (user, place) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{}://{user}{}{slash}{path}", scheme.to_ascii_lowercase(), place.to_lowercase())
}

/// True if the authority has a valid host, and either no port or a numeric port.
fn names_a_host(authority: &str) -> bool {
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let after_brackets = place.rfind(']').map_or(0, |at| at + 1);
    let colon = place[after_brackets..].find(':').map_or(place.len(), |at| after_brackets + at);
    let (host, port) = (&place[..colon], place[colon..].strip_prefix(':').unwrap_or_default());
    let numbered = port.is_empty() || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    let named = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && !host.contains(|c: char| "\\,\"'`<>[]{}^|".contains(c)),
    };
    // Some clients take a backslash for a slash, and so another part of the text for the host.
    named && numbered && !authority.contains('\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_spellings_of_an_address_become_the_same() {
        let table = [
            ("http://tempo:4318", "http://tempo:4318/"),
            ("http://tempo:4318/", "http://tempo:4318/"),
            ("HTTP://Tempo.Cos:4318/V1/Traces", "http://tempo.cos:4318/V1/Traces"),
            ("https://Me:Se@T@Tempo?Q#F", "https://Me:Se@T@tempo/?Q#F"),
            ("http://[FE80::1]", "http://[fe80::1]/"),
        ];
        for (url, expected) in table {
            assert_eq!(normalised(url), expected);
            assert_eq!(normalised(expected), expected);
        }
    }

    proptest! {
        #[test]
        fn what_can_be_used_still_can_once_normalised(url in "[hH]ttps?://[a-zA-Z:/@\\[\\]?# .0-9]{0,30}") {
            let once = normalised(&url);
            prop_assert_eq!(normalised(&once), once.clone());
            prop_assert_eq!(check(&url).is_ok(), check(&once).is_ok());
        }
    }
}
