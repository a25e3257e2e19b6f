//! Removes secrets from text of applications and libraries, such as an error's message, before it goes to a status or
//! the log.
//!
//! A secret is found in every form in which applications usually print it: as it is, percent-encoded and decoded, as
//! JSON, quoted for a shell, and line by line. One pass over the text finds all of them.

mod forms;
mod uri;

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::secret::Secret;
pub use uri::credentials;

/// Set of secret values in all their forms.
#[derive(Clone, Default)]
pub struct Redactor(BTreeSet<String>);

/// Text in place of a secret.
const MASK: &str = "***";
/// Shortest form to mask, in bytes. A secret's content may have a value such as `8000`, `true` or `admin`; masking
/// these words would make statuses unreadable, and a password this short gives no protection.
const SHORTEST: usize = 6;
/// Longest value to mask, in bytes. No process can have a longer variable.
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
    /// Adds a value to mask. If it is a URL, its password is masked too.
    pub fn add(&mut self, secret: &str) {
        for value in [secret].into_iter().chain(credentials(secret)) {
            if (SHORTEST..=LONGEST).contains(&value.len()) {
                self.0.extend(forms::of(value).into_iter().filter(|form| form.len() >= SHORTEST));
            }
        }
    }

    /// Adds a value of the secret type.
    pub fn add_secret(&mut self, secret: &Secret) {
        self.add(secret.expose());
    }

    /// Replaces every secret in the text by `***`; of secrets that begin at the same place, the longest. Takes time
    /// proportional to the text plus the secrets that are not longer than it.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let fitting: Vec<_> = self.0.iter().filter(|form| form.len() <= text.len()).collect();
        if fitting.is_empty() {
            return text.to_owned();
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&fitting);
        match built {
            Ok(finder) => finder.replace_all(text, &vec![MASK; fitting.len()]),
            // The automaton has limits. If the secrets exceed them, mask the whole text.
            Err(_) => MASK.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
