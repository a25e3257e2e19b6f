//! Query parameters of a request.

use std::collections::BTreeSet;

/// Decoded query parameters, in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a query string. Pairs that can't be decoded or have a semicolon are skipped, as in Go.
    pub(crate) fn parse(text: &str) -> Query {
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(key)?, decode(value)?))
        };
        Query(text.split('&').filter(|part| !part.is_empty() && !part.contains(';')).filter_map(pair).collect())
    }

    /// The parameter's first value; empty if it is missing.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.all(key).next().unwrap_or("")
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be repeated, separated by commas, or both.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        self.parts(key).map(str::to_owned).collect()
    }

    /// The same values as a set, for filters, which look a value up for each item.
    pub(crate) fn set(&self, key: &str) -> BTreeSet<String> {
        self.parts(key).map(str::to_owned).collect()
    }

    fn parts<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.all(key).flat_map(|value| value.split(',')).map(str::trim).filter(|part| !part.is_empty())
    }
}

/// Decodes the escapes of a key or value; `None` if they are invalid.
fn decode(text: &str) -> Option<String> {
    decode_path(&text.replace('+', " "))
}

/// Decodes the escapes of a path; `None` if they are invalid.
pub(crate) fn decode_path(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [char::from(bytes.next()?).to_digit(16)?, char::from(bytes.next()?).to_digit(16)?];
                decoded.push(u8::try_from(digits[0] * 16 + digits[1]).ok()?);
            }
            byte => decoded.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&decoded).into_owned())
}

/// Escapes a path for a header.
pub(crate) fn encode_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'/'
            | b'$'
            | b'&'
            | b'+'
            | b':'
            | b'='
            | b'@' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes() {
        let query = Query::parse("path=%2Fa%20b+c&path=d&flag&bad=%zz&=&names=a,b,&names=c");
        assert_eq!(query.all("path").collect::<Vec<_>>(), ["/a b c", "d"]);
        assert_eq!((query.get("flag"), query.get("bad"), query.get("nope")), ("", "", ""));
        assert_eq!(query.list("names"), ["a", "b", "c"]);
        assert_eq!(query.set("names"), ["a", "b", "c"].map(str::to_owned).into());
    }

    proptest! {
        #[test]
        fn no_query_panics(text in ".{0,80}") {
            let _ = Query::parse(&text).list("a");
        }

        #[test]
        fn escaped_values_come_back(value in any::<String>()) {
            let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let query = Query::parse(&format!("a={escaped}"));
            prop_assert_eq!(query.get("a"), value);
        }
    }
}
