//! Addresses of secrets.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Text that is not the address of a secret. The text itself is left out: it may be a secret put in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a secret's address: expected secret:ID or secret://MODEL/ID")]
pub struct SecretIdError;

/// The address of a secret: `secret:ID`, across models `secret://MODEL-UUID/ID`, or the bare id.
///
/// Two addresses are equal if their ids are: ids are unique beyond one model, and the model's part is left out
/// by some tools and kept by others.
///
/// ```
/// use webcharm_juju::SecretId;
/// let here: SecretId = "secret:9m4e2mr0ui3e8a215n4g".parse()?;
/// let there: SecretId = "secret://3d27e30b-5e37-4c0e-8a3e-7b5c7a0d3d1f/9m4e2mr0ui3e8a215n4g".parse()?;
/// assert_eq!(here, there);
/// assert_eq!(here.to_string(), "secret:9m4e2mr0ui3e8a215n4g");
/// # Ok::<(), webcharm_juju::SecretIdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SecretId {
    model: Option<String>,
    id: String,
}

impl SecretId {
    /// The id alone: twenty letters and digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The UUID of the secret's model, if the address names it.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }
}

impl FromStr for SecretId {
    type Err = SecretIdError;

    fn from_str(text: &str) -> Result<Self, SecretIdError> {
        let path = text.strip_prefix("secret:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        let (model, id) = path.rsplit_once('/').map_or((None, path), |(model, id)| (Some(model), id));
        let good_id = id.len() == 20 && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        let good_model =
            model.is_none_or(|m| !m.is_empty() && m.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric()));
        if good_id && good_model {
            Ok(Self { model: model.map(str::to_owned), id: id.to_owned() })
        } else {
            Err(SecretIdError)
        }
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.model {
            Some(model) => write!(f, "secret://{model}/{}", self.id),
            None => write!(f, "secret:{}", self.id),
        }
    }
}

impl PartialEq for SecretId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for SecretId {}

impl PartialOrd for SecretId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SecretId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl Hash for SecretId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Serialize for SecretId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "9m4e2mr0ui3e8a215n4g";

    #[test]
    fn every_form_of_an_address() {
        for (text, shown) in [
            (format!("secret:{ID}"), format!("secret:{ID}")),
            (ID.to_owned(), format!("secret:{ID}")),
            (format!("secret://some-uuid/{ID}"), format!("secret://some-uuid/{ID}")),
            (format!("secret:some-uuid/{ID}"), format!("secret://some-uuid/{ID}")),
        ] {
            let id: SecretId = text.parse().expect("an address");
            assert_eq!(id.id(), ID);
            assert_eq!(id.to_string(), shown);
        }
        for bad in ["", "secret:", "secret:short", "secret:///9m4e2mr0ui3e8a215n4g", "9M4E2MR0UI3E8A215N4G"] {
            assert_eq!(bad.parse::<SecretId>(), Err(SecretIdError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn addresses_round_trip(id in "[0-9a-v]{20}", model in proptest::option::of("[0-9a-f-]{1,36}")) {
            let address = SecretId { model, id };
            let again: SecretId = address.to_string().parse().expect("its own text");
            prop_assert_eq!(again.model(), address.model());
            prop_assert_eq!(again, address);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = text.parse::<SecretId>();
        }
    }
}
