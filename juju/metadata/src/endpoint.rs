//! Endpoints and the rules for their names.

use std::collections::BTreeMap;
use std::fmt;

use serde_yaml::Value;

use super::MetadataError;
use super::node::Node;

/// The side of a relation an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It uses what the other side offers.
    Requires,
    /// It offers something.
    Provides,
    /// It joins the units of this application.
    Peers,
}

impl Role {
    /// Juju's word for it, the section of the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requires => "requires",
            Self::Provides => "provides",
            Self::Peers => "peers",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The remote units that a unit meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All of them.
    #[default]
    Global,
    /// The one it sits beside.
    Container,
}

/// A place where a relation can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name, unique in the charm.
    pub name: String,
    /// Its side.
    pub role: Role,
    /// The interface; two endpoints can be integrated if theirs are equal.
    pub interface: String,
    /// `optional` as written; not enforced here.
    pub optional: bool,
    /// The most relations it takes.
    pub limit: Option<u32>,
    /// The units that meet.
    pub scope: Scope,
}

/// The endpoints of all sections in the order of the file, and sentences about what is allowed but odd.
pub(super) fn endpoints(root: &Node<'_>, subordinate: bool) -> Result<(Vec<Endpoint>, Vec<String>), MetadataError> {
    let mut all: Vec<Endpoint> = Vec::new();
    let mut taken: BTreeMap<String, Role> = BTreeMap::new();
    let mut warnings = Vec::new();
    for (section, node) in root.children()? {
        let Some(role) = role(&section) else { continue };
        for (name, node) in node.children()? {
            let endpoint = endpoint(role, &name, &node)?;
            check(&endpoint, &node, subordinate)?;
            if let Some(other) = taken.insert(endpoint.name.clone(), role) {
                return Err(node.wrong("", &format!("the name is taken by an endpoint in {other}")));
            }
            warnings.extend(oddity(&endpoint));
            all.push(endpoint);
        }
    }
    let beside = |endpoint: &Endpoint| endpoint.role == Role::Requires && endpoint.scope == Scope::Container;
    if subordinate && !all.iter().any(beside) {
        return Err(root.wrong("subordinate", "needs at least one endpoint in requires with scope: container"));
    }
    Ok((all, warnings))
}

fn role(section: &str) -> Option<Role> {
    [Role::Requires, Role::Provides, Role::Peers].into_iter().find(|role| role.as_str() == section)
}

/// An entry is a mapping, or in short its interface alone.
fn endpoint(role: Role, name: &str, node: &Node<'_>) -> Result<Endpoint, MetadataError> {
    let plain = |interface| Endpoint {
        name: name.to_owned(),
        role,
        interface,
        optional: false,
        limit: None,
        scope: Scope::Global,
    };
    if let Value::String(interface) = &node.value {
        return Ok(plain(interface.clone()));
    }
    let interface = node.text("interface")?.ok_or_else(|| node.wrong("interface", "must be there"))?;
    let limit = node.int("limit")?.map(|limit| u32::try_from(limit).map_err(|_| wrong_limit(node))).transpose()?;
    let scope = match node.text("scope")?.as_deref() {
        None | Some("global") => Scope::Global,
        Some("container") => Scope::Container,
        Some(_) => return Err(node.wrong("scope", "must be global or container")),
    };
    Ok(Endpoint { optional: node.bool("optional")?.unwrap_or(false), limit, scope, ..plain(interface) })
}

fn wrong_limit(node: &Node<'_>) -> MetadataError {
    node.wrong("limit", "must be a whole number, not negative")
}

/// Juju's names are its own: `juju` and `juju-…`, but for a subordinate that sits beside anything.
fn check(endpoint: &Endpoint, node: &Node<'_>, subordinate: bool) -> Result<(), MetadataError> {
    let reserved = |name: &str| name == "juju" || name.starts_with("juju-");
    let beside = subordinate && endpoint.role == Role::Requires && endpoint.scope == Scope::Container;
    if endpoint.name == "juju" || (reserved(&endpoint.name) && !beside) {
        return Err(node.wrong("", "the name is reserved for Juju"));
    }
    if !good_interface(&endpoint.interface) {
        return Err(node.wrong("interface", "must be made of lower-case letters and dashes, with no dash at its start"));
    }
    if reserved(&endpoint.interface) && endpoint.role != Role::Requires {
        return Err(node.wrong("interface", &format!("is reserved for Juju and can't be in {}", endpoint.role)));
    }
    Ok(())
}

/// Checks an interface's name. Accepts digits and underscores, since published interfaces have them.
fn good_interface(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(good)
}

fn oddity(endpoint: &Endpoint) -> Option<String> {
    let odd = endpoint.interface.bytes().any(|b| b.is_ascii_digit() || b == b'_');
    let Endpoint { name, role, interface, .. } = endpoint;
    odd.then(|| {
        format!("{role}.{name}.interface: {interface} has digits or underscores; Juju asks for letters and dashes only")
    })
}
