//! A folder with an application becomes a root file system.
//!
//! What `rockcraft pack` does for an image, done for a pod on this machine: the parts of `rockcraft.yaml` are laid out,
//! its extension is written out, its services become Pebble's base layer, and the application is built with the machine's
//! own tools (pip, go, npm, Maven), once for each content of its sources. Starting a pod from the result is the
//! playground's business.
//!
//! Only the plugins that rockcraft's extensions use are known; an unknown one is refused by name.
#![allow(clippy::disallowed_methods, reason = "a tool for the desk: it starts pip and reads its environment")]

pub mod apt;
pub mod cache;
pub mod extension;
pub mod glob;
pub mod image;
pub mod layer;
pub mod oci;
pub mod plugin;
pub mod process;
pub mod project;
pub mod python;
pub mod tool;
pub mod tree;

pub use cache::Cache;
pub use image::{Bind, Image, Owner, Packed, build};
pub use process::{Cancel, Work};
pub use project::Project;

/// The user that the services of every rock run as, by Canonical's convention.
pub const DAEMON_USER: &str = "_daemon_";

/// Uid and gid of [`DAEMON_USER`], the same in every rock.
pub const DAEMON_ID: u32 = 584_792;

/// Why no root file system could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's files can't be used.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A part can't be laid out.
    #[error(transparent)]
    Tree(#[from] tree::Error),
    /// A file is not inside its folder, or can't be used.
    #[error(transparent)]
    File(#[from] pack::folder::Error),
    /// A part can't be built.
    #[error("cannot build part {}", pack::text::shown(.part))]
    Part {
        /// The part's name.
        part: String,
        /// Why not.
        #[source]
        source: plugin::Error,
    },
    /// The services can't be written as a layer.
    #[error("cannot write the base layer")]
    Layer(#[source] serde_yaml::Error),
    /// A file of the image can't be written.
    #[error("cannot write {}", pack::text::shown(.path))]
    Write {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}
