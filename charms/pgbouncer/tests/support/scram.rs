//! Check of a password against a SCRAM-SHA-256 verifier, by RFC 5802 and RFC 7677.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Bytes of SHA-256's block.
const BLOCK: usize = 64;

/// True if the verifier, as PostgreSQL stores it, is that of the password.
pub(crate) fn verifies(verifier: &str, password: &str) -> bool {
    let fields: Vec<_> = verifier.split(['$', ':']).collect();
    let ["SCRAM-SHA-256", iterations, salt, stored, _] = fields[..] else { panic!("no verifier: {verifier}") };
    let salt = STANDARD.decode(salt).unwrap();
    let mut block = hmac(password.as_bytes(), &[salt.as_slice(), &1_u32.to_be_bytes()].concat());
    let mut salted = block;
    for _ in 1..iterations.parse().unwrap() {
        block = hmac(password.as_bytes(), &block);
        salted.iter_mut().zip(block).for_each(|(sum, byte)| *sum ^= byte);
    }
    STANDARD.encode(Sha256::digest(hmac(&salted, b"Client Key"))) == stored
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut padded = [0; BLOCK];
    padded[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(padded.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[test]
fn a_verifier_is_of_one_password() {
    let verifier = postgres_protocol::password::scram_sha_256(b"hunter2");
    assert!(verifies(&verifier, "hunter2") && !verifies(&verifier, "hunter3"));
}
