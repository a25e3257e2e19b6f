//! The project's other declarations that the meaning of a `src/charm.py` depends on.

use serde_yaml::{Mapping, Value};
use switches::Switches;

use crate::Framework;
use crate::yaml::section;

/// Interface of the peer endpoint in charms of the 2.x line.
const PEERS: &str = "peers";

/// Declarations of the project.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The framework that `charmcraft.yaml` names.
    pub(crate) framework: Option<Framework>,
    /// `charmcraft.yaml` with its extension written out.
    project: Mapping,
    /// The author's `webcharm.yaml`.
    pub(crate) switches: Switches,
}

impl Context {
    /// The context in a project. A `webcharm.yaml` with faults counts as empty: it is refused elsewhere.
    pub(crate) fn of(framework: Option<Framework>, expanded: &Mapping, webcharm_yaml: Option<&str>) -> Self {
        let switches = Switches::parse(webcharm_yaml.unwrap_or_default().as_bytes()).unwrap_or_default();
        Self { framework, project: expanded.clone(), switches }
    }

    /// True for a charm of the 2.x line.
    pub(super) fn is_second_line(&self) -> bool {
        let peers = section(&self.project, "peers");
        peers.values().any(|peer| peer.get("interface").and_then(Value::as_str) == Some(PEERS))
    }

    /// Type of an option, and true if it has a default.
    pub(super) fn option(&self, name: &str) -> Option<(String, bool)> {
        let options = section(&section(&self.project, "config"), "options");
        let option = options.get(name)?;
        let kind = option.get("type").and_then(Value::as_str).unwrap_or("string");
        Some((kind.to_owned(), option.get("default").is_some_and(|default| !default.is_null())))
    }

    /// True if a parameter of an action is a text that every run has.
    pub(super) fn has_text_parameter(&self, action: &str, name: &str) -> bool {
        let actions = section(&self.project, "actions");
        let Some(action) = actions.get(action) else { return false };
        let params = action.get("params").and_then(|params| params.get(name));
        let is_text = params.and_then(|param| param.get("type")).and_then(Value::as_str) == Some("string");
        let required = action.get("required").and_then(Value::as_sequence).into_iter().flatten();
        let has_default = params.and_then(|param| param.get("default")).is_some_and(Value::is_string);
        is_text && (has_default || required.into_iter().any(|one| one.as_str() == Some(name)))
    }

    /// True for a declared action.
    pub(super) fn has_action(&self, name: &str) -> bool {
        section(&self.project, "actions").contains_key(name)
    }

    /// True for an endpoint in `provides`.
    pub(super) fn provides(&self, endpoint: &str) -> bool {
        section(&self.project, "provides").contains_key(endpoint)
    }

    /// True for a declared endpoint.
    pub(super) fn has_endpoint(&self, endpoint: &str) -> bool {
        self.provides(endpoint) || section(&self.project, "requires").contains_key(endpoint)
    }
}
