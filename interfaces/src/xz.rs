//! The container format xz, version 1.2 (<https://tukaani.org/xz/xz-file-format.txt>), as dashboards travel in it: one
//! stream with one block in LZMA2, checked by CRC32.
//!
//! Equal input gives equal bytes: there are no settings. The reader also takes what other programs write: several
//! blocks, and other checks, which are not verified. A filter before LZMA2 is refused.

mod coder;
mod lzma2;
mod model;

/// First bytes of a stream.
const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
/// Flags of a stream whose blocks are checked by CRC32.
const FLAGS: [u8; 2] = [0, 1];
/// Header of a block without sizes: one filter, LZMA2 with a dictionary of 8 MiB.
const BLOCK: [u8; 8] = [2, 0, 0x21, 1, 0x16, 0, 0, 0];
/// Last bytes of a stream.
const END: [u8; 2] = *b"YZ";

/// Fault of a text that can't be unpacked, as a predicate.
pub(crate) type Fault = &'static str;

const CUT: Fault = "is cut off";
const NOT_XZ: Fault = "is not xz";

/// Packs `data`.
pub(crate) fn compress(data: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    checked(&mut out, &FLAGS);
    let block = out.len();
    checked(&mut out, &BLOCK);
    lzma2::encode(data, &mut out);
    let unpadded = out.len() - block + 4;
    pad(&mut out, block);
    out.extend(crc32(data).to_le_bytes());
    let mut index = vec![0, 1];
    number(&mut index, unpadded);
    number(&mut index, data.len());
    pad(&mut index, 0);
    let mut footer = u32::try_from((index.len() + 4) / 4 - 1).unwrap_or_default().to_le_bytes().to_vec();
    checked(&mut out, &index);
    footer.extend(FLAGS);
    out.extend(crc32(&footer).to_le_bytes());
    out.extend(footer);
    out.extend(END);
    out
}

/// Unpacks a stream into at most `limit` bytes.
///
/// # Errors
/// The fault of the stream.
pub(crate) fn decompress(stream: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let (head, mut rest) = stream.split_at_checked(12).ok_or(CUT)?;
    if head[..6] != MAGIC || head[6] != 0 || head[8..] != crc32(&head[6..8]).to_le_bytes() {
        return Err(NOT_XZ);
    }
    let check = match head[7] {
        0 => 0,
        1 => 4,
        4 => 8,
        10 => 32,
        _ => return Err("has an unknown check"),
    };
    let mut out = Vec::new();
    while *rest.first().ok_or(CUT)? != 0 {
        let size = (usize::from(rest[0]) + 1) * 4;
        let header = rest.get(..size).ok_or(CUT)?;
        if header[size - 4..] != crc32(&header[..size - 4]).to_le_bytes() {
            return Err(NOT_XZ);
        }
        if header[1] & 3 != 0 {
            return Err("has a filter before LZMA2");
        }
        let begin = out.len();
        let packed = lzma2::decode(&rest[size..], &mut out, limit)?;
        let sum = size + packed.next_multiple_of(4);
        let sums = rest.get(sum..sum + check).ok_or(CUT)?;
        if check == 4 && sums != crc32(&out[begin..]).to_le_bytes() {
            return Err("does not match its checksum");
        }
        rest = &rest[sum + check..];
    }
    Ok(out)
}

/// Appends bytes and their checksum.
fn checked(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes);
    out.extend(crc32(bytes).to_le_bytes());
}

/// Fills up to four bytes, counted from `begin`.
fn pad(out: &mut Vec<u8>, begin: usize) {
    out.resize(begin + (out.len() - begin).next_multiple_of(4), 0);
}

/// Appends a number, seven bits in a byte.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// CRC32 of IEEE 802.3, bit by bit: dashboards are small.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests;
