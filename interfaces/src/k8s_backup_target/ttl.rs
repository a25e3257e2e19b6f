//! Life of a backup.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Units in the order in which they may follow each other, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Most seconds: backup tools count nanoseconds in 63 bits.
const MAX_SECONDS: u64 = i64::MAX as u64 / 1_000_000_000;

/// Life of a backup: whole numbers with the units `d`, `h`, `m`, `s`, in this order, each at most once, more than zero
/// in all. It keeps the text it was parsed from.
///
/// ```
/// use interfaces::k8s_backup_target::Ttl;
/// let ttl: Ttl = "1d12h".parse()?;
/// assert_eq!((ttl.to_string(), ttl.seconds(), ttl.without_days()), ("1d12h".into(), 129_600, "36h0m0s".into()));
/// assert!("1.5h".parse::<Ttl>().is_err());
/// # Ok::<(), interfaces::k8s_backup_target::TtlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ttl {
    text: String,
    seconds: u64,
}

/// Text that is not the life of a backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// The text does not follow the grammar of [`Ttl`].
    #[error("is not a duration such as 24h, 1h30m or 30d")]
    Malformed,
    /// The duration is zero.
    #[error("is no time at all")]
    Zero,
    /// The duration is longer than 292 years.
    #[error("is longer than 292 years")]
    TooLong,
}

impl Ttl {
    /// The duration in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The duration in hours, minutes and seconds, for tools that know no day. It begins with the largest unit that is
    /// not zero, as durations of Go do.
    #[must_use]
    pub fn without_days(&self) -> String {
        let (hours, minutes, seconds) = (self.seconds / 3_600, self.seconds / 60 % 60, self.seconds % 60);
        match (hours, minutes) {
            (0, 0) => format!("{seconds}s"),
            (0, _) => format!("{minutes}m{seconds}s"),
            _ => format!("{hours}h{minutes}m{seconds}s"),
        }
    }
}

impl FromStr for Ttl {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, TtlError> {
        let (mut rest, mut units, mut seconds) = (text, UNITS.iter(), 0_u64);
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or(TtlError::Malformed)?;
            let (number, tail) = rest.split_at(digits);
            let mut letters = tail.chars();
            let unit = letters.next().ok_or(TtlError::Malformed)?;
            // Units that were passed over can't come any more.
            let (_, factor) = units.find(|(letter, _)| *letter == unit).ok_or(TtlError::Malformed)?;
            seconds = whole(number)?.saturating_mul(*factor).saturating_add(seconds);
            rest = letters.as_str();
        }
        match seconds {
            0 if text.is_empty() => Err(TtlError::Malformed),
            0 => Err(TtlError::Zero),
            1..=MAX_SECONDS => Ok(Self { text: text.to_owned(), seconds }),
            _ => Err(TtlError::TooLong),
        }
    }
}

/// The number that these digits stand for.
fn whole(digits: &str) -> Result<u64, TtlError> {
    if digits.is_empty() { Err(TtlError::Malformed) } else { digits.parse().map_err(|_| TtlError::TooLong) }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_and_their_form_without_days() {
        let table = [
            ("24h", "24h0m0s"),
            ("72h", "72h0m0s"),
            ("1h30m", "1h30m0s"),
            ("10m10s", "10m10s"),
            ("30s", "30s"),
            ("30d", "720h0m0s"),
            ("1d12h", "36h0m0s"),
            ("0h90s", "1m30s"),
            ("1d1h1m1s", "25h1m1s"),
        ];
        for (text, without_days) in table {
            assert_eq!(text.parse::<Ttl>().unwrap().without_days(), without_days, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_durations_are_refused() {
        for text in
            ["", "h", "10", "1.5h", "5m1h", "-1h", "1w", "1h1h", "1h ", " 1h", "+1h", "1H", "bogus", "１h", "1é"]
        {
            assert_eq!(text.parse::<Ttl>(), Err(TtlError::Malformed), "{text}");
        }
        for text in ["0s", "0d0h", "000m"] {
            assert_eq!(text.parse::<Ttl>(), Err(TtlError::Zero), "{text}");
        }
        for text in ["106752d", "99999999999999999999d", "18446744073709551615d18446744073709551615h"] {
            assert_eq!(text.parse::<Ttl>(), Err(TtlError::TooLong), "{text}");
        }
        assert!("106751d".parse::<Ttl>().is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_an_error(text in prop_oneof![any::<String>(), "[0-9dhms.]{0,12}"]) {
            if let Ok(ttl) = text.parse::<Ttl>() {
                prop_assert_eq!(ttl.to_string(), text);
                prop_assert!((1..=MAX_SECONDS).contains(&ttl.seconds()));
                let again: Ttl = ttl.without_days().parse().unwrap();
                prop_assert_eq!(again.seconds(), ttl.seconds());
            }
        }
    }
}
