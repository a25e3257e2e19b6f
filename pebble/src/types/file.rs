//! Files in the container, `/v1/files`. How contents travel is `crate::files`'s.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ErrorResult;

/// One entry of a file listing. Links are not followed for entries of a directory, but are for the path listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct FileInfo {
    /// The absolute path.
    pub path: String,
    /// Its last part.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub type_: FileType,
    /// Bytes, of regular files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The nine permission bits; three octal digits on the wire.
    #[serde(serialize_with = "to_octal", deserialize_with = "from_octal")]
    pub permissions: u32,
    /// When it was last written, to the second.
    pub last_modified: String,
    /// The owner's number.
    pub user_id: Option<u32>,
    /// The owner's name, if it has one; empty on the wire if not.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub user: Option<String>,
    /// The group's number.
    pub group_id: Option<u32>,
    /// The group's name, if it has one; empty on the wire if not.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub group: Option<String>,
}

/// What a file is.
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
    /// Anything else.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How to write a file. User and group are given both or neither; a number and a name given together must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteFile {
    /// Whether missing parents are made, with mode 755 and the file's owner.
    pub make_dirs: bool,
    /// Its permissions; 644 if `None`.
    pub permissions: Option<u32>,
    /// The owner, by number.
    pub user_id: Option<u32>,
    /// The owner, by name.
    pub user: Option<String>,
    /// The group, by number.
    pub group_id: Option<u32>,
    /// The group, by name.
    pub group: Option<String>,
}

/// How to make a directory. User and group as for [`WriteFile`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MakeDir {
    /// Whether missing parents are made too, and an existing directory is no error.
    pub make_parents: bool,
    /// Its permissions; 755 if `None`.
    pub permissions: Option<u32>,
    /// The owner, by number.
    pub user_id: Option<u32>,
    /// The owner, by name.
    pub user: Option<String>,
    /// The group, by number.
    pub group_id: Option<u32>,
    /// The group, by name.
    pub group: Option<String>,
}

/// Body of `POST /v1/files`, or the part `request` of a multipart one when files are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilesAction {
    /// `write`, `make-dirs` or `remove`.
    pub action: String,
    /// For `write`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<WriteItem>,
    /// For `make-dirs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dirs: Vec<DirItem>,
    /// For `remove`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<RemoveItem>,
}

/// One file to write, as it travels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct WriteItem {
    /// Where; the part with the contents bears it as its file name.
    pub path: String,
    /// Whether missing parents are made.
    #[serde(skip_serializing_if = "super::is_false")]
    pub make_dirs: bool,
    /// Three octal digits, or empty for 644.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permissions: String,
    /// The owner, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// The owner, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The group, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// The group, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// One directory to make, as it travels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DirItem {
    /// Where.
    pub path: String,
    /// Whether missing parents are made.
    #[serde(skip_serializing_if = "super::is_false")]
    pub make_parents: bool,
    /// Three octal digits, or empty for 755.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permissions: String,
    /// The owner, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// The owner, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The group, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// The group, by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// One path to remove, as it travels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RemoveItem {
    /// Which.
    pub path: String,
    /// Whether a directory goes with all it holds, and a missing path is no error.
    #[serde(skip_serializing_if = "super::is_false")]
    pub recursive: bool,
}

/// How one path of a request fared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileResult {
    /// Which.
    pub path: String,
    /// Why not, if it did not go well.
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
