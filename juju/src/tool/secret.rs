//! `secret-get`, `secret-add`, `secret-set`, `secret-grant`, `secret-revoke`, `secret-remove`, `secret-info-get`,
//! `secret-ids`.
//!
//! Contents are handed over as `key#file=PATH`, each value in a file only this user can read, removed right after.
//! Juju has `--file` with a map of all keys, too, but that wants a path as well: it does not read stdin.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::private::PrivateFiles;
use super::{Call, Error, HookTools};
use crate::name::{RelationId, UnitName};
use crate::owner::Whose;
use crate::secret::{NewSecret, ReadMode, Rotate, SecretContent, SecretId, SecretInfo, SecretQuery, SecretUpdate};

pub(super) fn get(tools: &HookTools, query: &SecretQuery) -> Result<SecretContent, Error> {
    let mut call = Call::new("secret-get");
    if let Some(id) = &query.id {
        call = call.arg(id.to_string());
    }
    let call = call.option("--label", query.label.as_deref());
    let call = call.flag("--refresh", query.mode == ReadMode::Refresh);
    tools.ask(call.flag("--peek", query.mode == ReadMode::Peek))
}

pub(super) fn add(tools: &HookTools, secret: &NewSecret) -> Result<SecretId, Error> {
    let owner = if secret.owner == Whose::Unit { Some("unit") } else { None };
    let call = Call::new("secret-add").option("--owner", owner);
    let call = fields(call, secret.label.as_deref(), secret.description.as_deref(), secret.rotate);
    let (call, files) = content(call.option("--expire", secret.expire.as_deref()), &secret.content)?;
    let answer = tools.run(&call);
    drop(files);
    let answer = answer?;
    let id = std::str::from_utf8(&answer).ok().and_then(|text| text.trim().parse().ok());
    id.ok_or_else(|| call.nonsense("not the address of a secret"))
}

pub(super) fn set(tools: &HookTools, id: &SecretId, update: &SecretUpdate) -> Result<(), Error> {
    let call = Call::new("secret-set").arg(id.to_string());
    let call = fields(call, update.label.as_deref(), update.description.as_deref(), update.rotate);
    let (call, files) = content(call.option("--expire", update.expire.as_deref()), &update.content)?;
    let answer = tools.tell(&call);
    drop(files);
    answer
}

fn fields(call: Call, label: Option<&str>, description: Option<&str>, rotate: Option<Rotate>) -> Call {
    let call = call.option("--label", label).option("--description", description);
    call.option("--rotate", rotate.map(Rotate::as_str))
}

/// Adds an argument for each key, and gives back the files that have to live until the tool has run.
fn content(mut call: Call, content: &SecretContent) -> Result<(Call, Option<PrivateFiles>), Error> {
    if content.is_empty() {
        return Ok((call, None));
    }
    let command = call.tool;
    let failed = |source| Error::File { command, source };
    let mut files = PrivateFiles::new().map_err(failed)?;
    for (key, value) in content {
        let path = files.write(value.expose()).map_err(failed)?;
        call = call.hidden(format!("{key}#file={}", path.display()), format!("{key}=***"));
    }
    Ok((call, Some(files)))
}

pub(super) fn grant(
    tools: &HookTools,
    id: &SecretId,
    relation: RelationId,
    unit: Option<&UnitName>,
) -> Result<(), Error> {
    let call = Call::new("secret-grant").arg(id.to_string()).arg("--relation").arg(relation.to_string());
    tools.tell(&call.option("--unit", unit.map(ToString::to_string)))
}

pub(super) fn revoke(
    tools: &HookTools,
    id: &SecretId,
    relation: RelationId,
    unit: Option<&UnitName>,
) -> Result<(), Error> {
    let call = Call::new("secret-revoke").arg(id.to_string()).arg("--relation").arg(relation.to_string());
    tools.tell(&call.option("--unit", unit.map(ToString::to_string)))
}

pub(super) fn remove(tools: &HookTools, id: &SecretId, revision: Option<u64>) -> Result<(), Error> {
    let call = Call::new("secret-remove").arg(id.to_string());
    tools.tell(&call.option("--revision", revision.map(|number| number.to_string())))
}

#[derive(Deserialize)]
struct Info {
    revision: u64,
    #[serde(default)]
    label: String,
    owner: Whose,
    description: Option<String>,
    rotation: Option<Rotate>,
    expiry: Option<String>,
    rotates: Option<String>,
}

/// The tool takes an id or a label, not both.
pub(super) fn info(tools: &HookTools, query: &SecretQuery) -> Result<SecretInfo, Error> {
    let call = || match &query.id {
        Some(id) => Call::new("secret-info-get").arg(id.to_string()),
        None => Call::new("secret-info-get").option("--label", query.label.as_deref()),
    };
    let answer: BTreeMap<String, Info> = tools.ask(call())?;
    let (id, info) = answer.into_iter().next().ok_or_else(|| call().nonsense("there is no secret in it"))?;
    Ok(SecretInfo {
        id: id.parse().map_err(|_| call().nonsense("not the id of a secret"))?,
        revision: info.revision,
        label: Some(info.label).filter(|label| !label.is_empty()),
        owner: info.owner,
        description: info.description,
        rotate: info.rotation,
        expiry: info.expiry,
        rotates: info.rotates,
    })
}

pub(super) fn ids(tools: &HookTools) -> Result<Vec<SecretId>, Error> {
    let call = || Call::new("secret-ids");
    let ids: Vec<String> = tools.ask(call())?;
    ids.iter().map(|id| id.parse().map_err(|_| call().nonsense("not the id of a secret"))).collect()
}
