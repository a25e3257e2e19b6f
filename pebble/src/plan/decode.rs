//! To follow.
use super::{Error, Layer, Plan};
pub(super) fn layer(_label: &str, text: &[u8]) -> Result<Layer, Error> {
    serde_yaml::from_slice(text).map_err(|error| Error::Parse(error.to_string()))
}
pub(super) fn plan(text: &[u8]) -> Result<Plan, Error> {
    serde_yaml::from_slice(text).map_err(|error| Error::Parse(error.to_string()))
}
