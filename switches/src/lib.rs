//! `webcharm.yaml`: what an author declares for a charm without code, in a file that Juju does not read.
//!
//! The charm reads it at each event, the packer before it packs; both refuse the same faults. Unknown keys are errors at
//! every level, since a misspelt key would have no effect.
//!
//! ```
//! let text = "framework: flask\nactions: {clear-cache: {command: python3 manage.py clear_cache}}\n";
//! let switches = switches::Switches::parse(text.as_bytes())?;
//! assert_eq!(switches.actions["clear-cache"].command[0], "python3");
//! let wrong = switches::Switches::parse(b"actions: {clear: {comand: ls}}").unwrap_err();
//! assert_eq!((wrong.path.as_str(), wrong.to_string().contains("write command")), ("actions.clear.comand", true));
//! # Ok::<(), switches::Wrong>(())
//! ```

mod action;
mod mapping;
mod node;
mod prefixes;
mod seconds;
mod template;
mod variable;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use juju::{CharmFiles, Role, nearest};

pub use action::Action;
pub use mapping::{Mapping, Place, Source};
pub use node::{Keys, Node, Wrong};
pub use prefixes::Prefixes;
pub use template::{Template, Word};
pub use variable::{Origin, Variable};

/// Name of the file in the charm's folder.
pub const FILE: &str = "webcharm.yaml";

/// Largest limit of a migration or an action: one week.
const WEEK: u64 = 604_800;

/// Largest `listens-within` in seconds. The unit's other events wait meanwhile.
const LONGEST_START: u64 = 600;

/// Declarations of `webcharm.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switches {
    /// Name of the framework.
    pub framework: Option<String>,
    /// Limit of a migration.
    pub migration_timeout: Option<Duration>,
    /// Time that an event which starts the application waits for it to listen on its port. `None`: do not wait.
    pub listens_within: Option<Duration>,
    /// File in the container whose first line is the workload's version, in place of the rock's version.
    pub version_file: Option<String>,
    /// Prefixes of the workload's variables.
    pub prefixes: Prefixes,
    /// Actions by name.
    pub actions: BTreeMap<String, Action>,
    /// Mappings of integrations by endpoint.
    pub integrations: BTreeMap<String, Mapping>,
    /// Variables of the workload by name.
    pub variables: BTreeMap<String, Variable>,
}

const KEYS: [&str; 8] = [
    "framework",
    "migration-timeout",
    "listens-within",
    "version-file",
    "prefixes",
    "actions",
    "integrations",
    "variables",
];

impl Switches {
    /// Reads the file of the charm in this folder. A missing file has no declarations.
    ///
    /// # Errors
    ///
    /// The first fault of the file.
    pub fn read(charm_dir: &Path) -> Result<Self, Wrong> {
        let failed = |error: std::io::Error| Wrong::new("", format!("the file can't be read: {error}"));
        let file = match File::open(charm_dir.join(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.map_err(failed)?,
        };
        let mut text = Vec::new();
        file.take(yaml::MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(failed)?;
        Self::parse(&text)
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    ///
    /// The first fault of the text.
    pub fn parse(text: &[u8]) -> Result<Self, Wrong> {
        let unread = |error: &dyn std::error::Error| Wrong::new("", format!("the file can't be read: {error}"));
        let mut root: serde_yaml::Value = yaml::from_slice(text).map_err(|error| unread(&error))?;
        root.apply_merge().map_err(|error| unread(&error))?;
        Self::of(&Node::root(&root))
    }

    fn of(root: &Node<'_>) -> Result<Self, Wrong> {
        let keys = root.mapping(&KEYS)?;
        let text = |key: &str| keys.get(key).map(|node| Ok(node.text()?.to_owned())).transpose();
        let seconds = |key: &str, most| keys.get(key).map(|node| seconds::read(&node, most)).transpose();
        let actions = keys.get("actions").map(|node| node.entries("must be a mapping of actions", Action::of));
        let integrations =
            keys.get("integrations").map(|node| node.entries("must be a mapping of endpoints", Mapping::of));
        Ok(Self {
            framework: text("framework")?,
            migration_timeout: seconds("migration-timeout", WEEK)?,
            listens_within: seconds("listens-within", LONGEST_START)?,
            version_file: keys.get("version-file").map(|node| absolute(&node)).transpose()?,
            prefixes: keys.get("prefixes").map(|node| Prefixes::of(&node)).transpose()?.unwrap_or_default(),
            actions: actions.transpose()?.unwrap_or_default(),
            integrations: integrations.transpose()?.unwrap_or_default(),
            variables: keys
                .get("variables")
                .map(|node| variable::named(&node, Variable::of))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// Checks the names against those that the charm declares for Juju.
    ///
    /// # Errors
    ///
    /// The first action, endpoint or option that the charm does not declare, with the declared one most like it.
    pub fn fits(&self, files: &CharmFiles) -> Result<(), Wrong> {
        for name in self.actions.keys() {
            declared(&format!("actions.{name}"), "action", name, files.actions.keys().map(String::as_str))?;
        }
        let endpoints = || files.metadata.endpoints.iter().filter(|endpoint| endpoint.role != Role::Peers);
        for name in self.integrations.keys() {
            let path = format!("integrations.{name}");
            declared(&path, "endpoint", name, endpoints().map(|endpoint| endpoint.name.as_str()))?;
        }
        let mappings = self.integrations.iter().flat_map(|(name, mapping)| {
            let path = move |key: &str| format!("integrations.{name}.publish.{key}");
            mapping.publish.iter().flat_map(move |(key, text)| text.options().map(move |option| (path(key), option)))
        });
        let variables = self
            .variables
            .iter()
            .flat_map(|(name, variable)| variable.options().map(move |option| (format!("variables.{name}"), option)));
        for (path, option) in mappings.chain(variables) {
            declared(&path, "option", option, files.options.keys().map(String::as_str))?;
        }
        Ok(())
    }
}

/// Fails if `name` is none of the declared names.
fn declared<'a>(
    path: &str,
    kind: &str,
    name: &str,
    mut all: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Wrong> {
    if all.clone().any(|declared| declared == name) {
        return Ok(());
    }
    let meant = nearest(name, &mut all).map(|meant| format!(": write {meant}, or")).unwrap_or_else(|| ":".to_owned());
    Err(Wrong::new(path, format!("{path}: charmcraft.yaml declares no {kind} {name}{meant} declare it there")))
}

fn absolute(node: &Node<'_>) -> Result<String, Wrong> {
    let path = node.text()?;
    if path.starts_with('/') { Ok(path.to_owned()) } else { Err(node.wrong("must be a path, which begins with /")) }
}

#[cfg(test)]
mod tests;
