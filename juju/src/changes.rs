//! Changes of our half of a relation: new values for the databags, and the secrets that some values name.
//!
//! The id of a secret is known only once Juju has made the secret. So a [`Value`] holds the [`Offer`] itself, and
//! [`Juju::publish`](crate::Juju::publish) puts the id in its place.

mod value;

use std::collections::BTreeMap;

pub use value::{Part, Value};

use crate::databag::Databag;
use crate::secret::{SecretContent, SecretId};
use crate::view::View;

/// Changes of our half of one relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Changes of our application's databag. Only the leader publishes them; their secrets belong to the application.
    pub app: Draft,
    /// Changes of our unit's databag. Their secrets belong to the unit.
    pub unit: Draft,
}

impl Changes {
    /// Changes that give our application's databag the values of `wanted`. Empty if this unit can't read that databag:
    /// only the leader can, or in a peer relation every unit.
    #[must_use]
    pub fn of_leader(view: &View, wanted: &Databag) -> Self {
        let app = view.local_app.as_ref().map(|current| Draft::differing(current, wanted));
        Self { app: app.unwrap_or_default(), unit: Draft::default() }
    }

    /// Like [`of_leader`](Self::of_leader), with the id of the secret labelled `label` under `key`. Empty `content`
    /// deletes the key.
    #[must_use]
    pub fn with_secret(view: &View, wanted: &Databag, key: &str, label: &str, content: SecretContent) -> Self {
        if content.is_empty() {
            let mut wanted = wanted.clone();
            wanted.insert(key.to_owned(), String::new());
            return Self::of_leader(view, &wanted);
        }
        let mut changes = Self::of_leader(view, wanted);
        if view.local_app.is_some() {
            changes.app.set(key, Offer { label: label.to_owned(), content });
        }
        changes
    }

    /// True if there is no value to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.app.is_empty() && self.unit.is_empty()
    }
}

/// New values for some keys of one databag. The other keys stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft(BTreeMap<String, Value>);

impl Draft {
    /// The texts of `wanted` that differ from those of `current`. An empty text deletes its key.
    ///
    /// ```
    /// use webcharm_juju::{Databag, Draft};
    /// let (current, wanted) = (Databag::from_iter([("a", "1")]), Databag::from_iter([("a", "1"), ("b", "2")]));
    /// assert_eq!(Draft::differing(&current, &wanted).texts(), Databag::from_iter([("b", "2")]));
    /// ```
    #[must_use]
    pub fn differing(current: &Databag, wanted: &Databag) -> Self {
        Self(Databag::diff(current, wanted).into_iter().map(|(key, text)| (key, text.into())).collect())
    }

    /// Sets the value of `key`.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// True if no key changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that change, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The values that name no secret.
    #[must_use]
    pub fn texts(&self) -> Databag {
        self.0.iter().filter_map(|(key, value)| Some((key.clone(), value.text(&[])?))).collect()
    }

    /// The secrets that the values name.
    pub fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.0.values().flat_map(Value::offers)
    }

    /// The values as texts, for a databag that holds `current`. A value whose secrets have the ids that stand in
    /// `current` is left out: an id has several forms, and a different form is no change.
    ///
    /// `find` returns the id of an offer's secret. It gets the key, the offer, and the id that stands in `current` in
    /// the place of the secret, if the rest of the value is the same there.
    ///
    /// # Errors
    ///
    /// The first error of `find`.
    pub fn resolve<E>(
        &self,
        current: &Databag,
        mut find: impl FnMut(&str, &Offer, Option<&SecretId>) -> Result<SecretId, E>,
    ) -> Result<Databag, E> {
        let mut texts = Databag::new();
        for (key, value) in &self.0 {
            let named = current.text(key).and_then(|text| value.ids_in(text)).unwrap_or_default();
            let ids = value.offers().enumerate().map(|(at, offer)| find(key, offer, named.get(at)));
            let ids = ids.collect::<Result<Vec<_>, E>>()?;
            if ids.is_empty() || ids != named {
                texts.extend(value.text(&ids).map(|text| (key.clone(), text)));
            }
        }
        Ok(texts)
    }
}

/// A secret of ours that the remote application is to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The label by which we find it again. Unique among our application's secrets.
    pub label: String,
    /// Content of its latest revision. Must not be empty.
    pub content: SecretContent,
}

#[cfg(test)]
mod tests;
