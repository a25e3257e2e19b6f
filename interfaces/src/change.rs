//! Changes that one side wants to write: the differing values, and the secrets that some of them name.
//!
//! A secret's address is known only once Juju has made it, so a value may be [`Value::Secret`], the label of a secret.
//! The publisher makes or finds the [`Offer`]s first, grants them, and then [resolves](Draft::resolve) the drafts.

use std::collections::BTreeMap;
use std::fmt;

use juju::{Databag, RelationId, SecretContent, SecretId, View};

/// One value to be written.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// As it stands; empty deletes the key.
    Text(String),
    /// The address of the secret with this label.
    Secret(String),
}

impl fmt::Debug for Value {
    /// A text may be a password, so it isn't shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(***)"),
            Self::Secret(label) => write!(f, "Secret({label:?})"),
        }
    }
}

/// A value names a secret that no [`Offer`] makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot find the address of a secret labelled {label}")]
pub struct UnknownSecret {
    /// The label.
    pub label: String,
}

/// Changes of one databag; keys that aren't named stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft(BTreeMap<String, Value>);

impl Draft {
    /// The texts of `wanted` that `current` doesn't have already; an empty one deletes.
    #[must_use]
    pub fn differing(current: &Databag, wanted: &Databag) -> Self {
        let texts = Databag::diff(current, wanted).into_iter().map(|(key, text)| (key, Value::Text(text)));
        Self(texts.collect())
    }

    /// Adds the address of the secret labelled `label` under `key`.
    pub fn refer(&mut self, key: &str, label: &str) {
        self.0.insert(key.to_owned(), Value::Secret(label.to_owned()));
    }

    /// True if no key changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The changes to a databag that holds `current`, now that `addresses` (by label) are known. Addresses that stand
    /// there already are left out, so a second call returns no changes.
    ///
    /// # Errors
    ///
    /// [`UnknownSecret`] when a label is not among the addresses.
    pub fn resolve(&self, current: &Databag, addresses: &BTreeMap<String, SecretId>) -> Result<Databag, UnknownSecret> {
        let mut changes = Databag::new();
        for (key, value) in &self.0 {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Secret(label) => {
                    let unknown = || UnknownSecret { label: label.clone() };
                    let address = addresses.get(label).ok_or_else(unknown)?;
                    if current.text(key).is_some_and(|text| text.parse() == Ok(address.clone())) {
                        continue;
                    }
                    address.to_string()
                }
            };
            changes.insert(key.clone(), text);
        }
        Ok(Databag::diff(current, &changes))
    }
}

/// A secret of ours, granted to the remote application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The label to find it by.
    pub label: String,
    /// Content it must hold; a different content in Juju needs a new revision.
    pub content: SecretContent,
    /// The relation that it is granted to: access ends with it.
    pub relation: RelationId,
}

/// Everything that one side wants to change about one relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Our application's databag; empty unless we lead.
    pub app: Draft,
    /// Our unit's databag.
    pub unit: Draft,
    /// The secrets that the drafts name.
    pub offers: Vec<Offer>,
}

impl Changes {
    /// Changes of the application's databag, which only the leader may write; empty for any other unit.
    pub(crate) fn of_leader(view: &View, wanted: &Databag) -> Self {
        let app = view.local_app.as_ref().map(|current| Draft::differing(current, wanted));
        Self { app: app.unwrap_or_default(), ..Self::default() }
    }

    /// Like [`of_leader`](Self::of_leader), with the id of the secret labelled `label` under `key`. Empty `content`
    /// deletes the key.
    pub(crate) fn with_secret(view: &View, wanted: &Databag, key: &str, label: &str, content: SecretContent) -> Self {
        let mut changes = Self::of_leader(view, wanted);
        if content.is_empty() {
            let gone = Self::of_leader(view, &Databag::from_iter([(key, "")]));
            changes.app.0.extend(gone.app.0);
        } else {
            changes.app.refer(key, label);
            changes.offers.push(Offer { label: label.to_owned(), content, relation: view.id });
        }
        changes
    }

    /// True if there is no databag to write and no secret to make.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.app.is_empty() && self.unit.is_empty() && self.offers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "cjqub6vubg2s77p3nio0";

    fn addresses() -> BTreeMap<String, SecretId> {
        BTreeMap::from([("db.7.user.secret".to_owned(), ID.parse().unwrap())])
    }

    #[test]
    fn only_what_differs_is_written() {
        let current = Databag::from_iter([("a", "1"), ("b", "2"), ("other", "x")]);
        let mut draft = Draft::differing(&current, &Databag::from_iter([("a", "1"), ("b", ""), ("c", "3")]));
        draft.refer("secret-user", "db.7.user.secret");
        let changes = draft.resolve(&current, &addresses()).unwrap();
        let address = format!("secret:{ID}");
        assert_eq!(changes, Databag::from_iter([("b", ""), ("c", "3"), ("secret-user", &address)]));

        let mut after = current;
        after.apply(&changes);
        assert!(draft.resolve(&after, &addresses()).unwrap().is_empty());
    }

    #[test]
    fn the_address_in_another_form_is_the_same() {
        let mut draft = Draft::default();
        draft.refer("secret-user", "db.7.user.secret");
        let current =
            Databag::from_iter([("secret-user", format!("secret://20ce8299-3634-4bef-8bd8-5ace6c8816b4/{ID}"))]);
        assert!(draft.resolve(&current, &addresses()).unwrap().is_empty());
    }

    #[test]
    fn an_unknown_label_is_an_error() {
        let mut draft = Draft::default();
        draft.refer("secret-user", "none");
        let error = draft.resolve(&Databag::new(), &addresses()).unwrap_err();
        assert_eq!(error.to_string(), "cannot find the address of a secret labelled none");
    }

    #[test]
    fn texts_are_not_shown() {
        let mut draft = Draft::differing(&Databag::new(), &Databag::from_iter([("password", "hunter2")]));
        draft.refer("secret-user", "l");
        assert_eq!(format!("{draft:?}"), r#"Draft({"password": Text(***), "secret-user": Secret("l")})"#);
    }
}
