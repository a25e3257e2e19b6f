//! The archive: an OCI layout in a tar. Blobs are read from the tar itself, without unpacking it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use sha2::{Digest, Sha256};

use super::document::{Descriptor, Index};
use super::layer::{HEADERS, Metered, readable};

/// Largest number of files in a layout.
const FILES: usize = 10_000;

/// Largest size of a JSON document, in bytes.
const DOCUMENT: u64 = 4 << 20;

/// An open archive.
#[derive(Debug)]
pub(super) struct Layout {
    file: File,
    /// First byte and length of each file of the layout.
    places: BTreeMap<String, (u64, u64)>,
}

impl Layout {
    /// The layout in the tar `file`, or the reason why it is none.
    pub(super) fn of(file: File) -> Result<Self, String> {
        let places = places(&file)?;
        if !places.contains_key("oci-layout") {
            return Err(other_form(&places));
        }
        Ok(Self { file, places })
    }

    /// `index.json`.
    pub(super) fn index(&self) -> Result<Index, String> {
        let (at, size) = *self.places.get("index.json").ok_or("it has no index.json")?;
        parsed("index.json", Slice { file: &self.file, at, end: at + size }, size)
    }

    /// The document that `descriptor` names.
    pub(super) fn document<T: DeserializeOwned>(&self, descriptor: &Descriptor) -> Result<T, String> {
        parsed(&descriptor.digest, self.blob(descriptor)?, descriptor.size)
    }

    /// The blob that `descriptor` names. Reading it to its end fails if its digest differs.
    pub(super) fn blob(&self, descriptor: &Descriptor) -> Result<Blob<'_>, String> {
        let digest = &descriptor.digest;
        let is_hex =
            |text: &&str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let hex = digest.strip_prefix("sha256:").filter(is_hex);
        let hex = hex.ok_or_else(|| format!("{digest} is no sha256 digest"))?;
        let place = self.places.get(&format!("blobs/sha256/{hex}"));
        let (at, size) = *place.ok_or_else(|| format!("it lacks the blob {digest}"))?;
        if size != descriptor.size {
            return Err(format!("the blob {digest} has {size} bytes, not {}", descriptor.size));
        }
        Ok(Blob { slice: Slice { file: &self.file, at, end: at + size }, sum: Sha256::new(), expected: hex.to_owned() })
    }
}

/// First byte and length of each file in the tar `file`.
fn places(file: &File) -> Result<BTreeMap<String, (u64, u64)>, String> {
    let mut places = BTreeMap::new();
    let unreadable = |error: io::Error| format!("it can't be read as a tar: {}", readable(error));
    let length = file.metadata().map_err(unreadable)?.len();
    // Contents are skipped by seeking, so only headers are read.
    let allowed = Rc::new(Cell::new(HEADERS));
    let mut archive = tar::Archive::new(Metered::headers(file, Rc::clone(&allowed)));
    let mut entries = archive.entries_with_seek().map_err(unreadable)?;
    for number in 0.. {
        allowed.set(HEADERS);
        let Some(entry) = entries.next() else { break };
        let entry = entry.map_err(unreadable)?;
        if number >= FILES {
            return Err(format!("it has more than {FILES} files"));
        }
        let (at, size) = (entry.raw_file_position(), entry.size());
        if at.checked_add(size).is_none_or(|end| end > length) {
            return Err("the file ends in the middle".to_owned());
        }
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            places.insert(name, (at, size));
        }
    }
    Ok(places)
}

fn parsed<T: DeserializeOwned>(name: &str, mut from: impl Read, size: u64) -> Result<T, String> {
    if size > DOCUMENT {
        return Err(format!("{name} has {size} bytes, more than any description"));
    }
    let mut text = Vec::new();
    from.read_to_end(&mut text).map_err(|error| format!("{name}: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| match error.classify() {
        // The reader's own words quote the value.
        Category::Data => format!("{name}: not the value expected at line {} column {}", error.line(), error.column()),
        _ => format!("{name}: {error}"),
    })
}

fn other_form(places: &BTreeMap<String, (u64, u64)>) -> String {
    let remedy = "`skopeo copy docker-archive:FILE oci-archive:FILE.rock` makes one of it";
    if places.contains_key("manifest.json") {
        format!("it's a Docker archive, not an OCI one: {remedy}")
    } else {
        "it has no oci-layout: `rockcraft pack` makes the kind that is read here".to_owned()
    }
}

/// A range of the file.
#[derive(Debug)]
struct Slice<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Slice<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..left], self.at)?;
        if read == 0 && left > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends in the middle"));
        }
        self.at += read as u64;
        Ok(read)
    }
}

/// A blob whose digest is computed while it is read.
#[derive(Debug)]
pub(super) struct Blob<'a> {
    slice: Slice<'a>,
    sum: Sha256,
    expected: String,
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.slice.read(buffer)?;
        self.sum.update(&buffer[..read]);
        if read == 0 && !buffer.is_empty() {
            let sum: String = self.sum.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            if sum != self.expected {
                let why = format!("the blob sha256:{} has another digest, sha256:{sum}", self.expected);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok(read)
    }
}
