//! A charm's declarations: `metadata.yaml`, `config.yaml`, `actions.yaml`, or all of it in `charmcraft.yaml`.
//!
//! Endpoints keep the order of the file, since lists shown to people use it. Errors name the file and the key. How
//! values are taken out of YAML is in `node.rs`; endpoints and their rules are in `endpoint.rs`, options in `config.rs` and
//! `option.rs`, containers, resources and storages in `declaration.rs`.
//!
//! A package of its own, since both the framework, at run time, and its macro `metadata!`, at build time, read these files.

mod config;
mod declaration;
mod endpoint;
mod node;
mod option;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use config::{ConfigOption, ConfigValue, OptionKind};
pub use declaration::{Container, Mount, Resource, ResourceKind, StorageDeclaration};
pub use endpoint::{Endpoint, Role, Scope};
use node::Node;

/// A charm's files that can't be read as such.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// There is neither `metadata.yaml` nor `charmcraft.yaml`.
    #[error("cannot find metadata.yaml or charmcraft.yaml in {}", dir.display())]
    Missing {
        /// The charm's folder.
        dir: PathBuf,
    },
    /// A file is there and can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file is not YAML.
    #[error("cannot read {file} as YAML")]
    Syntax {
        /// The file's name.
        file: String,
        /// The place and reason.
        source: yaml::Error,
    },
    /// A value is not what it must be.
    #[error("cannot use {file}: {key}: {why}")]
    Invalid {
        /// The file's name.
        file: String,
        /// The path of the value, such as `requires.db.limit`.
        key: String,
        /// The rule that the value breaks.
        why: String,
    },
}

/// `metadata.yaml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The charm's name.
    pub name: String,
    /// The name shown to people.
    pub display_name: Option<String>,
    /// One line.
    pub summary: String,
    /// More lines.
    pub description: String,
    /// True for a subordinate charm, whose units sit beside those of another application.
    pub subordinate: bool,
    /// Its endpoints of all three roles, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// Its workload containers.
    pub containers: BTreeMap<String, Container>,
    /// Its resources.
    pub resources: BTreeMap<String, Resource>,
    /// Its storages.
    pub storages: BTreeMap<String, StorageDeclaration>,
    /// Network bindings beside the endpoints.
    pub extra_bindings: BTreeSet<String>,
    /// The required features of Juju and the cloud, as written.
    pub assumes: serde_json::Value,
    /// As which user it runs on Kubernetes: `root`, `sudoer` or `non-root`.
    pub charm_user: Option<String>,
    /// Declarations that are valid but likely mistakes, as sentences.
    pub warnings: Vec<String>,
}

/// An action's declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionDeclaration {
    /// The action's effect, for people.
    pub description: String,
    /// Its parameters as JSON schemas.
    pub params: serde_json::Map<String, serde_json::Value>,
    /// The parameters that must be given.
    pub required: Vec<String>,
    /// True if the operator may pass undeclared parameters.
    pub additional_properties: bool,
}

/// Everything a charm's folder declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CharmFiles {
    /// The metadata.
    pub metadata: Metadata,
    /// The options.
    pub options: BTreeMap<String, ConfigOption>,
    /// The actions.
    pub actions: BTreeMap<String, ActionDeclaration>,
}

impl CharmFiles {
    /// Reads the files in a charm's folder: `metadata.yaml` with `config.yaml` and `actions.yaml` beside it, where
    /// they are; without `metadata.yaml`, all of it out of `charmcraft.yaml`, unless a file of its own is there.
    ///
    /// # Errors
    /// A file can't be read, or says something it must not.
    pub fn read(charm_dir: &Path) -> Result<Self, MetadataError> {
        let missing = || MetadataError::Missing { dir: charm_dir.to_owned() };
        let metadata = text(charm_dir, "metadata.yaml")?;
        let whole = if metadata.is_none() { text(charm_dir, "charmcraft.yaml")? } else { None };
        let mut files = match (&metadata, &whole) {
            (Some(text), _) => Self { metadata: Metadata::parse("metadata.yaml", text)?, ..Self::default() },
            (None, Some(text)) => Self::parse_charmcraft("charmcraft.yaml", text)?,
            (None, None) => return Err(missing()),
        };
        if let Some(text) = text(charm_dir, "config.yaml")? {
            files.options = option::options(&Node::parse("config.yaml", &text)?)?;
        }
        if let Some(text) = text(charm_dir, "actions.yaml")? {
            files.actions = actions(&Node::parse("actions.yaml", &text)?)?;
        }
        Ok(files)
    }

    /// Parses the text of the three files; an empty text has no declarations.
    ///
    /// # Errors
    /// One of them says something it must not.
    pub fn parse(metadata: &str, config: &str, actions_text: &str) -> Result<Self, MetadataError> {
        Ok(Self {
            metadata: Metadata::parse("metadata.yaml", metadata)?,
            options: option::options(&Node::parse("config.yaml", config)?)?,
            actions: actions(&Node::parse("actions.yaml", actions_text)?)?,
        })
    }

    /// A `charmcraft.yaml` that has everything in it. Extensions are not expanded: that is the packer's work.
    ///
    /// # Errors
    /// It says something it must not. `file` is how errors name it.
    pub fn parse_charmcraft(file: &str, text: &str) -> Result<Self, MetadataError> {
        let root = Node::parse(file, text)?;
        Ok(Self {
            metadata: Metadata::from_node(&root)?,
            options: root.get("config")?.map_or_else(|| Ok(BTreeMap::new()), |config| option::options(&config))?,
            actions: root.get("actions")?.map_or_else(|| Ok(BTreeMap::new()), |node| actions(&node))?,
        })
    }
}

impl Metadata {
    /// Reads `metadata.yaml`, or that part of a `charmcraft.yaml`. `file` is how errors name it.
    ///
    /// # Errors
    /// It says something it must not.
    pub fn parse(file: &str, text: &str) -> Result<Self, MetadataError> {
        Self::from_node(&Node::parse(file, text)?)
    }

    fn from_node(root: &Node<'_>) -> Result<Self, MetadataError> {
        let text = |key| Ok(root.text(key)?.unwrap_or_default());
        let subordinate = root.bool("subordinate")?.unwrap_or(false);
        let (endpoints, warnings) = endpoint::endpoints(root, subordinate)?;
        Ok(Self {
            name: root.text("name")?.ok_or_else(|| root.wrong("name", "must be there"))?,
            display_name: root.text("display-name")?.or(root.text("title")?),
            summary: text("summary")?,
            description: text("description")?,
            subordinate,
            endpoints,
            containers: root.each("containers", declaration::container)?,
            resources: root.each("resources", declaration::resource)?,
            storages: root.each("storage", declaration::storage)?,
            extra_bindings: root.each("extra-bindings", |_| Ok(()))?.into_keys().collect(),
            assumes: root.json("assumes")?,
            charm_user: root.text("charm-user")?,
            warnings,
        })
    }

    /// The endpoint of that name.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// The endpoints of a role, in the order of the file.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().filter(move |endpoint| endpoint.role == role)
    }

    /// The endpoints that require an interface, in the order of the file.
    pub fn requiring<'s>(&'s self, interface: &'s str) -> impl Iterator<Item = &'s Endpoint> {
        self.with_role(Role::Requires).filter(move |endpoint| endpoint.interface == interface)
    }
}

/// The file's text, if there is such a file; of one that is too long, enough to tell.
fn text(dir: &Path, file: &str) -> Result<Option<String>, MetadataError> {
    let path = dir.join(file);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(yaml::MAX_BYTES as u64 + 1).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MetadataError::Read { path, source }),
    }
}

fn actions(root: &Node<'_>) -> Result<BTreeMap<String, ActionDeclaration>, MetadataError> {
    root.entries(|node| {
        let params = match node.json("params")? {
            serde_json::Value::Object(params) => params,
            serde_json::Value::Null => serde_json::Map::new(),
            _ => return Err(node.wrong("params", "must be a mapping")),
        };
        Ok(ActionDeclaration {
            description: node.text("description")?.unwrap_or_default(),
            params,
            required: node.list("required", |item| item.own_text())?,
            additional_properties: node.bool("additionalProperties")?.unwrap_or(true),
        })
    })
}

#[cfg(test)]
mod tests;
