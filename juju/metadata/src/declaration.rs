//! Containers, resources and storages.

use std::path::PathBuf;

use super::MetadataError;
use super::node::Node;

/// A workload container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The resource with its image.
    pub resource: Option<String>,
    /// Storages mounted into it.
    pub mounts: Vec<Mount>,
    /// The user Pebble runs as.
    pub uid: Option<u32>,
    /// The group Pebble runs as.
    pub gid: Option<u32>,
}

/// A storage mounted into a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// The storage.
    pub storage: String,
    /// The mount point; if `None`, Juju chooses it.
    pub location: Option<PathBuf>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind.
    pub kind: ResourceKind,
    /// The purpose, for people.
    pub description: String,
    /// Of a file: the name it is stored under.
    pub filename: Option<String>,
    /// Of an image: where it is to be had, for people and tools other than Juju.
    pub upstream_source: Option<String>,
}

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A container image.
    OciImage,
    /// A file.
    File,
}

/// A storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageDeclaration {
    /// `filesystem` or `block`.
    pub kind: String,
    /// The mount point in the charm's container.
    pub location: Option<PathBuf>,
    /// The allowed number of instances, as written: `1`, `0-`, `2-3`. `None`: exactly one.
    pub range: Option<String>,
    /// True if the unit can't write to it.
    pub read_only: bool,
    /// The least size, as written.
    pub minimum_size: Option<String>,
}

pub(super) fn container(node: &Node<'_>) -> Result<Container, MetadataError> {
    Ok(Container {
        resource: node.text("resource")?,
        mounts: node.list("mounts", mount)?,
        uid: id(node, "uid")?,
        gid: id(node, "gid")?,
    })
}

/// Juju keeps the ids of ordinary users for itself: `parseContainers` in its `internal/charm/meta.go`.
fn id(node: &Node<'_>, key: &str) -> Result<Option<u32>, MetadataError> {
    let Some(id) = node.int(key)? else { return Ok(None) };
    match u32::try_from(id) {
        Ok(1000..=9999) => Err(node.wrong(key, "must not be from 1000 to 9999, which Juju reserves")),
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(node.wrong(key, "must be a user id")),
    }
}

fn mount(node: &Node<'_>) -> Result<Mount, MetadataError> {
    let storage = node.text("storage")?.ok_or_else(|| node.wrong("storage", "must be there"))?;
    Ok(Mount { storage, location: node.text("location")?.map(PathBuf::from) })
}

pub(super) fn resource(node: &Node<'_>) -> Result<Resource, MetadataError> {
    let kind = match node.text("type")?.as_deref() {
        Some("oci-image") => ResourceKind::OciImage,
        Some("file") => ResourceKind::File,
        _ => return Err(node.wrong("type", "must be oci-image or file")),
    };
    Ok(Resource {
        kind,
        description: node.text("description")?.unwrap_or_default(),
        filename: node.text("filename")?,
        upstream_source: node.text("upstream-source")?,
    })
}

pub(super) fn storage(node: &Node<'_>) -> Result<StorageDeclaration, MetadataError> {
    let kind = node.text("type")?.unwrap_or_default();
    if kind != "filesystem" && kind != "block" {
        return Err(node.wrong("type", "must be filesystem or block"));
    }
    let multiple = node.get("multiple")?;
    Ok(StorageDeclaration {
        kind,
        location: node.text("location")?.map(PathBuf::from),
        range: multiple.map(|multiple| multiple.word("range")).transpose()?.flatten(),
        read_only: node.bool("read-only")?.unwrap_or(false),
        minimum_size: node.word("minimum-size")?,
    })
}
