//! Our own streams, and those of xz 5.4 (`fixtures/lines.xz`: CRC64, repeated distances).

use proptest::prelude::*;

use super::*;

const LIMIT: usize = 1 << 20;

/// Text with short and long repetitions, of several chunks.
fn text() -> Vec<u8> {
    let line =
        |number: usize| format!("{{\"id\": {number}, \"expr\": \"sum(rate(requests_total[{}m]))\"}},\n", number % 7);
    (0..3000).map(line).collect::<String>().into_bytes()
}

#[test]
fn what_was_packed_is_unpacked_and_shorter() {
    let text = text();
    let packed = compress(&text);
    assert_eq!(decompress(&packed, LIMIT), Ok(text.clone()));
    assert!(packed.len() < text.len() / 8, "{} of {}", packed.len(), text.len());
    assert_eq!(compress(&text), packed, "equal input gives equal bytes");
    assert_eq!(decompress(&packed, text.len() - 1), Err("is too long"));
}

#[test]
fn what_xz_packs_is_unpacked() {
    assert_eq!(decompress(include_bytes!("../../fixtures/lines.xz"), LIMIT), Ok(text()));
}

#[test]
fn bytes_that_do_not_shrink_are_kept_as_they_are() {
    let next = |seed: &u32| Some(seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    for length in [0, 1, 32_768, 100_000] {
        let noise: Vec<_> = std::iter::successors(Some(7), next).map(|seed| (seed >> 24) as u8).take(length).collect();
        let packed = compress(&noise);
        assert!(packed.len() < length + 100, "{length} bytes became {}", packed.len());
        assert_eq!(decompress(&packed, LIMIT), Ok(noise));
    }
}

#[test]
fn a_damaged_stream_is_refused() {
    let packed = compress(&text());
    for end in [0, 11, 12, 20, 24, 100, packed.len() / 2] {
        assert!(decompress(&packed[..end], LIMIT).is_err(), "{end} bytes of {}", packed.len());
    }
    for at in (0..packed.len() - 30).step_by(97) {
        let mut wrong = packed.clone();
        wrong[at] ^= 0x10;
        assert!(decompress(&wrong, LIMIT).is_err(), "byte {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_come_back(data in proptest::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..3000)) {
        prop_assert_eq!(decompress(&compress(&data), LIMIT), Ok(data));
    }

    #[test]
    fn any_stream_is_read_or_refused(data in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..200, byte: u8) {
        let mut stream = [&compress(b"")[..24], &data].concat();
        let _ = decompress(&stream, LIMIT);
        stream = compress(&text()[..2000]);
        stream[at] = byte;
        let _ = decompress(&stream, LIMIT);
    }
}
