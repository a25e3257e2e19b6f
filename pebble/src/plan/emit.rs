//! To follow.
use super::Plan;
pub(super) fn plan(plan: &Plan) -> String {
    serde_yaml::to_string(plan).unwrap_or_default()
}
pub(super) fn float(value: f64) -> String {
    value.to_string()
}
