//! A layer: a tar, whatever it's compressed with, laid over the layers below it.
//!
//! Whiteouts (`.wh.NAME`, `.wh..wh..opq`) take away what lower layers have, never what this one brings:
//! <https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>.

use std::cell::Cell;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use pack::text::shown;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use tar::{Archive, Entry, EntryType};

use super::root::{Attributes, Root};
use crate::process::Cancel;

/// Why a layer can't be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive has no such blob.
    #[error("{}", shown(.0))]
    Blob(String),
    /// It is no tar, or breaks off, or isn't what its digest says.
    #[error("it can't be read")]
    Read(#[source] io::Error),
    /// An entry is not what a root file system has.
    #[error("{}: {}", shown(.entry), shown(.why))]
    Entry {
        /// Its path.
        entry: String,
        /// What is wrong.
        why: String,
    },
    /// An entry can't be written.
    #[error("cannot write {}", shown(.entry))]
    Write {
        /// Its path.
        entry: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What an entry's headers may take before its content: long names and attributes.
pub(super) const HEADERS: u64 = 4 << 20;

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Characters of a path that a message names.
const NAMED: usize = 200;

/// Lays the layer `blob`, which may unpack to `inflated` bytes, over what is in `root`.
pub(super) fn apply(blob: impl Read, root: &mut Root, inflated: u64, cancel: &Cancel) -> Result<(), Error> {
    root.begin_layer();
    let mut blob = BufReader::with_capacity(1 << 16, blob);
    let placed = plain(&mut blob).and_then(|tar| place_all(tar, root, inflated, cancel));
    // The digest is of the whole blob, also of what stands after the tar's end. One that is wrong explains the rest.
    match placed {
        Ok(()) | Err(Error::Read(_)) => io::copy(&mut blob, &mut io::sink()).map_err(Error::Read).and(placed),
        other => other,
    }
}

fn place_all(tar: impl Read, root: &mut Root, inflated: u64, cancel: &Cancel) -> Result<(), Error> {
    let allowed = Rc::new(Cell::new(HEADERS));
    let tar = Metered::headers(tar, Rc::clone(&allowed));
    let whole = Rc::new(Cell::new(inflated));
    let mut archive = Archive::new(Metered { inner: tar, allowed: whole, why: INFLATES });
    let mut entries = archive.entries().map_err(Error::Read)?;
    loop {
        // What an entry may take is known once its header is read; until then it's little.
        allowed.set(HEADERS);
        let Some(entry) = entries.next() else { return Ok(()) };
        let mut entry = entry.map_err(Error::Read)?;
        if cancel.is_thrown() {
            return Err(Error::Interrupted);
        }
        allowed.set(entry.size().saturating_add(HEADERS));
        place(&mut entry, root)?;
    }
}

/// The tar itself: layers tell by their first bytes what they're compressed with.
fn plain<'a>(blob: &'a mut (impl BufRead + 'a)) -> Result<Box<dyn Read + 'a>, Error> {
    let first = blob.fill_buf().map_err(Error::Read)?;
    Ok(match first {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(blob)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Box::new(Frames { from: blob, decoder: FrameDecoder::new() })
        }
        _ => Box::new(blob),
    })
}

fn place<R: Read>(entry: &mut Entry<'_, R>, root: &mut Root) -> Result<(), Error> {
    let bytes = entry.path_bytes().into_owned();
    let path = PathBuf::from(OsStr::from_bytes(&bytes));
    let shown: String = path.display().to_string().chars().take(NAMED).collect();
    let wrong = |why: &str| Error::Entry { entry: shown.clone(), why: why.to_owned() };
    let Some(path) = super::root::relative(&path).map_err(wrong)? else { return Ok(()) };
    let failed = |error: super::root::Error| match error {
        super::root::Error::Refused(why) => Error::Entry { entry: shown.clone(), why },
        super::root::Error::Io(source) => Error::Write { entry: shown.clone(), source },
    };
    let name = path.file_name().unwrap_or_default().as_bytes();
    if name == OPAQUE {
        return root.empty(&path).map_err(failed);
    }
    if let Some(hidden) = name.strip_prefix(WHITEOUT) {
        if hidden.is_empty() || hidden == b"." || hidden == b".." {
            return Err(wrong("this hides nothing that could be there"));
        }
        return root.hide(&path.with_file_name(OsStr::from_bytes(hidden))).map_err(failed);
    }
    let attributes = attributes(entry).map_err(Error::Read)?;
    let link = |entry: &Entry<'_, R>| match entry.link_name_bytes() {
        Some(bytes) => Ok(PathBuf::from(OsStr::from_bytes(&bytes))),
        None => Err(wrong("this link leads nowhere")),
    };
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => root.file(&path, &attributes, entry),
        EntryType::Directory => root.folder(&path, &attributes),
        EntryType::Symlink => root.symlink(&path, &link(entry)?, &attributes),
        EntryType::Link => {
            let target = super::root::relative(&link(entry)?).map_err(wrong)?;
            root.hard_link(&path, &target.ok_or_else(|| wrong("this link leads nowhere"))?)
        }
        // The pod has devices of its own; nothing else is a file.
        _ => Ok(()),
    }
    .map_err(failed)
}

fn attributes<R: Read>(entry: &Entry<'_, R>) -> io::Result<Attributes> {
    let header = entry.header();
    Ok(Attributes { mode: header.mode()?, uid: header.uid()?, gid: header.gid()?, modified: header.mtime()? })
}

const HEADERS_TOO_LARGE: &str = "the headers of an entry are too large";
const INFLATES: &str = "it unpacks to many times its size, as no layer of programs does";

/// Lets so many bytes through, and fails at the next one.
pub(super) struct Metered<R> {
    inner: R,
    allowed: Rc<Cell<u64>>,
    why: &'static str,
}

impl<R> Metered<R> {
    /// `inner`, of which each entry's headers may take [`HEADERS`] once `allowed` is set to it.
    pub(super) fn headers(inner: R, allowed: Rc<Cell<u64>>) -> Self {
        Self { inner, allowed, why: HEADERS_TOO_LARGE }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.allowed.get().checked_sub(read as u64);
        self.allowed.set(left.ok_or_else(|| io::Error::other(self.why))?);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// The frames of a zstd stream, one after the other; some carry no data.
struct Frames<R> {
    from: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.from, one).map_err(io::Error::other)?;
            } else if self.from.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                self.next_frame()?;
            }
        }
    }
}

impl<R: BufRead> Frames<R> {
    fn next_frame(&mut self) -> io::Result<()> {
        match self.decoder.reset(&mut self.from) {
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut (&mut self.from).take(length.into()), &mut io::sink()).map(|_| ())
            }
            other => other.map_err(io::Error::other),
        }
    }
}
