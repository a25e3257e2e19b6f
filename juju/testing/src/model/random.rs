//! Random ids.

use juju::SecretId;

/// `N` random bytes.
fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a source of random bytes");
    bytes
}

/// Id of a new secret: twenty characters of Juju's alphabet.
pub(crate) fn secret_id() -> SecretId {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut id: String = bytes::<19>().iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    id.insert(0, 'd');
    id.parse().expect("twenty characters of the alphabet are an id")
}

/// Seed of an order of events, of few digits.
pub(crate) fn seed() -> u64 {
    u64::from(u16::from_le_bytes(bytes()))
}

/// Sixteen hexadecimal digits.
pub(crate) fn hex() -> String {
    bytes::<8>().iter().map(|b| format!("{b:02x}")).collect()
}

/// A version 4 UUID.
pub(crate) fn uuid() -> String {
    let mut b = bytes::<16>();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let hex: String = b.iter().map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
