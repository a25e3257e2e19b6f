//! Private readers made public for the fuzz targets, in builds for fuzzing only.

use tokio::runtime::Builder;

/// Reads bytes as a command's output over a websocket; returns the length of the output, at most `limit`.
pub fn output(bytes: &[u8], limit: usize) -> Option<usize> {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(crate::exec::output_of(bytes, limit))
}
