//! Fingerprints: a later event compares them to see that work was done with the same inputs. They reveal no input.

use sha2::{Digest, Sha256};

/// SHA-256 of the parts in order, in hexadecimal. The length of each part is hashed too, so moving bytes between parts
/// changes the result.
#[must_use]
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn moving_bytes_between_parts_changes_the_fingerprint() {
        assert_eq!(fingerprint([b"ab".as_slice(), b"c"]), fingerprint([b"ab".as_slice(), b"c"]));
        assert_ne!(fingerprint([b"ab".as_slice(), b"c"]), fingerprint([b"a".as_slice(), b"bc"]));
        assert_eq!(fingerprint([]).len(), 64);
    }
}
