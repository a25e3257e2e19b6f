//! Packed rocks: any bytes as the archive, and any bytes as the layer of a well-formed one. No file is written outside
//! the root, a temporary folder.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rock::{Cache, Cancel, Work};
use sha2::{Digest, Sha256};

#[derive(Default)]
struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _: &str) {}
    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

/// An archive whose only layer is `layer`.
fn archive(layer: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut put = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    };
    let mut blob = |bytes: &[u8]| {
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        put(&format!("blobs/sha256/{digest}"), bytes);
        format!(r#"{{"digest": "sha256:{digest}", "size": {}}}"#, bytes.len())
    };
    let layer = blob(layer);
    let config = blob(br#"{"os": "linux", "architecture": "amd64"}"#);
    let manifest = blob(format!(r#"{{"config": {config}, "layers": [{layer}, {layer}]}}"#).as_bytes());
    put("index.json", format!(r#"{{"manifests": [{manifest}]}}"#).as_bytes());
    put("oci-layout", b"{}");
    tar.into_inner().unwrap()
}

fn unpack(dir: &Path, bytes: &[u8]) {
    let inner = dir.join("inner");
    fs::create_dir(&inner).unwrap();
    let file = inner.join("x.rock");
    fs::write(&file, bytes).unwrap();
    if let Ok(rock) = rock::oci::Rock::open(&file) {
        let _ = rock.image(&Cache::new(inner.join("cache")), &Quiet::default());
    }
    assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
    assert!(fs::read_dir(&inner).unwrap().count() <= 2);
    let kept = fs::read_dir(inner.join("cache")).into_iter().flatten().count();
    assert!(kept <= 2, "an entry and the lock");
}

fuzz_target!(|bytes: &[u8]| {
    for bytes in [bytes.to_vec(), archive(bytes)] {
        let dir = tempfile::tempdir().unwrap();
        unpack(dir.path(), &bytes);
    }
});
