//! The range coder of LZMA. Writer and reader are one trait, so that the format stands once: see
//! [`model`](super::model).

/// Probability that the next bit is 0, in 2048ths.
pub(super) type Chance = u16;

/// Probability of a bit that nothing is known of.
pub(super) const EVEN: Chance = 1 << 10;

/// Below this the range is widened by a byte.
const NARROW: u32 = 1 << 24;

/// Writes bits, or reads them. A writer returns the bit it was given; a reader ignores that one and returns the bit read.
pub(super) trait Coder {
    /// A bit with this probability, which is adapted.
    fn bit(&mut self, chance: &mut Chance, bit: u32) -> u32;

    /// `count` bits that are 0 or 1 alike, the highest first.
    fn even(&mut self, count: u32, bits: u32) -> u32;
}

fn adapt(chance: &mut Chance, bit: u32) {
    if bit == 0 {
        *chance += ((1 << 11) - *chance) >> 5;
    } else {
        *chance -= *chance >> 5;
    }
}

/// Writer.
#[derive(Debug)]
pub(super) struct Encoder {
    low: u64,
    range: u32,
    cache: u8,
    /// Bytes whose value depends on a carry: the cached one and 0xff after it.
    held: usize,
    out: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self { low: 0, range: u32::MAX, cache: 0, held: 1, out: Vec::new() }
    }

    fn shift(&mut self) {
        if self.low < 0xff00_0000 || self.low > u64::from(u32::MAX) {
            let carry = (self.low >> 32) as u8;
            self.out.push(self.cache.wrapping_add(carry));
            self.out.extend(std::iter::repeat_n(carry.wrapping_sub(1), self.held - 1));
            self.held = 0;
            self.cache = (self.low >> 24) as u8;
        }
        self.held += 1;
        self.low = (self.low & 0x00ff_ffff) << 8;
    }

    fn widen(&mut self) {
        while self.range < NARROW {
            self.range <<= 8;
            self.shift();
        }
    }

    /// All bytes, the last bits included.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        self.out
    }
}

impl Coder for Encoder {
    fn bit(&mut self, chance: &mut Chance, bit: u32) -> u32 {
        let bound = (self.range >> 11) * u32::from(*chance);
        if bit == 0 {
            self.range = bound;
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
        }
        adapt(chance, bit);
        self.widen();
        bit
    }

    fn even(&mut self, count: u32, bits: u32) -> u32 {
        for at in (0..count).rev() {
            self.range >>= 1;
            self.low += u64::from(self.range) * u64::from((bits >> at) & 1);
            self.widen();
        }
        bits
    }
}

/// Reader. After the last byte it reads zeros, and [`is_cut`](Self::is_cut) says so.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    code: u32,
    range: u32,
    input: &'a [u8],
    missing: bool,
}

impl<'a> Decoder<'a> {
    /// Reader of these bytes; `None` if they can't be a chunk's.
    pub(super) fn new(input: &'a [u8]) -> Option<Self> {
        let (head, input) = input.split_at_checked(5)?;
        let code = u32::from_be_bytes(head[1..].try_into().ok()?);
        (head[0] == 0).then_some(Self { code, range: u32::MAX, input, missing: false })
    }

    /// True if bits were asked for after the last one.
    pub(super) fn is_cut(&self) -> bool {
        self.missing
    }

    fn widen(&mut self) {
        if self.range < NARROW {
            let next = self.input.split_off_first().copied();
            self.missing |= next.is_none();
            self.range <<= 8;
            self.code = (self.code << 8) | u32::from(next.unwrap_or_default());
        }
    }
}

impl Coder for Decoder<'_> {
    fn bit(&mut self, chance: &mut Chance, _: u32) -> u32 {
        self.widen();
        let bound = (self.range >> 11) * u32::from(*chance);
        let bit = u32::from(self.code >= bound);
        if bit == 0 {
            self.range = bound;
        } else {
            self.code -= bound;
            self.range -= bound;
        }
        adapt(chance, bit);
        bit
    }

    fn even(&mut self, count: u32, _: u32) -> u32 {
        (0..count).fold(0, |bits, _| {
            self.widen();
            self.range >>= 1;
            let bit = u32::from(self.code >= self.range);
            self.code -= self.range * bit;
            bits << 1 | bit
        })
    }
}
