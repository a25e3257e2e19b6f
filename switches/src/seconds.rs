//! Limits of time: a number of seconds, or a text such as `90s`, `5m` or `1h`.

use std::time::Duration;

use crate::{Node, Wrong};

/// Reads a time from one second to `most` seconds.
pub(crate) fn read(node: &Node<'_>, most: u64) -> Result<Duration, Wrong> {
    let seconds = node.number().or_else(|| node.text().ok().and_then(of_text));
    let allowed = seconds.filter(|seconds| (1..=most).contains(seconds));
    let written = node.scalar().map(|text| format!("is {text:.30}")).unwrap_or_else(|_| "is no time".to_owned());
    let wrong =
        || node.wrong(&format!("{written}: write a number of seconds from 1 to {most}, or a time such as 30s or 5m"));
    allowed.map(Duration::from_secs).ok_or_else(wrong)
}

fn of_text(text: &str) -> Option<u64> {
    let (number, factor) = [("s", 1), ("m", 60), ("h", 3600)]
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { number.parse::<u64>().ok()?.checked_mul(factor) } else { None }
}
