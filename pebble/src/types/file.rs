//! Files in the container, `/v1/files`. The transport of contents is in `crate::files`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ErrorResult, Time};

/// Entry of a listing. Links among a directory's entries are not followed; a link as the listed path is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct FileInfo {
    /// Absolute path.
    pub path: String,
    /// Last part of the path.
    pub name: String,
    /// Type of the file.
    #[serde(rename = "type")]
    pub type_: FileType,
    /// Size of a regular file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The nine permission bits; three octal digits on the wire.
    #[serde(serialize_with = "to_octal", deserialize_with = "from_octal")]
    pub permissions: u32,
    /// Time of the last write, to the second.
    pub last_modified: Time,
    /// User id of the owner.
    pub user_id: Option<u32>,
    /// User name of the owner, if there is one; empty on the wire otherwise.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub user: Option<String>,
    /// Group id.
    pub group_id: Option<u32>,
    /// Group name, if there is one; empty on the wire otherwise.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub group: Option<String>,
}

/// Type of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A socket.
    Socket,
    /// A named pipe.
    NamedPipe,
    /// A device.
    Device,
    /// Any other type.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Options for writing a file. A group needs a user, and an id must match the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteFile {
    /// True to make missing parents, with mode 755 and the file's owner.
    pub make_dirs: bool,
    /// Permissions; 644 if `None`.
    pub permissions: Option<u32>,
    /// User id of the owner.
    pub user_id: Option<u32>,
    /// User name of the owner.
    pub user: Option<String>,
    /// Group id.
    pub group_id: Option<u32>,
    /// Group name.
    pub group: Option<String>,
}

/// Options for making a directory. User and group as for [`WriteFile`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MakeDir {
    /// True to make missing parents and to accept an existing directory.
    pub make_parents: bool,
    /// Permissions; 755 if `None`.
    pub permissions: Option<u32>,
    /// User id of the owner.
    pub user_id: Option<u32>,
    /// User name of the owner.
    pub user: Option<String>,
    /// Group id.
    pub group_id: Option<u32>,
    /// Group name.
    pub group: Option<String>,
}

/// Body of `POST /v1/files`, or the part `request` of a multipart one when files are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilesAction {
    /// Action: `write`, `make-dirs` or `remove`.
    pub action: String,
    /// Items of `write`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<WriteItem>,
    /// Items of `make-dirs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dirs: Vec<DirItem>,
    /// Items of `remove`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<RemoveItem>,
}

/// A file to write, in a [`FilesAction`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct WriteItem {
    /// Path; the part with the contents has it as its file name.
    pub path: String,
    /// True to make missing parents.
    #[serde(skip_serializing_if = "super::is_false")]
    pub make_dirs: bool,
    /// Permissions as three octal digits; empty for 644.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permissions: String,
    /// User id of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// User name of the owner.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<i64>,
    /// Group name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// A directory to make, in a [`FilesAction`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DirItem {
    /// Path.
    pub path: String,
    /// True to make missing parents.
    #[serde(skip_serializing_if = "super::is_false")]
    pub make_parents: bool,
    /// Permissions as three octal digits; empty for 755.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permissions: String,
    /// User id of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// User name of the owner.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<i64>,
    /// Group name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// A path to remove, in a [`FilesAction`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RemoveItem {
    /// Path.
    pub path: String,
    /// True to remove a directory with its contents and to accept a missing path.
    #[serde(skip_serializing_if = "super::is_false")]
    pub recursive: bool,
}

/// Result of one path of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileResult {
    /// Path.
    pub path: String,
    /// Error, if the operation failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorResult>,
}

fn to_octal<S: Serializer>(permissions: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{permissions:03o}"))
}

fn from_octal<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let digits = String::deserialize(from)?;
    u32::from_str_radix(&digits, 8).map_err(|_| D::Error::custom("permissions are not octal"))
}

fn to_text<S: Serializer>(name: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(name.as_deref().unwrap_or_default())
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|name| !name.is_empty()))
}
