//! Percent-encoding, as in URLs.

/// Percent-encodes every byte that RFC 3986 does not call unreserved.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

/// Decodes percent-encoding. A percent sign without two hexadecimal digits stays.
#[must_use]
pub fn decode(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| *first == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_percent_sign_without_two_digits_is_not_decoded() {
        for (part, expected) in [("a%20b%C3%BC", "a bü"), ("100%", "100%"), ("%4", "%4"), ("%+1%zz", "%+1%zz")] {
            assert_eq!(decode(part), expected);
        }
    }

    proptest! {
        #[test]
        fn decoding_reverses_encoding(text in ".{0,50}") {
            prop_assert_eq!(decode(&encode(&text)), text);
        }
    }
}
