//! Requests about identities and pairing.

use std::collections::BTreeMap;

use super::{Built, get, owned, post};
use crate::types::{IdentitiesAction, Identity, PairingAction};

/// `GET /v1/identities`.
pub fn identities() -> Built {
    get("/v1/identities", &[])
}

/// `POST /v1/identities` with `add`.
pub fn add_identities(identities: &BTreeMap<String, Identity>) -> Built {
    act("add", some(identities))
}

/// `POST /v1/identities` with `update`.
pub fn update_identities(identities: &BTreeMap<String, Identity>) -> Built {
    act("update", some(identities))
}

/// `POST /v1/identities` with `replace`, in which `None` removes an identity.
pub fn replace_identities(identities: &BTreeMap<String, Option<Identity>>) -> Built {
    act("replace", identities.clone())
}

/// `POST /v1/identities` with `remove`.
pub fn remove_identities(names: &[&str]) -> Built {
    act("remove", owned(names).into_iter().map(|name| (name, None)).collect())
}

/// `POST /v1/pairing` with `pair`.
pub fn pair() -> Built {
    post("/v1/pairing", &PairingAction { action: "pair".to_owned() })
}

fn act(action: &str, identities: BTreeMap<String, Option<Identity>>) -> Built {
    post("/v1/identities", &IdentitiesAction { action: action.to_owned(), identities })
}

fn some(identities: &BTreeMap<String, Identity>) -> BTreeMap<String, Option<Identity>> {
    identities.iter().map(|(name, identity)| (name.clone(), Some(identity.clone()))).collect()
}
