//! LZMA2: chunks of LZMA, or of plain bytes where LZMA would be longer.

use super::coder::{Coder, Decoder, Encoder};
use super::model::{LONGEST, Model, Props, SHORTEST, State};
use super::{CUT, Fault};

/// Bytes of a chunk. Even random bytes stay below the limit of packed ones, 64 KiB.
const CHUNK: usize = 1 << 15;
/// First byte of a chunk of plain bytes, which resets the dictionary.
const PLAIN_FIRST: u8 = 1;
/// The same without a reset.
const PLAIN: u8 = 2;
/// First byte of a chunk of LZMA: high bits of its size and what it resets.
const PACKED: u8 = 0x80;

/// Earlier places with the same three bytes that are looked at.
const LOOKS: usize = 48;
/// Bits of a hash of three bytes.
const HASH_BITS: u32 = 15;
/// Fewest bytes that a match is looked for with.
const HASHED: usize = 3;
/// No earlier place.
const NONE: u32 = u32::MAX;

const WRONG: Fault = "is not valid LZMA2";

/// Appends `data` as chunks with the end mark.
pub(super) fn encode(data: &[u8], out: &mut Vec<u8>) {
    let mut writer = Writer::new(data);
    for begin in (0..data.len()).step_by(CHUNK) {
        let end = data.len().min(begin + CHUNK);
        let packed = writer.chunk(begin, end);
        let size = size_bytes(end - begin);
        if packed.len() < end - begin {
            // Each chunk begins with probabilities of its own; the first one resets the dictionary too.
            out.push(PACKED | if begin == 0 { 3 } else { 2 } << 5);
            out.extend(size);
            out.extend(size_bytes(packed.len()));
            out.push(Props::USUAL.byte());
            out.extend(packed);
        } else {
            out.push(if begin == 0 { PLAIN_FIRST } else { PLAIN });
            out.extend(size);
            out.extend(&data[begin..end]);
        }
    }
    out.push(0);
}

/// A size from 1 to 65536, less one.
fn size_bytes(size: usize) -> [u8; 2] {
    u16::try_from(size - 1).unwrap_or(u16::MAX).to_be_bytes()
}

/// Writer of LZMA: takes the longest match that it finds, and the last distance again where that is as good.
struct Writer<'a> {
    data: &'a [u8],
    /// Last place of each hash.
    heads: Vec<u32>,
    /// The place before each place with the same hash.
    earlier: Vec<u32>,
}

impl<'a> Writer<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, heads: vec![NONE; 1 << HASH_BITS], earlier: Vec::with_capacity(data.len()) }
    }

    fn chunk(&mut self, begin: usize, end: usize) -> Vec<u8> {
        let mut coder = Encoder::new();
        let mut model = Model::new(Props::USUAL);
        let (mut state, mut last, mut at) = (State::default(), 0, begin);
        while at < end {
            let place = model.place(at);
            let (length, distance) = self.longest(at, end);
            let repeated = if at > last { self.common(at, at - last - 1, end) } else { 0 };
            let is_repeat = repeated >= SHORTEST as usize && repeated + 1 >= length;
            let is_match = is_repeat || length > 0;
            coder.bit(&mut model.is_match[state.number()][place], u32::from(is_match));
            let taken = if is_match {
                coder.bit(&mut model.is_repeat[state.number()], u32::from(is_repeat));
                if is_repeat {
                    coder.bit(&mut model.is_older[0][state.number()], 0);
                    coder.bit(&mut model.is_long[state.number()][place], 1);
                    model.repeat_length.code(&mut coder, place, repeated as u32);
                    state = state.after_repeat();
                    repeated
                } else {
                    model.length.code(&mut coder, place, length as u32);
                    model.distance(&mut coder, length as u32, distance as u32);
                    last = distance;
                    state = state.after_match();
                    length
                }
            } else {
                let before = at.checked_sub(1).map_or(0, |before| self.data[before]);
                let expected = (!state.is_literal()).then(|| self.data[at - last - 1]);
                model.literal(&mut coder, at, before, expected, self.data[at]);
                state = state.after_literal();
                1
            };
            (at..at + taken).for_each(|at| self.enter(at));
            at += taken;
        }
        coder.finish()
    }

    /// Length of the longest match before `at`, or 0, and its distance less one.
    fn longest(&self, at: usize, end: usize) -> (usize, usize) {
        let mut best = (0, 0);
        let Some(hash) = self.hash(at) else { return best };
        let mut candidate = self.heads[hash];
        for _ in 0..LOOKS {
            if candidate == NONE {
                break;
            }
            let length = self.common(at, candidate as usize, end);
            if length >= HASHED && length > best.0 {
                best = (length, at - candidate as usize - 1);
            }
            candidate = self.earlier[candidate as usize];
        }
        best
    }

    /// Count of bytes that are the same from `at` to `end` and from `from`.
    fn common(&self, at: usize, from: usize, end: usize) -> usize {
        let most = (end - at).min(LONGEST as usize);
        self.data[at..at + most].iter().zip(&self.data[from..]).take_while(|(a, b)| a == b).count()
    }

    fn enter(&mut self, at: usize) {
        let hash = self.hash(at);
        self.earlier.push(hash.map_or(NONE, |hash| std::mem::replace(&mut self.heads[hash], at as u32)));
    }

    fn hash(&self, at: usize) -> Option<usize> {
        let [a, b, c] = *self.data.get(at..at + HASHED)? else { return None };
        let mixed = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1);
        Some((mixed >> (32 - HASH_BITS)) as usize)
    }
}

/// Appends the bytes of all chunks to `out`, which may grow to `limit` bytes. Returns how many packed bytes there were.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<usize, Fault> {
    let mut reader = Reader { begin: out.len(), model: None, state: State::default(), last: [0; 4] };
    let mut at = 0;
    loop {
        let control = *input.get(at).ok_or(CUT)?;
        let head = |count: usize| input.get(at + 1..at + 1 + count).ok_or(CUT);
        match control {
            0 => return Ok(at + 1),
            PLAIN_FIRST | PLAIN => {
                let size = size(head(2)?);
                let plain = input.get(at + 3..at + 3 + size).ok_or(CUT)?;
                fits(out, size, limit)?;
                out.extend(plain);
                at += 3 + size;
            }
            PACKED.. => {
                let sizes = head(4)?;
                let (plain, packed) = ((usize::from(control & 0x1f) << 16) + size(sizes), size(&sizes[2..]));
                let resets = (control >> 5) & 3;
                let props = if resets >= 2 { Some(head(5)?[4]) } else { None };
                reader.reset(resets, props, out.len())?;
                let begin = at + 5 + usize::from(props.is_some());
                fits(out, plain, limit)?;
                let end = out.len() + plain;
                reader.chunk(input.get(begin..begin + packed).ok_or(CUT)?, out, end)?;
                at = begin + packed;
            }
            _ => return Err(WRONG),
        }
    }
}

fn size(bytes: &[u8]) -> usize {
    (usize::from(bytes[0]) << 8) + usize::from(bytes[1]) + 1
}

fn fits(out: &[u8], more: usize, limit: usize) -> Result<(), Fault> {
    if out.len() + more <= limit { Ok(()) } else { Err("is too long") }
}

/// Reader of LZMA.
struct Reader {
    /// First byte of the dictionary.
    begin: usize,
    model: Option<Model>,
    state: State,
    /// The last distances, each less one.
    last: [usize; 4],
}

impl Reader {
    fn reset(&mut self, resets: u8, props: Option<u8>, at: usize) -> Result<(), Fault> {
        if resets == 3 {
            self.begin = at;
        }
        let props = match (props, &self.model) {
            (Some(byte), _) => Props::read(byte).ok_or(WRONG)?,
            (None, Some(model)) => model.props,
            (None, None) => return Err(WRONG),
        };
        if resets > 0 {
            (self.model, self.state, self.last) = (Some(Model::new(props)), State::default(), [0; 4]);
        }
        Ok(())
    }

    fn chunk(&mut self, packed: &[u8], out: &mut Vec<u8>, end: usize) -> Result<(), Fault> {
        let mut coder = Decoder::new(packed).ok_or(WRONG)?;
        while out.len() < end {
            self.symbol(&mut coder, out, end)?;
            if coder.is_cut() {
                return Err(CUT);
            }
        }
        Ok(())
    }

    fn symbol(&mut self, coder: &mut Decoder<'_>, out: &mut Vec<u8>, end: usize) -> Result<(), Fault> {
        let model = self.model.as_mut().ok_or(WRONG)?;
        let (at, number) = (out.len() - self.begin, self.state.number());
        let place = model.place(at);
        if coder.bit(&mut model.is_match[number][place], 0) == 0 {
            let before = if at == 0 { 0 } else { out[out.len() - 1] };
            let expected = if self.state.is_literal() { None } else { Some(repeated(out, self.begin, self.last[0])?) };
            out.push(model.literal(coder, at, before, expected, 0));
            self.state = self.state.after_literal();
            return Ok(());
        }
        let length = if coder.bit(&mut model.is_repeat[number], 0) == 0 {
            let length = model.length.code(coder, place, 0);
            self.last.rotate_right(1);
            self.last[0] = model.distance(coder, length, 0) as usize;
            self.state = self.state.after_match();
            length
        } else {
            let older = (0..3).take_while(|which| coder.bit(&mut model.is_older[*which][number], 0) == 1).count();
            self.last[..=older].rotate_right(1);
            if older == 0 && coder.bit(&mut model.is_long[number][place], 0) == 0 {
                self.state = self.state.after_short_repeat();
                1
            } else {
                self.state = self.state.after_repeat();
                model.repeat_length.code(coder, place, 0)
            }
        };
        if out.len() + length as usize > end {
            return Err(WRONG);
        }
        for _ in 0..length {
            out.push(repeated(out, self.begin, self.last[0])?);
        }
        Ok(())
    }
}

/// The byte at a distance, less one, before the end.
fn repeated(out: &[u8], begin: usize, distance: usize) -> Result<u8, Fault> {
    out[begin..].iter().rev().nth(distance).copied().ok_or(WRONG)
}
