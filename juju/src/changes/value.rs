//! A databag's value that may name secrets.

use std::fmt;

use super::Offer;
use crate::secret::SecretId;

/// Longest form of an id: with `secret://` and the UUID of a model.
const MAX_ID_BYTES: usize = 66;

/// New value of a key: text in which the ids of secrets may stand, as in a JSON document. An empty one deletes the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(Vec<Part>);

/// Part of a value.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// The id of this secret.
    Secret(Offer),
}

impl Value {
    /// The secrets, in the order of their places.
    pub(super) fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Secret(offer) => Some(offer),
        })
    }

    /// The text with the secrets' `ids`, in the order of their places. `None` if there are too few.
    pub(super) fn text(&self, ids: &[SecretId]) -> Option<String> {
        let mut ids = ids.iter();
        let texts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Secret(_) => ids.next().map(ToString::to_string),
        });
        texts.collect()
    }

    /// The ids that stand in `text` in the places of the secrets. `None` unless the rest of `text` is the same: then a
    /// place can't be told from other text, which may be a stranger's.
    pub(super) fn ids_in(&self, mut text: &str) -> Option<Vec<SecretId>> {
        let mut ids = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(own) => text = text.strip_prefix(own.as_str())?,
                Part::Secret(_) => {
                    // The shortest: no id is the beginning of another.
                    let end = (0..=MAX_ID_BYTES).find(|end| id_of(text.get(..*end)).is_some())?;
                    ids.extend(id_of(text.get(..end)));
                    text = &text[end..];
                }
            }
        }
        text.is_empty().then_some(ids)
    }
}

fn id_of(text: Option<&str>) -> Option<SecretId> {
    text?.parse().ok()
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(vec![Part::Text(text)])
    }
}

impl From<Offer> for Value {
    fn from(offer: Offer) -> Self {
        Self(vec![Part::Secret(offer)])
    }
}

impl FromIterator<Part> for Value {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        Self(parts.into_iter().collect())
    }
}

impl fmt::Debug for Part {
    /// Hides the text, which may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(***)"),
            Self::Secret(offer) => write!(f, "Secret({:?})", offer.label),
        }
    }
}
