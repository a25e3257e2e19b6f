//! Times of the notices that the command line has listed and acknowledged, kept for each user and socket.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Failure;

/// The kept times; `None` before the first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notices_last_listed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notices_last_okayed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings_last_listed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings_last_okayed: Option<String>,
}

/// `~/.pebble/cli.json`, in which each socket has its times.
fn path() -> Result<PathBuf, Failure> {
    let home =
        env::var_os("HOME").filter(|home| !home.is_empty()).ok_or("cannot load CLI state: $HOME is not defined")?;
    Ok(PathBuf::from(home).join(".pebble/cli.json"))
}

fn all() -> Result<Map<String, Value>, Failure> {
    let text = fs::read(path()?).unwrap_or_default();
    Ok(serde_json::from_slice(&text).unwrap_or_default())
}

/// The times of a socket.
pub(super) fn load(socket: &Path) -> Result<Kept, Failure> {
    let value = all()?.get("pebble").and_then(|all| all.get(socket.to_string_lossy().as_ref())).cloned();
    Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
}

/// Stores the times of a socket.
pub(super) fn save(socket: &Path, kept: &Kept) -> Result<(), Failure> {
    let mut all = all()?;
    let sockets = all.entry("pebble").or_insert_with(|| Value::Object(Map::new()));
    sockets[socket.to_string_lossy().as_ref()] = serde_json::to_value(kept).unwrap_or_default();
    let path = path()?;
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, Value::Object(all).to_string()));
    written.map_err(|error| format!("cannot save CLI state: {}", crate::errno::text(&error)))
}
