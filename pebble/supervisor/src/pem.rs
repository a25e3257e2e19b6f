//! PEM: one block, with base64 in it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pebble::plan::quote;

use crate::tls::Trust;

/// Letters of a line, as OpenSSL and Go write it.
const LINE: usize = 64;

/// A block of this label.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        text += line;
        text.push('\n');
        rest = more;
    }
    text + &format!("-----END {label}-----\n")
}

/// The first block: its label, its bytes, and the text behind it.
fn decode(text: &str) -> Option<(&str, Vec<u8>, &str)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, rest) = rest.split_once(&format!("-----END {label}-----"))?;
    let digits: String = body.split_whitespace().collect();
    Some((label, STANDARD.decode(digits).ok()?, rest.trim_start_matches(['\r', '\n'])))
}

/// The bytes of a file's only block. The texts of errors are Pebble's.
///
/// # Errors
/// There is no block of this label, or more.
pub(crate) fn only(text: &str, label: &str, path: &Path) -> Result<Vec<u8>, String> {
    let path = quote(&path.display().to_string());
    match decode(text) {
        Some((found, der, "")) if found == label => Ok(der),
        Some((found, ..)) if found == label => Err(format!("unexpected bytes after '{label}' block in {path}")),
        _ => Err(format!("missing '{label}' block in {path}")),
    }
}

/// The bytes of a certificate in PEM. The texts of errors are Pebble's.
///
/// # Errors
/// There is no block, text after it, or no certificate in it.
pub(crate) fn certificate(text: &str) -> Result<Vec<u8>, String> {
    let (_, der, rest) = decode(text).ok_or("cert identity must include a PEM-encoded certificate")?;
    if !rest.is_empty() {
        return Err("cert identity cannot have extra data after the PEM block".to_owned());
    }
    Trust::parse(&der).map_err(|why| format!("cannot parse certificate from cert identity: {why}"))?;
    Ok(der)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_certificate_is_one_block_without_more() {
        let block = encode("CERTIFICATE", &[0x30, 1, 7]);
        for (text, expected) in [
            (String::new(), "must include"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(), "must include"),
            (block.clone() + "more", "extra data"),
            (block, "malformed"),
        ] {
            assert!(certificate(&text).unwrap_err().contains(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_block_has_its_bytes(der in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = encode("X", &der);
            prop_assert!(text.lines().all(|line| line.len() <= LINE));
            prop_assert_eq!(only(&text, "X", Path::new("/x")), Ok(der));
        }

        #[test]
        fn no_text_panics(text in "(-----BEGIN C-----)?[A-Za-z0-9+/=\n]{0,20}(-----END C-----)?.{0,5}") {
            let _ = certificate(&text);
        }
    }
}
