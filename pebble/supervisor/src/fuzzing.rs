//! Ways in for the fuzz targets, to readers that are private otherwise. Only in builds for fuzzing. Nothing is carried out:
//! no path is touched, no process started.

pub use crate::api::fuzzing::{body, query};
pub use crate::exec::fuzzing::input;
