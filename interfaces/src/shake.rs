//! SHAKE256 (FIPS 202), with which the uids of dashboards are made.

/// Bytes that are taken in before the state is mixed.
const RATE: usize = 136;

/// Rotations of the lanes, in the order in which they change places.
const ROTATIONS: [u32; 24] =
    [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

/// Places that the lanes go to.
const PLACES: [usize; 24] = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

/// The first `count` bytes, at most [`RATE`], as hexadecimal digits.
pub(crate) fn hex(text: &str, count: usize) -> String {
    let mut state = [0_u64; 25];
    let mut blocks = text.as_bytes().chunks_exact(RATE);
    for block in &mut blocks {
        absorb(&mut state, block);
        mix(&mut state);
    }
    let mut last = [0; RATE];
    let rest = blocks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] ^= 0x1f;
    last[RATE - 1] ^= 0x80;
    absorb(&mut state, &last);
    mix(&mut state);
    let bytes = state.iter().flat_map(|lane| lane.to_le_bytes());
    bytes.take(count.min(RATE)).map(|byte| format!("{byte:02x}")).collect()
}

fn absorb(state: &mut [u64; 25], block: &[u8]) {
    for (lane, bytes) in state.iter_mut().zip(block.chunks_exact(8)) {
        *lane ^= u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
}

/// The permutation Keccak-f\[1600\].
fn mix(state: &mut [u64; 25]) {
    let mut noise = 1_u8;
    for _ in 0..24 {
        let columns: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ state[x + 5 * y]));
        for (at, lane) in state.iter_mut().enumerate() {
            *lane ^= columns[(at + 4) % 5] ^ columns[(at + 1) % 5].rotate_left(1);
        }
        let mut moving = state[1];
        for (place, rotation) in PLACES.into_iter().zip(ROTATIONS) {
            moving = std::mem::replace(&mut state[place], moving.rotate_left(rotation));
        }
        for row in state.chunks_exact_mut(5) {
            let old: [u64; 5] = std::array::from_fn(|x| row[x]);
            for (x, lane) in row.iter_mut().enumerate() {
                *lane = old[x] ^ (!old[(x + 1) % 5] & old[(x + 2) % 5]);
            }
        }
        state[0] ^= round_constant(&mut noise);
    }
}

/// The next round's constant, from the shift register that FIPS 202 defines.
fn round_constant(noise: &mut u8) -> u64 {
    (0..7).fold(0, |constant, power| {
        let bit = u64::from(*noise & 1);
        *noise = (*noise << 1) ^ (0x71 & (*noise >> 7).wrapping_neg());
        constant | bit << ((1_u32 << power) - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::hex;

    /// Values of Python's `hashlib.shake_256`.
    #[test]
    fn as_python_has_it() {
        let table = [
            (String::new(), 8, "46b9dd2b0ba88d13"),
            ("flask-k8s-file:flask".to_owned(), 8, "e1ea98eb0d057b44"),
            ("x".repeat(135), 20, "1afe5445228966d3b51f8e3236681fc56ffb20de"),
            ("x".repeat(136), 20, "7614c58639bf53a94aab54261d1f9b2607e66b6f"),
            ("x".repeat(300), 20, "35a2940a1731f5348b49601002839120309004ea"),
        ];
        for (text, count, expected) in table {
            assert_eq!(hex(&text, count), expected, "{} bytes", text.len());
        }
    }
}
