//! Text from outside (an application's last words, an error's message) without the secrets it may hold, fit for a
//! status and for the log.
//!
//! A secret is known in every form in which an application is likely to print it: as it is, percent-encoded and decoded, as
//! JSON, quoted for a shell, and of several lines each line. All are looked for at once, in one pass over the text.

mod forms;
mod uri;

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use juju::Secret;

pub use uri::credentials;

/// The values that may not be told.
#[derive(Clone, Default)]
pub struct Redactor(BTreeSet<String>);

/// What stands where a secret stood.
const MASK: &str = "***";
/// Shortest form that is masked, in bytes. A value such as `8000`, `true` or `admin` may be part of a secret's content, and a
/// status without these words would not be one; a password this short protects nothing.
pub const SHORTEST: usize = 6;
/// Longest value, in bytes. No process can have a longer variable, so none can print it.
const LONGEST: usize = 128 << 10;

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.0.len())
    }
}

impl<S: AsRef<str>> FromIterator<S> for Redactor {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        let mut redactor = Self::default();
        values.into_iter().for_each(|value| redactor.add(value.as_ref()));
        redactor
    }
}

impl Redactor {
    /// Has another value masked from now on, and the password in it if it's a URL.
    pub fn add(&mut self, secret: &str) {
        for value in [secret].into_iter().chain(credentials(secret)) {
            if (SHORTEST..=LONGEST).contains(&value.len()) {
                self.0.extend(forms::of(value).into_iter().filter(|form| form.len() >= SHORTEST));
            }
        }
    }

    /// The same of a value that is of the secret type.
    pub fn add_secret(&mut self, secret: &Secret) {
        self.add(secret.expose());
    }

    /// The text with every secret replaced by `***`; of several that begin at one place the longest. Takes time in
    /// proportion to the text and the secrets no longer than it.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let fitting: Vec<_> = self.0.iter().filter(|form| form.len() <= text.len()).collect();
        if fitting.is_empty() {
            return text.to_owned();
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&fitting);
        match built {
            Ok(finder) => finder.replace_all(text, &vec![MASK; fitting.len()]),
            // More secrets than can be looked for: then nothing of the text is told.
            Err(_) => MASK.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
