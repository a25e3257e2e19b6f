//! Declarations of an extension, from which the page of all options is generated.

use serde_yaml::{Mapping, Value};

use super::{Extension, Framework, data, section};

/// Declarations of an extension for some bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The bases, such as `ubuntu@24.04`.
    pub bases: Vec<String>,
    /// The container of the workload.
    pub container: String,
    /// The options of every charm.
    pub options: Vec<DeclaredOption>,
    /// The options that an endpoint called ENDPOINT of the interface `oauth` adds.
    pub oauth: Vec<DeclaredOption>,
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredOption {
    /// Its name.
    pub name: String,
    /// Its type, as Juju names it.
    pub kind: String,
    /// Its default.
    pub default: Option<String>,
}

/// The generations of a framework's extension, from the oldest bases to the newest.
#[must_use]
pub fn generations(framework: Framework) -> Vec<Generation> {
    let conventions = data(framework).conventions.into_iter();
    conventions
        .map(|convention| {
            let (bases, container) = (convention.bases.clone(), convention.container.clone());
            let extension = Extension { framework, data: data(framework), convention };
            let endpoint = "{requires: {ENDPOINT: {interface: oauth}}}";
            let endpoint: Mapping = serde_yaml::from_str(endpoint).expect("it's YAML, see the tests");
            let oauth = extension.oauth_options(&section(&endpoint, "requires"));
            Generation { bases, container, options: declared(&extension.options()), oauth: declared(&oauth) }
        })
        .collect()
}

fn declared(options: &Mapping) -> Vec<DeclaredOption> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let one = |(name, option): (&Value, &Value)| DeclaredOption {
        name: text(name),
        kind: option.get("type").map(text).unwrap_or_default(),
        default: option.get("default").map(text),
    };
    options.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_framework_has_an_older_and_a_newer_generation() {
        for framework in Framework::ALL {
            let [older, newer] = generations(framework).try_into().unwrap();
            assert!(older.bases.contains(&"ubuntu@24.04".to_owned()) && newer.bases == ["ubuntu@26.04"]);
            assert!(!newer.options.is_empty() && newer.oauth[0].name.starts_with("ENDPOINT-"));
            assert_eq!(newer.container, "app");
        }
        let debug = generations(Framework::Django).remove(0).options.into_iter().find(|o| o.name == "django-debug");
        let expected =
            DeclaredOption { name: "django-debug".into(), kind: "boolean".into(), default: Some("false".into()) };
        assert_eq!(debug, Some(expected));
    }
}
