//! A short name for a set of facts: the same facts, the same name. It's how a later event knows that something was
//! done already with just these facts; it tells nothing about them.

use sha2::{Digest, Sha256};

/// The fingerprint of parts, in order. Where one part ends and the next begins is part of it.
#[must_use]
pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn parts_keep_their_borders() {
        assert_eq!(of([b"ab".as_slice(), b"c"]), of([b"ab".as_slice(), b"c"]));
        assert_ne!(of([b"ab".as_slice(), b"c"]), of([b"a".as_slice(), b"bc"]));
        assert_eq!(of([]).len(), 64);
    }
}
