//! Text from outside (an application's last words, an error's message) without the secrets it may hold, fit for a
//! status and for the log.

/// The values that may not be told.
#[derive(Clone, Default)]
pub struct Redactor(Vec<String>);

/// What stands where a secret stood.
const MASK: &str = "***";
/// Shorter values would blot out ordinary words; no secret that is one is this short.
const SHORTEST: usize = 6;

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} values)", self.0.len())
    }
}

impl<S: Into<String>> FromIterator<S> for Redactor {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        let mut values: Vec<String> =
            values.into_iter().map(Into::into).filter(|value: &String| value.len() >= SHORTEST).collect();
        // The longest first: a connection string before the password in it.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self(values)
    }
}

impl Redactor {
    /// Has another value masked from now on.
    pub fn add(&mut self, secret: String) {
        *self = self.0.drain(..).chain([secret]).collect();
    }

    /// The text with every secret replaced by `***`.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_the_longest_first() {
        let redactor: Redactor = ["hunter2", "postgresql://u:hunter2@db/x", "", "db"].into_iter().collect();
        assert_eq!(redactor.apply("no route to postgresql://u:hunter2@db/x"), "no route to ***");
        assert_eq!(redactor.apply("db says hunter2"), "db says ***");
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }
}
