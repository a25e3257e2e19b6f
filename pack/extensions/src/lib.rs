//! The extensions of charmcraft: `extensions: [flask-framework]` written out as `charmcraft expand-extensions` does.
//!
//! Each framework is a file of data; the options that several share are in `groups.yaml`. Only what Juju sees is added:
//! `charm-libs` and `parts` build a Python charm, which ours is not. The rules that an extension enforces are `pack`'s.
//!
//! A package of its own, since both the packer and the tests of a charm's author read such projects.

mod base;
mod framework;
mod generation;

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

pub use base::{base_name, bases, build_for, listed, parted};
pub use framework::Framework;
pub use generation::{DeclaredOption, Generation, generations};

/// A project whose extension can't be written out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key holds something else than a list.
    #[error("extensions must be a list")]
    NoList,
    /// Charmcraft has extensions of other kinds, too, which are no web frameworks.
    #[error("there is no extension {0}")]
    Unknown(String),
    /// More than one.
    #[error("a charm has one framework, and so one extension")]
    Several,
}

/// The interface whose endpoints each add options, and the name of those options' group.
const OAUTH: &str = "oauth";

/// One framework's file of data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Beginning of the names of the workload's variables.
    pub prefix: String,
    actions: Mapping,
    #[serde(default)]
    options: Mapping,
    #[serde(default)]
    oauth: Mapping,
    /// One for each generation of bases, the oldest first.
    pub conventions: Vec<Convention>,
}

/// Names and options of one generation of bases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// The bases, such as `ubuntu@24.04`.
    pub bases: Vec<String>,
    /// True if charmcraft asks for a variable before it takes these bases.
    #[serde(default)]
    pub experimental: bool,
    container: String,
    image: String,
    peer: String,
    groups: Vec<String>,
    /// Variables that the charm sets itself, without the prefix, besides those of every framework.
    #[serde(default)]
    pub variables: Vec<String>,
    #[serde(default)]
    options: Mapping,
}

/// An extension, for the base of a project.
#[derive(Debug)]
pub struct Extension {
    /// Its framework.
    pub framework: Framework,
    /// The framework's data.
    pub data: Data,
    /// The names and options for the project's base.
    pub convention: Convention,
}

impl Extension {
    /// The extension that a project uses, if any.
    ///
    /// # Errors
    /// When it names another one than [`known`], or several.
    pub fn of(project: &Mapping) -> Result<Option<Self>, Error> {
        match project.get("extensions") {
            None | Some(Value::Null) => Ok(None),
            Some(names) => match names.as_sequence().ok_or(Error::NoList)?.as_slice() {
                [] => Ok(None),
                [name] => {
                    let framework = name.as_str().and_then(|name| name.strip_suffix("-framework"));
                    let unknown = || Error::Unknown(name.as_str().unwrap_or("of that kind").to_owned());
                    let framework = framework.and_then(Framework::parse).ok_or_else(unknown)?;
                    Ok(Some(Self::load(framework, bases(project).first())))
                }
                _ => Err(Error::Several),
            },
        }
    }

    /// Loads the conventions for `base`; the newest ones for an unknown base, as charmcraft does.
    #[must_use]
    pub fn load(framework: Framework, base: Option<&String>) -> Self {
        let data = data(framework);
        let knows = |convention: &&Convention| base.is_some_and(|base| convention.bases.contains(base));
        let convention = data.conventions.iter().find(knows).or(data.conventions.last()).cloned();
        Self { framework, convention: convention.expect("each file of data has conventions, see the tests"), data }
    }

    /// Its name in `charmcraft.yaml`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-framework", self.framework)
    }

    /// The project with everything written out.
    #[must_use]
    pub fn expand(&self, project: &Mapping) -> Mapping {
        let mut expanded = project.clone();
        expanded.remove("extensions");
        let mut added = self.snippet();
        let options = self.oauth_options(&section(project, "requires"));
        if let Some(Value::Mapping(config)) = added.get_mut("config") {
            config.insert("options".into(), merge(config.get("options"), Value::from(options)));
        }
        for (key, value) in added {
            let merged = merge(expanded.get(&key), value);
            expanded.insert(key, merged);
        }
        expanded
    }

    /// The keys that every project gets.
    #[must_use]
    pub fn snippet(&self) -> Mapping {
        let Convention { container, image, peer, .. } = &self.convention;
        let framework = self.framework;
        let mut snippet: Mapping = serde_yaml::from_str(&format!(
            "assumes: [k8s-api]\n\
             containers: {{{container}: {{resource: {image}}}}}\n\
             resources: {{{image}: {{type: oci-image, description: {framework} application image.}}}}\n\
             peers: {{{peer}: {{interface: {peer}}}}}\n\
             requires: {{logging: {{interface: loki_push_api}}, ingress: {{interface: ingress, limit: 1}}}}\n\
             provides: {{metrics-endpoint: {{interface: prometheus_scrape}}, \
                        grafana-dashboard: {{interface: grafana_dashboard}}}}\n"
        ))
        .expect("names of containers are plain words, see the tests");
        snippet.insert("actions".into(), Value::from(self.data.actions.clone()));
        let options = Mapping::from_iter([(Value::from("options"), Value::from(self.options()))]);
        snippet.insert("config".into(), Value::from(options));
        snippet
    }

    fn options(&self) -> Mapping {
        let groups = groups();
        let shared = self.convention.groups.iter().flat_map(|group| section(&groups, group));
        shared.chain(self.data.options.clone()).chain(self.convention.options.clone()).collect()
    }

    /// The options of each endpoint in `requires` that has the interface `oauth`.
    fn oauth_options(&self, requires: &Mapping) -> Mapping {
        let mut templates = section(&groups(), OAUTH);
        templates.extend(self.data.oauth.clone());
        let speaks = |content: &Value| content.get("interface").and_then(Value::as_str) == Some(OAUTH);
        let endpoints = requires.iter().filter(|(_, content)| speaks(content)).filter_map(|(name, _)| name.as_str());
        endpoints
            .flat_map(|endpoint| templates.iter().map(move |(k, v)| (named(k, endpoint), named(v, endpoint))))
            .collect()
    }
}

/// `template` with the endpoint's name in place.
fn named(template: &Value, endpoint: &str) -> Value {
    match template {
        Value::String(text) => Value::from(text.replace("{endpoint_name}", endpoint)),
        Value::Mapping(mapping) => {
            let named: Mapping = mapping.iter().map(|(key, value)| (key.clone(), named(value, endpoint))).collect();
            Value::from(named)
        }
        other => other.clone(),
    }
}

/// Merges an extension's value into the project's, as charmcraft and rockcraft do: a value of the author's stays unless
/// it is empty.
#[must_use]
pub fn merge(present: Option<&Value>, added: Value) -> Value {
    match (present, added) {
        (Some(Value::Mapping(present)), Value::Mapping(added)) if !present.is_empty() => {
            let mut merged = present.clone();
            for (key, value) in added {
                let value = merge(present.get(&key), value);
                merged.insert(key, value);
            }
            Value::from(merged)
        }
        (Some(Value::Sequence(present)), Value::Sequence(mut added)) if !present.is_empty() => {
            let more: Vec<Value> = present.iter().filter(|item| !added.contains(item)).cloned().collect();
            added.extend(more);
            Value::from(added)
        }
        (Some(present), _) if !is_empty(present) => present.clone(),
        (_, added) => added,
    }
}

/// True for a value that an extension's replaces.
#[must_use]
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    }
}

/// The names of all extensions.
#[must_use]
pub fn known() -> Vec<String> {
    Framework::ALL.into_iter().map(|framework| format!("{framework}-framework")).collect()
}

fn groups() -> Mapping {
    serde_yaml::from_str(include_str!("groups.yaml")).expect("the data is read by the tests")
}

fn data(framework: Framework) -> Data {
    let text = match framework {
        Framework::Flask => include_str!("flask.yaml"),
        Framework::Django => include_str!("django.yaml"),
        Framework::FastApi => include_str!("fastapi.yaml"),
        Framework::Go => include_str!("go.yaml"),
        Framework::ExpressJs => include_str!("expressjs.yaml"),
        Framework::SpringBoot => include_str!("spring-boot.yaml"),
    };
    serde_yaml::from_str(text).expect("the data is read by the tests")
}

/// The mapping under `key`, empty if it is missing.
#[must_use]
pub fn section(mapping: &Mapping, key: &str) -> Mapping {
    mapping.get(key).and_then(Value::as_mapping).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Option<Extension>, Error> {
        Extension::of(&serde_yaml::from_str(text).unwrap())
    }

    #[test]
    fn a_project_uses_one_extension_or_none() {
        for text in ["{name: x}", "extensions: ", "extensions: []"] {
            assert!(of(text).unwrap().is_none(), "{text}");
        }
        assert_eq!(of("extensions: [go-framework]").unwrap().unwrap().framework, Framework::Go);
        for (text, message) in [
            ("extensions: flask-framework", "extensions must be a list"),
            ("extensions: [cobol-framework]", "there is no extension cobol-framework"),
            ("extensions: [7]", "there is no extension of that kind"),
            ("extensions: [go-framework, flask-framework]", "a charm has one framework, and so one extension"),
        ] {
            assert_eq!(of(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_container_is_that_of_the_base() {
        for (base, container) in [("24.04", "flask-app"), ("26.04", "app")] {
            let project = format!("{{name: x, base: ubuntu@{base}, extensions: [flask-framework]}}");
            let project: Mapping = serde_yaml::from_str(&project).unwrap();
            let expanded = Extension::of(&project).unwrap().unwrap().expand(&project);
            assert!(expanded["containers"].get(container).is_some(), "{base}");
            assert_eq!(expanded.get("extensions"), None);
        }
    }
}
