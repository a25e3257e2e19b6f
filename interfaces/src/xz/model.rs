//! The symbols of LZMA and their probabilities, the same for writer and reader.

use super::coder::{Chance, Coder, EVEN};

/// Shortest match.
pub(super) const SHORTEST: u32 = 2;
/// Longest match.
pub(super) const LONGEST: u32 = 273;
/// First distance slot whose low bits have even chances.
const EVEN_SLOT: u32 = 14;
/// Kinds of earlier symbols.
const STATES: usize = 12;
/// Places within four bytes; readers allow for sixteen.
const PLACES: usize = 16;

/// Kinds of the last symbols, as a number below [`STATES`]; below 7 if the last one was a literal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State(u8);

impl State {
    pub(super) fn after_literal(self) -> Self {
        Self(match self.0 {
            0..4 => 0,
            4..10 => self.0 - 3,
            _ => self.0 - 6,
        })
    }

    pub(super) fn after_match(self) -> Self {
        Self(if self.is_literal() { 7 } else { 10 })
    }

    pub(super) fn after_repeat(self) -> Self {
        Self(if self.is_literal() { 8 } else { 11 })
    }

    pub(super) fn after_short_repeat(self) -> Self {
        Self(if self.is_literal() { 9 } else { 11 })
    }

    pub(super) fn is_literal(self) -> bool {
        self.0 < 7
    }

    pub(super) fn number(self) -> usize {
        self.0.into()
    }
}

/// Settings of the format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Props {
    /// Bits of the byte before a literal that its probabilities depend on.
    pub(super) literal_context: u32,
    /// Bits of the position that a literal's probabilities depend on.
    pub(super) literal_position: u32,
    /// Bits of the position that other probabilities depend on.
    pub(super) position: u32,
}

impl Props {
    /// Settings that the writer uses; they are most programs' defaults.
    pub(super) const USUAL: Self = Self { literal_context: 3, literal_position: 0, position: 2 };

    pub(super) fn byte(self) -> u8 {
        ((self.position * 5 + self.literal_position) * 9 + self.literal_context) as u8
    }

    pub(super) fn read(byte: u8) -> Option<Self> {
        let byte = u32::from(byte);
        let (literal_context, rest) = (byte % 9, byte / 9);
        let (literal_position, position) = (rest % 5, rest / 5);
        (position <= 4 && literal_context + literal_position <= 4).then_some(Self {
            literal_context,
            literal_position,
            position,
        })
    }
}

/// All probabilities.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) props: Props,
    pub(super) is_match: [[Chance; PLACES]; STATES],
    pub(super) is_repeat: [Chance; STATES],
    pub(super) is_older: [[Chance; STATES]; 3],
    pub(super) is_long: [[Chance; PLACES]; STATES],
    pub(super) length: Lengths,
    pub(super) repeat_length: Lengths,
    literals: Vec<[Chance; 0x300]>,
    slots: [[Chance; 64]; 4],
    special: [Chance; 128],
    align: [Chance; 16],
}

/// Probabilities of lengths.
#[derive(Debug, Clone)]
pub(super) struct Lengths {
    choice: [Chance; 2],
    low: [[Chance; 8]; PLACES],
    middle: [[Chance; 8]; PLACES],
    high: [Chance; 256],
}

impl Lengths {
    fn new() -> Self {
        Self { choice: [EVEN; 2], low: [[EVEN; 8]; PLACES], middle: [[EVEN; 8]; PLACES], high: [EVEN; 256] }
    }

    /// Length of a match.
    pub(super) fn code(&mut self, coder: &mut impl Coder, place: usize, length: u32) -> u32 {
        let rest = length.wrapping_sub(SHORTEST);
        if coder.bit(&mut self.choice[0], u32::from(rest >= 8)) == 0 {
            return SHORTEST + tree(coder, &mut self.low[place], 3, rest);
        }
        if coder.bit(&mut self.choice[1], u32::from(rest >= 16)) == 0 {
            return SHORTEST + 8 + tree(coder, &mut self.middle[place], 3, rest.wrapping_sub(8));
        }
        SHORTEST + 16 + tree(coder, &mut self.high, 8, rest.wrapping_sub(16))
    }
}

impl Model {
    pub(super) fn new(props: Props) -> Self {
        Self {
            props,
            is_match: [[EVEN; PLACES]; STATES],
            is_repeat: [EVEN; STATES],
            is_older: [[EVEN; STATES]; 3],
            is_long: [[EVEN; PLACES]; STATES],
            length: Lengths::new(),
            repeat_length: Lengths::new(),
            literals: vec![[EVEN; 0x300]; 1 << (props.literal_context + props.literal_position)],
            slots: [[EVEN; 64]; 4],
            special: [EVEN; 128],
            align: [EVEN; 16],
        }
    }

    /// Place of the position `at`, as far as probabilities depend on it.
    pub(super) fn place(&self, at: usize) -> usize {
        at & ((1 << self.props.position) - 1)
    }

    /// A literal at position `at`. `expected`: the byte that the last match would continue with, if a match was last.
    pub(super) fn literal(
        &mut self,
        coder: &mut impl Coder,
        at: usize,
        before: u8,
        expected: Option<u8>,
        byte: u8,
    ) -> u8 {
        let Props { literal_context, literal_position, .. } = self.props;
        let place = (at & ((1 << literal_position) - 1)) << literal_context;
        let chances = &mut self.literals[place + (usize::from(before) >> (8 - literal_context))];
        let Some(expected) = expected else { return tree(coder, &mut chances[..0x100], 8, byte.into()) as u8 };
        let (mut symbol, mut agrees, mut expected) = (1, 0x100, u32::from(expected));
        for shift in (0..8).rev() {
            expected <<= 1;
            let bit = expected & agrees;
            let at = agrees as usize + bit as usize + symbol as usize;
            let coded = coder.bit(&mut chances[at], (u32::from(byte) >> shift) & 1);
            symbol = symbol << 1 | coded;
            agrees &= if coded == 1 { bit } else { !bit };
        }
        symbol as u8
    }

    /// Distance of a match of this length, less one.
    pub(super) fn distance(&mut self, coder: &mut impl Coder, length: u32, distance: u32) -> u32 {
        let chances = &mut self.slots[(length - SHORTEST).min(3) as usize];
        let slot = tree(coder, chances, 6, slot_of(distance));
        if slot < 4 {
            return slot;
        }
        let bits = (slot >> 1) - 1;
        let base = (2 | (slot & 1)) << bits;
        let rest = distance.wrapping_sub(base);
        if slot < EVEN_SLOT {
            return base + reverse_tree(coder, &mut self.special[(base - slot) as usize..], bits, rest);
        }
        let high = coder.even(bits - 4, rest >> 4);
        let low = reverse_tree(coder, &mut self.align, 4, rest & 15);
        base.wrapping_add(high << 4).wrapping_add(low)
    }
}

/// Slot of a distance: its two highest bits and their place.
fn slot_of(distance: u32) -> u32 {
    match distance.checked_ilog2() {
        None | Some(0) => distance,
        Some(high) => high * 2 + ((distance >> (high - 1)) & 1),
    }
}

/// `bits` bits, the highest first, each with probabilities that depend on those before it.
fn tree(coder: &mut impl Coder, chances: &mut [Chance], bits: u32, value: u32) -> u32 {
    let path = (0..bits).rev().fold(1, |path, at| {
        let bit = coder.bit(&mut chances[path as usize], (value >> at) & 1);
        path << 1 | bit
    });
    path - (1 << bits)
}

/// The same, the lowest bit first. The tree's root is the first of `chances`.
fn reverse_tree(coder: &mut impl Coder, chances: &mut [Chance], bits: u32, value: u32) -> u32 {
    let (mut path, mut read) = (1, 0);
    for at in 0..bits {
        let bit = coder.bit(&mut chances[path - 1], (value >> at) & 1);
        path = path << 1 | bit as usize;
        read |= bit << at;
    }
    read
}
