//! The daemon's identity key: Ed25519, in `identity/key.pem` of its directory, as Pebble keeps it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use pebble::plan::quote;
use ring::digest::{SHA384, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;

use crate::errno;
use crate::pem;

/// PKCS #8 of an Ed25519 key (RFC 8410) up to the key's 32 bytes.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// Digits of base32 (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LABEL: &str = "PRIVATE KEY";

/// An Ed25519 key.
#[derive(Debug)]
pub(crate) struct Key {
    pair: Ed25519KeyPair,
    pkcs8: Vec<u8>,
}

impl Key {
    /// Draws a key.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn draw() -> Result<Key, String> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| "the system gives no random bytes".to_owned())?;
        Key::from_pkcs8([&PKCS8[..], &seed].concat())
    }

    fn from_pkcs8(pkcs8: Vec<u8>) -> Result<Key, String> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8);
        Ok(Key { pair: pair.map_err(|_| "ed25519 type private key expected".to_owned())?, pkcs8 })
    }

    /// The key of `identity` in the daemon's directory, drawn at the first time. The texts of errors are Pebble's.
    ///
    /// # Errors
    /// The directory or file can't be used, or others may read it.
    pub(crate) fn of(directory: &Path) -> Result<Key, String> {
        let folder = directory.join("identity");
        let path = folder.join("key.pem");
        if fs::exists(&path).map_err(|error| format!("cannot access key file {}: {}", shown(&path), text(&error)))? {
            return load(&folder, &path).map_err(|why| format!("cannot load identity key: {why}"));
        }
        private_folder(&folder).map_err(|why| format!("cannot create identity directory: {why}"))?;
        let key = Key::draw().map_err(|why| format!("cannot generate identity key: {why}"))?;
        write(&path, &pem::encode(LABEL, &key.pkcs8)).map_err(|why| format!("cannot save identity key: {why}"))?;
        Ok(key)
    }

    /// Public key.
    pub(super) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signature of a message.
    pub(super) fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The key for rustls.
    pub(super) fn der(&self) -> PrivatePkcs8KeyDer<'_> {
        PrivatePkcs8KeyDer::from(self.pkcs8.as_slice())
    }

    /// The first eight digits of the public key's SHA-384 in base32, which are part of the certificates' name.
    pub(super) fn fingerprint(&self) -> String {
        let hash = digest(&SHA384, self.public());
        let bits = hash.as_ref()[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(|place| char::from(BASE32[(bits >> (place * 5) & 31) as usize])).collect()
    }
}

fn load(folder: &Path, path: &Path) -> Result<Key, String> {
    expect_mode(folder, 0o700)?;
    expect_mode(path, 0o600)?;
    let contents = fs::read_to_string(path).map_err(|error| format!("open {}: {}", path.display(), text(&error)))?;
    Key::from_pkcs8(pem::only(&contents, LABEL, path)?)
}

/// Makes a folder for this user alone, or checks that it is one.
pub(super) fn private_folder(folder: &Path) -> Result<(), String> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => expect_mode(folder, 0o700),
        made => made.map_err(|error| format!("mkdir {}: {}", folder.display(), text(&error))),
    }
}

/// Checks the permissions of a file.
pub(super) fn expect_mode(path: &Path, mode: u32) -> Result<(), String> {
    let metadata = fs::metadata(path).map_err(|error| format!("stat {}: {}", path.display(), text(&error)))?;
    let actual = metadata.permissions().mode() & 0o777;
    if actual == mode {
        return Ok(());
    }
    Err(format!("expected permission 0o{mode:o} (got 0o{actual:o}) for {}", shown(path)))
}

/// Writes a file for this user alone.
pub(super) fn write(path: &Path, contents: &str) -> Result<(), String> {
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).and_then(|mut file| {
            file.write_all(contents.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| format!("open {}: {}", path.display(), text(&error)))
}

fn shown(path: &Path) -> String {
    quote(&path.display().to_string())
}

fn text(error: &io::Error) -> String {
    errno::text(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_for_its_user_alone() {
        let directory = tempfile::tempdir().unwrap();
        let key = Key::of(directory.path()).unwrap();
        let again = Key::of(directory.path()).unwrap();
        assert_eq!((key.public(), key.fingerprint()), (again.public(), again.fingerprint()));
        assert_eq!(key.fingerprint().len(), 8);
        assert!(Key::draw().unwrap().public() != key.public());
        let path = directory.path().join("identity/key.pem");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let why = Key::of(directory.path()).unwrap_err();
        let expected =
            format!("cannot load identity key: expected permission 0o600 (got 0o644) for \"{}\"", path.display());
        assert_eq!(why, expected);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "garbage").unwrap();
        assert!(Key::of(directory.path()).unwrap_err().contains("missing 'PRIVATE KEY' block"));
    }
}
