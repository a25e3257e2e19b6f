//! The extensions of charmcraft: `extensions: [flask-framework]` written out as `charmcraft expand-extensions` does.
//!
//! Each framework is a file of data in `extension/`; the options that several share are in `groups.yaml`. Only what
//! Juju sees is added: `charm-libs` and `parts` build a Python charm, which ours is not. The rules that an extension
//! enforces are in `extension/rules.rs`.

mod generation;
mod rules;

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::source::Source;
use crate::{Framework, platform, yaml};

pub use generation::{DeclaredOption, Generation, generations};
pub(crate) use rules::findings;

/// The interface whose endpoints each add options, and the name of those options' group.
const OAUTH: &str = "oauth";

/// One framework's file of data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    prefix: String,
    actions: Mapping,
    #[serde(default)]
    options: Mapping,
    #[serde(default)]
    oauth: Mapping,
    conventions: Vec<Convention>,
}

/// Names and options of one generation of bases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Convention {
    bases: Vec<String>,
    #[serde(default)]
    experimental: bool,
    container: String,
    image: String,
    peer: String,
    groups: Vec<String>,
    /// Variables that the charm sets itself, without the prefix, besides those of every framework.
    #[serde(default)]
    variables: Vec<String>,
    #[serde(default)]
    options: Mapping,
}

/// An extension, for the base of a project.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) framework: Framework,
    data: Data,
    convention: Convention,
}

/// True if the project names an extension, known or not.
pub(crate) fn is_used(project: &Source) -> bool {
    match project.document.get("extensions") {
        None | Some(Value::Null) => false,
        Some(names) => !names.as_sequence().is_some_and(Vec::is_empty),
    }
}

impl Extension {
    /// The extension that a project uses, if any.
    pub(crate) fn of(project: &Source) -> Result<Option<Self>, Finding> {
        let names = match project.document.get("extensions") {
            None | Some(Value::Null) => return Ok(None),
            Some(names) => names.as_sequence().map(Vec::as_slice),
        };
        let wrong = |what: String| {
            let remedy = format!("take one of {}", known().join(", "));
            Err(project.refused(&["extensions"], what, remedy))
        };
        match names {
            None => wrong("extensions must be a list".to_owned()),
            Some([]) => Ok(None),
            Some([name]) => {
                match name.as_str().and_then(|name| name.strip_suffix("-framework")).and_then(Framework::parse) {
                    Some(framework) => Ok(Some(Self::load(framework, platform::bases(&project.document).first()))),
                    None => wrong(format!("there is no extension {}", name.as_str().unwrap_or("of that kind"))),
                }
            }
            Some(_) => wrong("a charm has one framework, and so one extension".to_owned()),
        }
    }

    /// Loads the conventions for `base`; the newest ones for an unknown base, as charmcraft does.
    pub(crate) fn load(framework: Framework, base: Option<&String>) -> Self {
        let data = data(framework);
        let knows = |convention: &&Convention| base.is_some_and(|base| convention.bases.contains(base));
        let convention = data.conventions.iter().find(knows).or(data.conventions.last()).cloned();
        Self { framework, convention: convention.expect("each file of data has conventions, see the tests"), data }
    }

    /// Its name in `charmcraft.yaml`.
    pub(crate) fn name(&self) -> String {
        format!("{}-framework", self.framework)
    }

    /// The project with everything written out.
    pub(crate) fn expand(&self, project: &Mapping) -> Mapping {
        let mut expanded = project.clone();
        expanded.remove("extensions");
        let mut added = self.snippet();
        let options = self.oauth_options(&yaml::section(project, "requires"));
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
    fn snippet(&self) -> Mapping {
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
        let shared = self.convention.groups.iter().flat_map(|group| yaml::section(&groups, group));
        shared.chain(self.data.options.clone()).chain(self.convention.options.clone()).collect()
    }

    /// The options of each endpoint in `requires` that has the interface `oauth`.
    fn oauth_options(&self, requires: &Mapping) -> Mapping {
        let mut templates = yaml::section(&groups(), OAUTH);
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    }
}

fn known() -> Vec<String> {
    Framework::ALL.into_iter().map(|framework| format!("{framework}-framework")).collect()
}

fn groups() -> Mapping {
    serde_yaml::from_str(include_str!("extension/groups.yaml")).expect("the data is read by the tests")
}

fn data(framework: Framework) -> Data {
    let text = match framework {
        Framework::Flask => include_str!("extension/flask.yaml"),
        Framework::Django => include_str!("extension/django.yaml"),
        Framework::FastApi => include_str!("extension/fastapi.yaml"),
        Framework::Go => include_str!("extension/go.yaml"),
        Framework::ExpressJs => include_str!("extension/expressjs.yaml"),
        Framework::SpringBoot => include_str!("extension/spring-boot.yaml"),
    };
    serde_yaml::from_str(text).expect("the data is read by the tests")
}

#[cfg(test)]
mod tests;
