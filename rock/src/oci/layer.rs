//! A layer: a tar, plain or compressed with gzip or zstd, laid over the layers below it.
//!
//! Whiteouts (`.wh.NAME`, `.wh..wh..opq`) remove files of lower layers, never of their own layer:
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

/// A layer can't be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive has no such blob.
    #[error("{}", shown(.0))]
    Blob(String),
    /// It is no tar, is truncated, or has another digest.
    #[error("it can't be read")]
    Read(#[source] io::Error),
    /// An entry doesn't belong into a root file system.
    #[error("{}: {}", shown(.entry), shown(.why))]
    Entry {
        /// Its path.
        entry: String,
        /// The fault.
        why: String,
    },
    /// An entry can't be written.
    #[error("cannot write {}", shown(.entry))]
    Write {
        /// Its path.
        entry: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The build was cancelled.
    #[error("interrupted")]
    Interrupted,
}

/// Largest size of an entry's headers, in bytes: long names and attributes precede its content.
pub(super) const HEADERS: u64 = 4 << 20;

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Characters of a path that a message quotes.
const NAMED: usize = 200;

/// Lays the layer `blob`, which may unpack to `inflated` bytes, over the layers in `root`.
pub(super) fn apply(blob: impl Read, root: &mut Root, inflated: u64, cancel: &Cancel) -> Result<(), Error> {
    root.begin_layer();
    let mut blob = BufReader::with_capacity(1 << 16, blob);
    let placed = plain(&mut blob).and_then(|tar| place_all(tar, root, inflated, cancel));
    // The digest covers the whole blob, also the bytes after the tar's end. A wrong digest explains other read errors.
    match placed {
        Ok(()) | Err(Error::Read(_)) => io::copy(&mut blob, &mut io::sink()).map_err(Error::Read).and(placed),
        other => other,
    }
}

/// `error` without the bytes of the file: the tar reader quotes the start of a header that it can't parse.
pub(super) fn readable(error: io::Error) -> io::Error {
    let is_quoting = error.to_string().contains("numeric field");
    if is_quoting { io::Error::new(io::ErrorKind::InvalidData, NO_HEADER) } else { error }
}

const NO_HEADER: &str = "what should be a header is none; `webcharm up` takes an application's folder or a rock that \
                         `rockcraft pack` wrote";

fn place_all(tar: impl Read, root: &mut Root, inflated: u64, cancel: &Cancel) -> Result<(), Error> {
    let allowed = Rc::new(Cell::new(HEADERS));
    let tar = Metered::headers(tar, Rc::clone(&allowed));
    let whole = Rc::new(Cell::new(inflated));
    let mut archive = Archive::new(Metered { inner: tar, allowed: whole, why: INFLATES });
    let unreadable = |error| Error::Read(readable(error));
    let mut entries = archive.entries().map_err(unreadable)?;
    loop {
        // The header has the entry's size; until it is read, only headers are allowed.
        allowed.set(HEADERS);
        let Some(entry) = entries.next() else { return Ok(()) };
        let mut entry = entry.map_err(unreadable)?;
        if cancel.is_thrown() {
            return Err(Error::Interrupted);
        }
        allowed.set(entry.size().saturating_add(HEADERS));
        place(&mut entry, root)?;
    }
}

/// The uncompressed tar. The first bytes of a layer show its compression.
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
    let attributes = attributes(entry).map_err(|error| Error::Read(readable(error)))?;
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
        // Devices and FIFOs are skipped: a pod has its own.
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

/// Reader that fails once `allowed` bytes have been read.
pub(super) struct Metered<R> {
    inner: R,
    allowed: Rc<Cell<u64>>,
    why: &'static str,
}

impl<R> Metered<R> {
    /// Limits `inner` for headers: the caller sets `allowed` to [`HEADERS`] before each entry.
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

/// The frames of a zstd stream, in order; some have no data.
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
