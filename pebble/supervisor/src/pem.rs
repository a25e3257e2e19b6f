//! Certificates in PEM, as far as they are checked: one block, with a DER sequence in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Checks that a text is one PEM-encoded certificate. The texts are Pebble's.
///
/// # Errors
/// There is no block, text after it, or no certificate in it.
pub(crate) fn certificate(text: &str) -> Result<(), String> {
    let missing = || "cert identity must include a PEM-encoded certificate".to_owned();
    let (_, rest) = text.split_once("-----BEGIN ").ok_or_else(missing)?;
    let (kind, rest) = rest.split_once("-----").ok_or_else(missing)?;
    let (body, rest) = rest.split_once(&format!("-----END {kind}-----")).ok_or_else(missing)?;
    let digits: String = body.split_whitespace().collect();
    let der = STANDARD.decode(digits).map_err(|_| missing())?;
    if !rest.trim_start_matches(['\r', '\n']).is_empty() {
        return Err("cert identity cannot have extra data after the PEM block".to_owned());
    }
    if is_sequence(&der) {
        Ok(())
    } else {
        Err("cannot parse certificate from cert identity: x509: malformed certificate".to_owned())
    }
}

/// True for one DER sequence that fills the bytes.
fn is_sequence(der: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = der else { return false };
    let count = usize::from(first & 0x7f);
    match first {
        0..0x80 => rest.len() == count,
        _ if count > 4 || rest.len() < count => false,
        _ => rest[..count].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)) == rest.len() - count,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pem(der: &[u8]) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
    }

    #[test]
    fn takes_one_block_with_a_sequence() {
        let long = [&[0x30, 0x81, 200][..], &[0; 200]].concat();
        assert_eq!((certificate(&pem(&[0x30, 1, 7])), certificate(&pem(&long))), (Ok(()), Ok(())));
        for (text, expected) in [
            (String::new(), "must include"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(), "must include"),
            (pem(&[0x30, 1, 7]) + "more", "extra data"),
            (pem(&[0x30, 2, 7]), "malformed"),
            (pem(&[1]), "malformed"),
        ] {
            assert!(certificate(&text).unwrap_err().contains(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(-----BEGIN C-----)?[A-Za-z0-9+/=\n]{0,20}(-----END C-----)?.{0,5}") {
            let _ = certificate(&text);
        }

        #[test]
        fn no_bytes_panic(der in proptest::collection::vec(any::<u8>(), 0..12)) {
            let _ = is_sequence(&der);
        }
    }
}
