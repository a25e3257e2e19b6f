//! Meaning of plain scalars by the rules of Go's yaml.v3: YAML 1.2 with parts of 1.1.

/// Meaning of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) enum Resolved {
    /// An empty text, `~` or `null`.
    Null,
    /// `true` or `false`; not `yes` or `on`.
    Bool,
    /// An integer of 64 bits, in base 2, 8, 10 or 16.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A date, with or without a time.
    Timestamp,
    /// The key `<<`.
    Merge,
    /// Anything else.
    Text,
}

impl Resolved {
    /// Name of the tag in messages.
    pub(in crate::plan) fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Merge => "!!merge",
            Self::Text => "!!str",
        }
    }
}

/// Resolves a plain scalar.
pub(in crate::plan) fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Resolved::Bool,
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        "<<" => return Resolved::Merge,
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' if !separates_digits(text) => Resolved::Text,
        b'.' => float(&text.replace('_', "")).map_or(Resolved::Text, Resolved::Float),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Resolved::Text,
    }
}

/// True if every underscore is between digits.
pub(in crate::plan) fn separates_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes.iter().enumerate().all(|(at, byte)| *byte != b'_' || digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

fn number(text: &str) -> Resolved {
    if is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain = text.replace('_', "");
    if let Some(int) = integer(&plain) {
        return Resolved::Int(int);
    }
    float(&plain).map_or(Resolved::Text, Resolved::Float)
}

/// An integer in any notation, within 64 bits, signed or unsigned.
fn integer(plain: &str) -> Option<i128> {
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    // These two prefixes may be followed by a sign, as in `0b-1`, if there is no sign before.
    if let Some(signed) = plain.strip_prefix("0b").or_else(|| plain.strip_prefix("0o"))
        && signed.starts_with(['-', '+'])
    {
        return i64::from_str_radix(signed, radix).ok().map(i128::from);
    }
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    // Only a number without a sign may need the sixty-fourth bit.
    let fits = i64::try_from(value).is_ok() || !plain.starts_with(['-', '+']);
    fits.then_some(value)
}

/// A float of the form `[-+]? digits [. digits] [e digits]`, with digits before or after the point.
fn float(plain: &str) -> Option<f64> {
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) || !exponent_fits {
        return None;
    }
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// True for `2006-1-2`, also with a time after `T`, with a zone, or after a blank, without one.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = date(text) else { return false };
    match time.split_at_checked(1) {
        None => true,
        Some(("T" | "t", time)) => clock(time).is_some_and(zone),
        Some((" ", time)) => clock(time.trim_start_matches(' ')).is_some_and(str::is_empty),
        Some(_) => false,
    }
    .then_some(date)
    .is_some_and(|(year, month, day)| (1..=12).contains(&month) && day >= 1 && day <= days(year, month))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Splits off year, month and day.
fn date(text: &str) -> Option<((u32, u32, u32), &str)> {
    let (year, rest) = text.split_at_checked(4).filter(|(year, _)| year.bytes().all(|b| b.is_ascii_digit()))?;
    let (month, rest) = small(rest.strip_prefix('-')?)?;
    let (day, rest) = small(rest.strip_prefix('-')?)?;
    Some(((year.parse().ok()?, month, day), rest))
}

/// Splits off one or two digits.
fn small(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    Some((digits.parse().ok()?, rest))
}

/// Checks hours, minutes, seconds and their fraction; returns the rest.
fn clock(text: &str) -> Option<&str> {
    let (hours, rest) = small(text)?;
    let (minutes, rest) = small(rest.strip_prefix(':')?)?;
    let (seconds, rest) = small(rest.strip_prefix(':')?)?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    match rest.strip_prefix(['.', ',']) {
        None => Some(rest),
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (rest.len() < fraction.len()).then_some(rest)
        }
    }
}

/// True for `Z`, or an offset in hours and minutes.
fn zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let parts = offset.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2);
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    parts.is_some_and(|(hours, minutes)| {
        number(hours).is_some_and(|hours| hours <= 24) && number(minutes).is_some_and(|minutes| minutes < 60)
    })
}
