//! secret-add, secret-get, secret-set, secret-grant, secret-revoke, secret-remove, secret-info-get, secret-ids.

use super::{Invocation, Output, keyvalue};
use crate::model::{HookError, Secret, SecretOwner};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use juju::{NewSecret, ReadMode, Rotate, SecretContent, SecretId, SecretQuery, SecretUpdate, Whose};
use serde_json::{Map, Value, json};

fn usage(message: impl Into<String>) -> HookError {
    HookError::Usage(message.into())
}

fn secret_id(text: &str) -> Result<SecretId, HookError> {
    text.parse().map_err(|_| usage(format!("secret URI \"{text}\" not valid")))
}

impl Invocation<'_, '_> {
    fn secret(&self) -> Result<SecretId, HookError> {
        secret_id(self.only("missing secret URI")?)
    }

    fn flag(&self, name: &str) -> Option<String> {
        self.flags.get(name).map(str::to_owned)
    }

    fn rotate(&self) -> Result<Option<Rotate>, HookError> {
        let Some(word) = self.flags.get_filled("rotate") else { return Ok(None) };
        let known = serde_json::from_value(json!(word));
        known.map(Some).map_err(|_| usage(format!("rotate policy \"{word}\" not valid")))
    }

    /// The secret's content from `--file` and from `key=value`, `key#base64=value` and `key#file=path` arguments.
    fn content(&self, args: &[String]) -> Result<SecretContent, HookError> {
        let mut content: SecretContent =
            keyvalue::pairs(self.flags, &[], self.files)?.into_iter().map(|(key, value)| (key, value.into())).collect();
        for arg in args {
            let (key, value) = keyvalue::split(arg)?;
            let (key, modifier) = key.split_once('#').unwrap_or((key, ""));
            let value = match modifier {
                "" => value.to_owned(),
                "base64" => decode(key, value)?,
                "file" => keyvalue::content(value, self.files)?.to_owned(),
                other => return Err(usage(format!("unknown modifier \"{other}\""))),
            };
            content.insert(key.to_owned(), value.into());
        }
        Ok(content)
    }
}

fn decode(key: &str, value: &str) -> Result<String, HookError> {
    let bytes = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| HookError::Refused(format!("value of key \"{key}\" is not base64 of text")))
}

pub(super) fn add(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    if call.args().is_empty() && call.flags.get_filled("file").is_none() {
        return Err(usage("missing secret value or filename"));
    }
    let owner = match call.flags.get_filled("owner") {
        None | Some("application") => Whose::App,
        Some("unit") => Whose::Unit,
        Some(other) => return Err(usage(format!("secret owner \"{other}\" not valid"))),
    };
    let secret = NewSecret {
        content: call.content(call.args())?,
        label: call.flag("label"),
        description: call.flag("description"),
        owner,
        rotate: call.rotate()?,
        expire: call.flag("expire"),
    };
    let id = call.t.secret_add(&secret)?;
    Ok(Output::Raw(format!("secret:{}\n", id.id())))
}

pub(super) fn get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let mode = match (call.flags.is_on("peek"), call.flags.is_on("refresh")) {
        (true, true) => return Err(usage("specify one of --refresh or --peek but not both")),
        (true, false) => ReadMode::Peek,
        (false, true) => ReadMode::Refresh,
        (false, false) => ReadMode::Tracked,
    };
    let label = call.flags.get_filled("label").map(str::to_owned);
    let first = call.args().first();
    let is_id = |arg: &&String| label.is_none() || arg.starts_with("secret:") || arg.len() == 20;
    let id = first.filter(is_id).map(|arg| secret_id(arg)).transpose()?;
    let at = usize::from(id.is_some());
    let key = call.args().get(at).cloned();
    call.at_most(at + 1)?;
    let content = call.t.secret_get(&SecretQuery { id, label, mode })?;
    Ok(Output::Value(match key {
        None => content.iter().map(|(key, value)| (key.clone(), json!(value.expose()))).collect::<Map<_, _>>().into(),
        Some(key) => {
            let value = content.get(&key).map(|value| json!(value.expose()));
            value.ok_or_else(|| HookError::NotFound(format!("secret key \"{key}\" not found")))?
        }
    }))
}

pub(super) fn set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let [id, content @ ..] = call.args() else { return Err(usage("missing secret URI")) };
    let update = SecretUpdate {
        content: call.content(content)?,
        label: call.flag("label"),
        description: call.flag("description"),
        rotate: call.rotate()?,
        expire: call.flag("expire"),
    };
    call.t.secret_set(&secret_id(id)?, &update)?;
    Ok(Output::Silent)
}

pub(super) fn grant(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let id = call.secret()?;
    let unit = call.flags.get_filled("unit").map(str::parse).transpose().map_err(|_| usage("invalid unit name"))?;
    let relation = call.relation(call.flags.get("relation"))?;
    call.t.secret_grant(&id, relation, unit.as_ref())?;
    Ok(Output::Silent)
}

pub(super) fn revoke(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let id = call.secret()?;
    let unit = call.flags.get_filled("unit").map(str::parse).transpose().map_err(|_| usage("invalid unit name"))?;
    let relation = call.flags.get_filled("relation").map(|named| call.relation(Some(named))).transpose()?;
    call.t.secret_revoke(&id, relation, unit.as_ref())?;
    Ok(Output::Silent)
}

pub(super) fn remove(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let id = call.secret()?;
    let revision = call.flags.get_filled("revision");
    let number = |text: &str| text.parse().map_err(|_| usage(format!("invalid revision \"{text}\"")));
    call.t.secret_remove(&id, revision.map(number).transpose()?)?;
    Ok(Output::Silent)
}

pub(super) fn info_get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let id = call.args().first().map(|arg| secret_id(arg)).transpose()?;
    let query = SecretQuery { id, label: call.flag("label"), mode: ReadMode::Tracked };
    let secret = call.t.secret_info(&query)?;
    Ok(Output::Value(json!({secret.id.id(): info(call, secret)})))
}

fn info(call: &Invocation<'_, '_>, secret: &Secret) -> Value {
    let about = &secret.about;
    let owner = if matches!(secret.owner, SecretOwner::App(_)) { "application" } else { "unit" };
    let mut info = json!({
        "revision": secret.latest(),
        "label": about.label.clone().unwrap_or_default(),
        "owner": owner,
        "rotation": about.rotate.map_or("never", Rotate::as_str),
    });
    for (key, value) in [("description", &about.description), ("expiry", &about.expire)] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            info[key] = json!(value);
        }
    }
    let app = call.t.unit().app();
    let relations = secret.grants.iter().filter_map(|grant| call.t.view().relations.get(&grant.relation));
    let access: Vec<Value> = relations
        .map(|relation| {
            let endpoint = relation.side(app).map(|side| side.endpoint.as_str()).unwrap_or_default();
            let target = format!("application-{}", relation.remote_app(app));
            json!({"target": target, "scope": format!("relation-{endpoint}"), "role": "view"})
        })
        .collect();
    if !access.is_empty() {
        info["access"] = access.into();
    }
    info
}

pub(super) fn ids(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    Ok(Output::list(call.t.secret_ids().iter().map(|id| id.id().to_owned())))
}
