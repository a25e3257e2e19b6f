//! Pebble's base layer: the services and checks of `rockcraft.yaml`.

use serde::Serialize;

use crate::project::Rockcraft;

#[derive(Serialize)]
struct Layer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    services: &'a serde_yaml::Mapping,
    #[serde(skip_serializing_if = "serde_yaml::Mapping::is_empty")]
    checks: &'a serde_yaml::Mapping,
}

/// Path of the layer, relative to the root: `001-` and the rock's name, as rockcraft numbers it.
#[must_use]
pub fn path(rockcraft: &Rockcraft) -> String {
    format!("var/lib/pebble/default/layers/001-{}.yaml", rockcraft.name)
}

/// The layer's YAML.
///
/// # Errors
/// When a service can't be written as YAML.
pub fn text(rockcraft: &Rockcraft) -> Result<String, serde_yaml::Error> {
    let summary = rockcraft.summary.as_deref();
    serde_yaml::to_string(&Layer { summary, services: &rockcraft.services, checks: &rockcraft.checks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_pass_through_in_their_order() {
        let rockcraft: Rockcraft = serde_yaml::from_str(
            "{name: x, summary: s, services: {web: {override: replace, command: \"a 'b:c' -k [ sync ]\"}, aux: {}}}",
        )
        .unwrap();
        assert_eq!(path(&rockcraft), "var/lib/pebble/default/layers/001-x.yaml");
        assert_eq!(
            text(&rockcraft).unwrap(),
            "summary: s\nservices:\n  web:\n    override: replace\n    command: a 'b:c' -k [ sync ]\n  aux: {}\n"
        );
    }
}
