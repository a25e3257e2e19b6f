//! Ways in for the fuzz targets, to readers that are private otherwise. Only in builds for fuzzing.

use tokio::runtime::Builder;

/// Reads these bytes as a command's output over a websocket; the length of what was kept, at most `limit`.
pub fn output(bytes: &[u8], limit: usize) -> Option<usize> {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(crate::exec::output_of(bytes, limit))
}
