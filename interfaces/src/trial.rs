//! Helpers of every interface's tests.

use std::convert::Infallible;

use juju::{Databag, Draft, RelationId, Secret, SecretContent, SecretId, View};
use proptest::collection::btree_map;
use proptest::prelude::*;

use crate::read::Read;
use crate::secret::Secrets;

/// The address of the secret that the other side may name.
pub(crate) const SECRET: &str = "secret:cjqub6vubg2s77p3nio0";

/// A relation whose other side has written this.
pub(crate) fn view(remote: &[(&str, &str)]) -> View {
    let mut view = View::empty("endpoint", RelationId(3));
    view.app = Some("other".into());
    view.remote_app = remote.iter().copied().collect();
    view
}

/// The same as the leader sees it, whose application has written this.
pub(crate) fn leader(local: &[(&str, &str)]) -> View {
    View { local_app: Some(local.iter().copied().collect()), ..view(&[]) }
}

/// The secret at [`SECRET`] with these fields.
pub(crate) fn secrets(fields: &[(&str, &str)]) -> Secrets {
    let content: SecretContent = fields.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))).collect();
    [(SECRET.parse().unwrap(), content)].into()
}

/// Content of a databag after `draft` is written into it, with [`SECRET`] as the id of every secret.
pub(crate) fn written(draft: &Draft, current: &Databag) -> Databag {
    let mut after = current.clone();
    after.apply(&resolved(draft, current, |_| SECRET.parse().unwrap()));
    after
}

/// The values that `draft` writes into a databag that holds `current`, with the ids of secrets by their labels.
pub(crate) fn resolved(draft: &Draft, current: &Databag, id: impl Fn(&str) -> SecretId) -> Databag {
    draft.resolve(current, |_, offer, _| Ok::<_, Infallible>(id(&offer.label))).unwrap()
}

/// A reading in a line.
pub(crate) fn said<T>(read: &Read<T>, ready: impl Fn(&T) -> String) -> String {
    match read {
        Read::Absent => "absent".into(),
        Read::Waiting(key) => format!("waiting {key}"),
        Read::Invalid { key, why } => format!("invalid {key}: {why}"),
        Read::Ready(value) => ready(value),
    }
}

/// Values that others might write: real ones, cut ones, huge ones, anything.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,20}",
        "[a-z0-9.:,\\[\\]@/ ]{0,20}",
        "[\\[\\]{}\":,a-z0-9 ]{0,20}",
        "https?://[a-z:/@\\[\\]\\\\,?# ]{0,20}",
        (0..70_000_i64).prop_map(|number| number.to_string()),
        (1..12_000_usize).prop_map(|length| "[".repeat(length)),
        proptest::sample::select(
            &[
                "null",
                "true",
                "None",
                "h:5432",
                "plain",
                "tls",
                "[\"a\", \"b\"]",
                "[[[[{\"a\": null}]]]]",
                SECRET,
                "\0\u{1b}[2J\r\n",
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

/// Databags with some of these keys.
pub(crate) fn databag(keys: &'static [&'static str]) -> impl Strategy<Value = Databag> {
    let key = prop_oneof![9 => proptest::sample::select(keys).prop_map(str::to_owned), 1 => any::<String>()];
    btree_map(key, value(), 0..=keys.len()).prop_map(Databag::from)
}

/// Contents of [`SECRET`] with some of these fields, or no readable secret.
pub(crate) fn secret(fields: &'static [&'static str]) -> impl Strategy<Value = Secrets> {
    let content = btree_map(proptest::sample::select(fields).prop_map(str::to_owned), value(), 0..=fields.len());
    proptest::option::of(content).prop_map(|content| {
        let fields = |content: std::collections::BTreeMap<String, String>| -> SecretContent {
            content.into_iter().map(|(key, value)| (key, Secret::from(value))).collect()
        };
        content.map(|content| (SECRET.parse().unwrap(), fields(content))).into_iter().collect()
    })
}
