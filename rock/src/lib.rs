//! Builds a root file system from a folder with an application.
//!
//! It does for a pod on this machine what `rockcraft pack` does for an image: it writes the extension of
//! `rockcraft.yaml` out, lays the parts out, makes the services Pebble's base layer, and builds the application with
//! the machine's own tools (pip, go, npm, Maven), once for each content of its sources. The playground starts pods from
//! the result.
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
mod services;
pub mod tool;
pub mod tree;

pub use cache::Cache;
pub use image::{Bind, Image, Owner, Packed, build};
pub use process::{Cancel, Work};
pub use project::Project;

/// The user that the services of every rock run as, by Canonical's convention.
pub const DAEMON_USER: &str = "_daemon_";

/// `PATH` of processes in a rock that sets none.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Uid and gid of [`DAEMON_USER`], the same in every rock.
pub const DAEMON_ID: u32 = 584_792;

/// Error of building a root file system.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's files can't be used.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A part can't be laid out.
    #[error(transparent)]
    Tree(#[from] tree::Error),
    /// A file is outside its folder, or can't be used.
    #[error(transparent)]
    File(#[from] pack::folder::Error),
    /// A part can't be built.
    #[error("cannot build part {}", pack::text::shown(.part))]
    Part {
        /// The part's name.
        part: String,
        /// The cause.
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
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}
