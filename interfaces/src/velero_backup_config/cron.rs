//! Times of a schedule.

use std::fmt;
use std::str::FromStr;

/// Times of a schedule in cron's notation: five or six fields, separated by blanks. A field is a list of `*`, `?`, `*/n`,
/// numbers and ranges of numbers. Velero checks the numbers.
///
/// ```
/// use interfaces::velero_backup_config::Cron;
/// let nightly: Cron = "30  2 * * 1-5".parse()?;
/// assert_eq!(nightly.as_str(), "30 2 * * 1-5");
/// assert!("daily".parse::<Cron>().is_err());
/// # Ok::<(), interfaces::velero_backup_config::CronError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron(String);

/// Text that is not in cron's notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not five or six fields of cron's notation, such as 0 2 * * *")]
pub struct CronError;

impl Cron {
    /// The fields, with one blank between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<_> = text.split_ascii_whitespace().take(7).collect();
        let is_good = matches!(fields.len(), 5 | 6) && fields.iter().all(|field| field.split(',').all(is_item));
        if is_good { Ok(Self(fields.join(" "))) } else { Err(CronError) }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// True for an item of a field.
fn is_item(item: &str) -> bool {
    match (item.strip_prefix("*/"), item.split_once('-')) {
        (Some(step), _) => is_number(step),
        (None, Some((from, to))) => is_number(from) && is_number(to),
        (None, None) => matches!(item, "*" | "?") || is_number(item),
    }
}

fn is_number(text: &str) -> bool {
    matches!(text.len(), 1..=4) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn notations() {
        for good in ["0 2 * * *", "*/15 0-6,12 1 ? *", "0 0 2 * * *", " 0\t2  * * * ", "0 2 * * 2026"] {
            let cron: Cron = good.parse().unwrap();
            assert_eq!(cron.as_str().parse(), Ok(cron.clone()), "{good}");
        }
        for bad in
            ["", " ", "@daily", "0 2 * *", "0 2 * * * * *", "a 2 * * *", "*/ 2 * * *", "1- 2 * * *", "1,,2 2 * * *"]
        {
            assert_eq!(bad.parse::<Cron>(), Err(CronError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_notation_or_an_error(text in prop_oneof![any::<String>(), "[0-9*/?, -]{0,20}"]) {
            if let Ok(cron) = text.parse::<Cron>() {
                prop_assert!(cron.as_str().bytes().all(|byte| byte.is_ascii_digit() || b"*/?,- ".contains(&byte)));
            }
        }
    }
}
