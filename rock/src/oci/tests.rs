//! Well-formed and hostile archives, written by the tests: a real rock can't be packed without snaps. The playground's
//! tests run an imitation of one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::*;
use crate::process::tests::Quiet;

/// One entry of a layer: kind, path, content or target of the link, mode.
type Item<'a> = (EntryType, &'a str, &'a str, u32);

const FILE: EntryType = EntryType::Regular;
const DIR: EntryType = EntryType::Directory;
const LINK: EntryType = EntryType::Symlink;
const HARD: EntryType = EntryType::Link;

/// A layout's files by name.
type Files = BTreeMap<String, Vec<u8>>;

fn layer(items: &[Item<'_>]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (kind, path, content, mode) in items {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_uid(584_792);
        header.set_gid(7);
        header.set_mtime(1_000_000);
        // Written into the header directly: the builder refuses paths that lead out.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        let is_link = [LINK, HARD].contains(kind);
        if is_link {
            header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        let content = if is_link { "" } else { content };
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a layout with these layers.
fn files(layers: &[Vec<u8>]) -> Files {
    let mut files = BTreeMap::from([("oci-layout".to_owned(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec())]);
    let mut blob = |bytes: &[u8], kind: &str| {
        files.insert(format!("blobs/sha256/{}", digest(bytes)), bytes.to_vec());
        serde_json::json!({"mediaType": kind, "digest": format!("sha256:{}", digest(bytes)), "size": bytes.len()})
    };
    let layers: Vec<_> =
        layers.iter().map(|bytes| blob(bytes, "application/vnd.oci.image.layer.v1.tar+gzip")).collect();
    let machine = document::machine();
    let (os, architecture) = machine.split_once('/').unwrap();
    let config =
        serde_json::json!({"os": os, "architecture": architecture, "config": {"Env": ["PATH=/bin", "A=b=c", "bad"]}});
    let config = blob(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
    let manifest = serde_json::json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let manifest = blob(manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    let index = serde_json::json!({"schemaVersion": 2, "manifests": [manifest]}).to_string();
    files.insert("index.json".to_owned(), index.into_bytes());
    files
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn archive(&self, files: &Files) -> PathBuf {
        let path = self.0.path().join("my-app_0.1_amd64.rock");
        let mut tar = Builder::new(fs::File::create(&path).unwrap());
        for (name, bytes) in files {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
        tar.into_inner().unwrap();
        path
    }

    fn unpacked_within(&self, limits: Limits, layers: &[Vec<u8>]) -> Result<PathBuf, Error> {
        let rock = Rock::open(&self.archive(&files(layers)))?;
        let image = rock.image_within(limits, &Cache::new(self.0.path().join("cache")), &Quiet::default())?;
        Ok(image.files)
    }

    fn unpacked(&self, layers: &[Vec<u8>]) -> Result<PathBuf, Error> {
        self.unpacked_within(LIMITS, layers)
    }
}

/// An error with its causes, in one line.
fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[test]
fn layers_of_every_compression_lie_one_over_the_other() {
    let desk = Desk::new();
    let base = layer(&[
        (DIR, "./usr/", "", 0o755),
        (DIR, "usr/bin", "", 0o755),
        (LINK, "bin", "usr/bin", 0o777),
        (FILE, "bin/pebble", "old", 0o755),
        (FILE, "etc/a", "a", 0o640),
        (HARD, "etc/also", "etc/a", 0o640),
    ]);
    let second = layer(&[(FILE, "bin/pebble", "new", 0o4755), (FILE, "etc/b", "b", 0o644)]);
    let third = layer(&[(DIR, "etc", "", 0o700), (LINK, "etc/b", "a", 0o777)]);
    let rock = Rock::open(&desk.archive(&files(&[base, gzip(&second), zstd(&third)]))).unwrap();
    let image = rock.image(&Cache::new(desk.0.path().join("cache")), &Quiet::default()).unwrap();
    assert_eq!(rock.name(), "my-app_0.1_amd64");
    let packed = image.packed.unwrap();
    assert_eq!(packed.pebble.as_deref(), Some("/usr/bin/pebble"));
    assert_eq!(packed.environment, BTreeMap::from([("A".into(), "b=c".into()), ("PATH".into(), "/bin".into())]));
    let root = image.files;
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    assert_eq!((read("usr/bin/pebble"), read("etc/also"), read("etc/b")), ("new".into(), "a".into(), "a".into()));
    assert!(root.join("bin").is_symlink() && root.join("etc/b").is_symlink());
    let pebble = root.join("usr/bin/pebble").metadata().unwrap();
    assert_eq!((pebble.permissions().mode() & 0o7777, pebble.mtime()), (0o755, 1_000_000), "no set-user-id bit");
    assert_eq!(root.join("etc").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let owner = if rustix::process::geteuid().is_root() { (584_792, 7) } else { (pebble.uid(), pebble.gid()) };
    assert_eq!((pebble.uid(), pebble.gid()), owner);
    assert!(root.join("charm/bin").is_dir() && root.join("dev").is_dir(), "what a pod needs is there");
}

#[test]
fn whiteouts_remove_files_of_lower_layers() {
    let desk = Desk::new();
    let base = layer(&[
        (FILE, "app/old", "1", 0o644),
        (FILE, "app/kept", "1", 0o644),
        (FILE, "data/a/b", "1", 0o644),
        (FILE, "lib/x", "1", 0o644),
    ]);
    let over = layer(&[
        (FILE, "app/.wh.old", "", 0o644),
        (FILE, "app/.wh.never", "", 0o644),
        (FILE, "data/new", "2", 0o644),
        (FILE, "data/.wh..wh..opq", "", 0o644),
        (FILE, "lib/y", "2", 0o644),
        (FILE, ".wh.lib", "", 0o644),
    ]);
    let root = desk.unpacked(&[base, gzip(&over)]).unwrap();
    let has = |path: &str| root.join(path).exists();
    assert!(has("app/kept") && !has("app/old") && !has("app/.wh.old"));
    assert!(
        has("data/new") && !has("data/a") && !has("data/.wh..wh..opq"),
        "an opaque folder has its own layer's files"
    );
    assert!(has("lib/y") && !has("lib/x"), "a layer's own files outlive its whiteouts");
}

#[test]
fn a_rock_is_unpacked_once() {
    let desk = Desk::new();
    let layers = [gzip(&layer(&[(FILE, "a", "1", 0o644)]))];
    let first = desk.unpacked(&layers).unwrap();
    fs::write(first.join("mark"), "").unwrap();
    assert!(desk.unpacked(&layers).unwrap().join("mark").exists());
    assert!(!desk.unpacked(&[gzip(&layer(&[(FILE, "a", "2", 0o644)]))]).unwrap().join("mark").exists());
}

mod hostile;
