//! Patterns of paths, matched within a limit of work: `*` stands for any text within a name, `**` for folders.

use std::cell::Cell;
use std::path::Path;

/// Limit of byte comparisons for the rules of one part.
const STEPS: u64 = 100_000_000;

/// Comparisons left. At 0 every match fails, so the owner must check [`Steps::are_used_up`] before it trusts an answer.
#[derive(Debug)]
pub struct Steps(Cell<u64>);

impl Default for Steps {
    fn default() -> Self {
        Self(Cell::new(STEPS))
    }
}

impl Steps {
    /// A limit of `steps` comparisons.
    #[must_use]
    pub fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// True if the limit was reached: later answers are invalid.
    pub fn are_used_up(&self) -> bool {
        self.0.get() == 0
    }

    /// Uses up `count` comparisons.
    pub(crate) fn take(&self, count: usize) {
        self.0.set(self.0.get().saturating_sub(count as u64));
    }

    /// Returns true if `pattern`, in which `*` stands for any text, matches the whole of `text`.
    ///
    /// Backtracks to the last star only, so the work is at most the product of both lengths.
    pub(crate) fn glob(&self, pattern: &str, text: &str) -> bool {
        let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
        self.aligned(pattern, text, |part| *part == b'*', |part, byte| part == byte)
    }

    /// Returns true if `pattern` matches the whole of `path`, name by name.
    pub(crate) fn matches(&self, pattern: &str, path: &Path) -> bool {
        let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        let segments: Vec<&str> = pattern.split('/').collect();
        self.take(pattern.len() + names.len());
        self.aligned(
            &segments,
            &names,
            |segment| *segment == "**",
            |segment, name| {
                // As in a shell, a leading star matches no hidden file.
                let hidden = name.starts_with('.') && !segment.starts_with('.');
                !hidden && self.glob(segment, name)
            },
        )
    }

    /// Returns true if `pattern` matches all of `text`, a star standing for any number of items.
    fn aligned<P, T>(&self, pattern: &[P], text: &[T], is_star: fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
        let (mut at, mut read) = (0, 0);
        let mut star = None;
        while read < text.len() {
            if self.are_used_up() {
                return false;
            }
            self.take(1);
            match pattern.get(at) {
                Some(part) if is_star(part) => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(part) if fits(part, &text[read]) => (at, read) = (at + 1, read + 1),
                _ => {
                    let Some((of, taken)) = star else { return false };
                    star = Some((of, taken + 1));
                    (at, read) = (of + 1, taken + 1);
                }
            }
        }
        pattern[at..].iter().all(is_star)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name_and_finds_no_hidden_file() {
        for (pattern, path, expected) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("*", ".a", false),
            (".*", ".a", true),
            ("**/*.jar", "x.jar", true),
            ("**/*.jar", "a/b/x.jar", true),
            ("**/*.jar", "a/x.jar/c", false),
            ("**", "a/b", true),
            ("a/**/b/**/c", "a/b/x/b/y/c", true),
            ("a/**/b/**/c", "a/b/x/y", false),
            ("a/*/c", "a/b/c", true),
        ] {
            assert_eq!(Steps::default().matches(pattern, Path::new(path)), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_take_the_product_of_the_lengths_at_most() {
        let (pattern, text) = ("*a".repeat(500) + "*b", "a".repeat(1000));
        let steps = Steps::default();
        assert!(!steps.glob(&pattern, &text) && !steps.are_used_up());
        assert!(STEPS - steps.0.get() <= (pattern.len() * text.len()) as u64, "{}", STEPS - steps.0.get());
        let (pattern, path) = ("**/a/".repeat(60) + "b", "a/".repeat(120));
        let steps = Steps::default();
        assert!(!steps.matches(&pattern, Path::new(&path)) && !steps.are_used_up());
        assert!(STEPS - steps.0.get() <= 3 * (pattern.len() * path.len()) as u64, "{}", STEPS - steps.0.get());
    }

    #[test]
    fn no_pattern_matches_once_the_steps_are_used_up() {
        let steps = Steps::new(3);
        assert!(!steps.glob("*z", "abcdef") && steps.are_used_up());
        assert!(!steps.glob("a", "a"));
    }

    proptest::proptest! {
        #[test]
        fn a_star_matches_any_middle(head in "[a-z/]{0,4}", middle in "[a-zä/]{0,6}", tail in "[a-z/]{0,4}") {
            let pattern = format!("{head}*{tail}");
            let text = format!("{head}{middle}{tail}");
            proptest::prop_assert!(Steps::default().glob(&pattern, &text));
            let other = format!("-{text}");
            proptest::prop_assert!(!Steps::default().glob(&pattern, &other) || head.is_empty());
        }

        #[test]
        fn matching_agrees_with_the_recursive_definition(pattern in "[ab*]{0,7}", text in "[ab]{0,7}") {
            fn plain(pattern: &str, text: &str) -> bool {
                let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
                text.strip_prefix(head).is_some_and(|text| (0..=text.len()).any(|at| plain(rest, &text[at..])))
            }
            proptest::prop_assert_eq!(Steps::default().glob(&pattern, &text), plain(&pattern, &text));
        }
    }
}
