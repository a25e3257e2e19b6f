//! Removes secrets from text of applications and libraries, such as an error's message, before it goes to a status or
//! the log.
//!
//! A secret is found in every form in which applications usually print it: as it is, percent-encoded and decoded, as
//! JSON, quoted for a shell, and line by line. One pass over the text finds all of them.

mod forms;
mod uri;

use std::cell::RefCell;
use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::secret::Secret;
pub use uri::credentials;

/// Set of secret values in all their forms.
///
/// ```
/// let redactor: webcharm_juju::Redactor = ["hunter2"].into_iter().collect();
/// assert_eq!(redactor.apply("login of admin:hunter2 failed"), "login of admin:*** failed");
/// ```
#[derive(Clone, Default)]
pub struct Redactor {
    forms: BTreeSet<String>,
    finder: RefCell<Option<Finder>>,
}

/// Search for all forms up to a length. Building it takes longer than its use, so the texts of an event share it.
#[derive(Clone)]
struct Finder {
    /// Length of the longest text in which it finds every form, in bytes.
    longest: usize,
    /// `None`: no automaton can have so many secrets.
    search: Option<AhoCorasick>,
}

/// Text in place of a secret.
const MASK: &str = "***";
/// Shortest form to mask, in bytes. A secret's content may have a value such as `8000`, `true` or `admin`; masking
/// these words would make statuses unreadable, and a password this short gives no protection.
const SHORTEST: usize = 6;
/// Longest value to mask, in bytes. No process can have a longer variable.
const LONGEST: usize = 128 << 10;
/// Length of most texts, in bytes. The first finder is for all of these; a longer text makes another.
const USUAL: usize = 1024;

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.len())
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
                self.forms.extend(forms::of(value).into_iter().filter(|form| form.len() >= SHORTEST));
            }
        }
        self.finder = RefCell::default();
    }

    /// Adds a value of the secret type.
    pub fn add_secret(&mut self, secret: &Secret) {
        self.add(secret.expose());
    }

    /// Replaces every secret in the text by `***`; of secrets that begin at the same place, the longest. Takes time
    /// proportional to the text, and once to the secrets that are not longer than it.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        if self.forms.is_empty() || text.len() < SHORTEST {
            return text.to_owned();
        }
        let mut finder = self.finder.borrow_mut();
        let suits = finder.take_if(|finder| finder.longest >= text.len());
        let finder = finder.insert(suits.unwrap_or_else(|| Finder::of(&self.forms, text.len().max(USUAL))));
        finder.mask(text)
    }
}

impl Finder {
    fn of(forms: &BTreeSet<String>, longest: usize) -> Self {
        let fitting = forms.iter().filter(|form| form.len() <= longest);
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(fitting);
        Self { longest, search: search.ok() }
    }

    fn mask(&self, text: &str) -> String {
        match &self.search {
            Some(search) => search.replace_all(text, &vec![MASK; search.patterns_len()]),
            None => MASK.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
