//! Unpacks a packed rock, an OCI image in a tar, into a root file system.
//!
//! ```text
//! app.rock (tar) ─ oci-layout, index.json ─ manifest ─ config: environment, platform
//!                                                    └ layers (tar, gzip or zstd) ─ the root, one over the other
//! ```
//! The image is untrusted: every blob is checked against its digest, sizes and counts have limits, and no entry reaches
//! outside the folder it is unpacked into. The root is cached by the image's digest. Set-user-id bits and devices are left
//! out, since no process in a pod needs them.
//!
//! Formats: <https://github.com/opencontainers/image-spec/blob/main/spec.md>.

mod document;
mod layer;
mod layout;
mod root;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use pack::folder;
use pack::text::shown;

use crate::cache::{self, Cache, Key};
use crate::image::{Image, Packed};
use crate::process::Work;
use document::{Config, Descriptor, Index, Manifest};
use layout::Layout;

/// A rock can't be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("cannot read {}", shown(.path))]
    Read {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is no regular file, or can't be opened.
    #[error(transparent)]
    File(#[from] folder::Error),
    /// The file isn't a rock.
    #[error("{} is no rock: {}", shown(.path), shown(.why))]
    Form {
        /// The file.
        path: String,
        /// The fault.
        why: String,
    },
    /// The rock is for another machine.
    #[error("{} is for {}, this machine is {machine}: `rockcraft pack` it for that platform", shown(.path), shown(.rock))]
    Platform {
        /// The file.
        path: String,
        /// The rock's platform.
        rock: String,
        /// This machine's platform.
        machine: String,
    },
    /// A layer can't be unpacked.
    #[error("cannot unpack {}, layer {number}", shown(.path))]
    Layer {
        /// The file.
        path: String,
        /// The layer, counted from 1.
        number: usize,
        /// The cause.
        #[source]
        source: layer::Error,
    },
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The build was cancelled.
    #[error("interrupted")]
    Interrupted,
}

pub use layer::Error as LayerError;

/// Limits of unpacking a rock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Files and folders.
    pub(crate) entries: u64,
    /// Names looked up on the entries' paths, and entries of folders that whiteouts empty.
    pub(crate) steps: u64,
    /// Bytes that any layer may unpack to, headers included. A larger layer may unpack to [`RATIO`] times its size.
    pub(crate) inflated: u64,
}

const LIMITS: Limits = Limits { bytes: 8 << 30, entries: 1 << 20, steps: 4 << 20, inflated: 1 << 30 };

/// Largest ratio of unpacked to packed size for a large layer. Programs compress to a third or a tenth.
const RATIO: u64 = 100;

/// Largest number of layers; tools write far fewer.
const LAYERS: usize = 256;

/// Paths of Pebble in a rock.
const PEBBLE: [&str; 2] = ["usr/bin/pebble", "bin/pebble"];

/// A packed rock whose JSON documents have been read; its layers are read by [`Rock::image`].
#[derive(Debug)]
pub struct Rock {
    path: PathBuf,
    layout: Layout,
    manifest: String,
    layers: Vec<Descriptor>,
    environment: BTreeMap<String, String>,
}

impl Rock {
    /// Opens the archive `path`.
    ///
    /// # Errors
    /// When it is no rock, or is for another machine.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let form = |why: String| Error::Form { path: name.clone(), why };
        let layout = Layout::of(folder::open(path)?).map_err(form)?;
        let descriptor = chosen(&layout).map_err(form)?;
        let manifest: Manifest = layout.document(&descriptor).map_err(form)?;
        let config: Config = layout.document(&manifest.config).map_err(form)?;
        let (rock, machine) = (config.platform(), document::machine());
        if rock != machine {
            return Err(Error::Platform { path: name, rock, machine });
        }
        if manifest.layers.len() > LAYERS {
            return Err(form(format!("it has {} layers, {LAYERS} are too many", manifest.layers.len())));
        }
        let (layers, environment) = (manifest.layers, config.environment());
        Ok(Self { path: path.to_owned(), layout, manifest: descriptor.digest, layers, environment })
    }

    /// The name of its file, without `.rock`.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The image in `cache`, unpacked on first use.
    ///
    /// # Errors
    /// When a layer is broken, hostile or too large, or the cache can't be written.
    pub fn image(&self, cache: &Cache, work: &dyn Work) -> Result<Image, Error> {
        self.image_within(LIMITS, cache, work)
    }

    fn image_within(&self, limits: Limits, cache: &Cache, work: &dyn Work) -> Result<Image, Error> {
        // Files that another user unpacked have other owners.
        let owner = rustix::process::geteuid().as_raw().to_le_bytes();
        let key = Key::new().with("rock").with(&self.manifest).with(owner);
        let files = cache.entry::<Error>(&key, work, |into| self.unpack(into, limits, work))?;
        let pebble = PEBBLE.into_iter().find(|path| root::is_file(&files, Path::new(path)));
        let packed = Packed { pebble: pebble.map(|path| format!("/{path}")), environment: self.environment.clone() };
        Ok(Image { files, owners: Vec::new(), binds: Vec::new(), environment: BTreeMap::new(), packed: Some(packed) })
    }

    fn unpack(&self, into: &Path, limits: Limits, work: &dyn Work) -> Result<(), Error> {
        let mut root = root::Root::new(into, limits);
        for (at, descriptor) in self.layers.iter().enumerate() {
            if work.cancel().is_thrown() {
                return Err(Error::Interrupted);
            }
            work.say(&format!("unpacking layer {} of {}", at + 1, self.layers.len()));
            let failed = |source| Error::Layer { path: self.path.display().to_string(), number: at + 1, source };
            let blob = self.layout.blob(descriptor).map_err(|why| failed(layer::Error::Blob(why)))?;
            let inflated = limits.inflated.max(descriptor.size.saturating_mul(RATIO));
            layer::apply(blob, &mut root, inflated, work.cancel()).map_err(failed)?;
        }
        root.prepare().map_err(|error| match error {
            root::Error::Refused(why) => Error::Form { path: self.path.display().to_string(), why },
            root::Error::Io(source) => Error::Read { path: into.display().to_string(), source },
        })
    }
}

/// The manifest for this machine, where there are several.
fn chosen(layout: &Layout) -> Result<Descriptor, String> {
    let mut index: Index = layout.index()?;
    // An index may name a second one, which has the platforms. Deeper nesting is refused.
    for _ in 0..2 {
        let found = index.for_this_machine().ok_or("its index names no image")?.clone();
        if !found.is_index() {
            return Ok(found);
        }
        index = layout.document(&found)?;
    }
    Err("its index leads only to further indices".to_owned())
}

#[cfg(test)]
mod tests;
