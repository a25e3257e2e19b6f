//! `storage-list`, `storage-get`, `storage-add`, `resource-get`.

use std::path::PathBuf;

use super::{Call, Error, HookTools};
use crate::storage::StorageInfo;

pub(super) fn list(tools: &HookTools, name: Option<&str>) -> Result<Vec<String>, Error> {
    let call = Call::new("storage-list");
    tools.ask(match name {
        Some(name) => call.arg(name),
        None => call,
    })
}

pub(super) fn get(tools: &HookTools, id: &str) -> Result<StorageInfo, Error> {
    let call = || Call::new("storage-get").arg("-s").arg(id);
    let answer: Option<StorageInfo> = tools.ask(call())?;
    answer.ok_or_else(|| call().nonsense("there is nothing in it"))
}

pub(super) fn add(tools: &HookTools, name: &str, count: u32) -> Result<(), Error> {
    tools.tell(&Call::new("storage-add").arg(format!("{name}={count}")))
}

pub(super) fn resource(tools: &HookTools, name: &str) -> Result<PathBuf, Error> {
    let call = Call::new("resource-get").arg(name);
    let answer = tools.run(&call)?;
    let path = std::str::from_utf8(&answer).ok().map(str::trim).filter(|path| !path.is_empty());
    path.map(PathBuf::from).ok_or_else(|| call.nonsense("not a path"))
}
