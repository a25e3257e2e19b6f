//! Order of keys in Go's yaml.v3: letters last, numbers by value.

use std::cmp::Ordering;

/// Compares two keys.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let after_digit = at > 0 && a[at - 1].is_numeric();
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => a[at].cmp(&b[at]),
        // A letter after a digit ends the number, and the shorter number is first.
        (true, false) if after_digit => Ordering::Less,
        (false, true) if after_digit => Ordering::Greater,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => numbers(&a, &b, at),
    }
}

/// Compares the numbers at the first difference, then their lengths, then the characters.
fn numbers(a: &[char], b: &[char], at: usize) -> Ordering {
    let leading =
        (a[at] == '0' || b[at] == '0') && a[..at].iter().rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
    let start = i64::from(leading);
    let number = |text: &[char]| {
        let digits = text[at..].iter().take_while(|c| c.is_numeric());
        // Go computes the same for any digits, and lets the value overflow.
        digits.fold((start, 0), |(value, length), digit| {
            let digit = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
            (value.wrapping_mul(10).wrapping_add(digit), length + 1)
        })
    };
    let ((a_value, a_length), (b_value, b_length)) = (number(a), number(b));
    (a_value, a_length, a[at]).cmp(&(b_value, b_length, b[at]))
}
