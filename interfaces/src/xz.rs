//! The container format xz (<https://tukaani.org/xz/xz-file-format.txt>), as dashboards travel in it.

use std::io::{Read, Write};

use lzma_rust2::{CheckType, LzmaOptions, XzOptions, XzReader, XzWriter};

/// Bytes in which the writer looks for repetitions: its memory grows with them, and dashboards are small.
const WINDOW: u32 = 128 << 10;

/// Most memory of the reader in KiB: enough for all of xz's own presets.
const MOST_KIB: u32 = 80 << 10;

/// Fault of a text that can't be unpacked, as a predicate.
pub(crate) type Fault = &'static str;

/// Packs `data`. Equal input gives equal bytes.
pub(crate) fn compress(data: &[u8]) -> Vec<u8> {
    let lzma_options = LzmaOptions { dict_size: WINDOW, ..LzmaOptions::with_preset(3) };
    let mut options = XzOptions { lzma_options, ..XzOptions::default() };
    options.set_check_sum_type(CheckType::Crc32);
    let pack = || {
        let mut writer = XzWriter::new(Vec::new(), options)?;
        writer.write_all(data)?;
        writer.finish()
    };
    pack().expect("the options are valid, and memory takes every byte")
}

/// Unpacks a stream into at most `limit` bytes.
///
/// # Errors
/// The fault of the stream.
pub(crate) fn decompress(stream: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut data = Vec::new();
    let reader = XzReader::new_mem_limit(stream, false, MOST_KIB);
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut data).map_err(|_| "is not xz, or is cut off")?;
    if data.len() > limit { Err("is too long") } else { Ok(data) }
}

#[cfg(test)]
mod tests;
