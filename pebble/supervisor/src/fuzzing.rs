//! Private readers made public for the fuzz targets, in builds for fuzzing only. They touch no path and start no
//! process.

pub use crate::api::fuzzing::{body, query};
pub use crate::exec::fuzzing::input;
