//! A charm that makes the calls of a scenario, and keeps what each gave.

use juju::event::{ConfigChanged, Start, UpdateStatus};
use juju::key::{Peer, Provides, Requires, Storage};
use juju::{
    Charm, Databag, Entity, Error, Flow, Juju, NewSecret, On, Port, ReadMode, RelationId, SecretContent, SecretId,
    SecretQuery, SecretUpdate, Setup, Status, Whose,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The calls to make in an event, and what came of them.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Vec<Value>>,
    pub(crate) defers: bool,
    pub(crate) results: Vec<Value>,
    pub(crate) handled: Vec<String>,
}

thread_local! {
    static SCRIPT: RefCell<Script> = RefCell::default();
}

/// Sets the script of the next event.
pub(crate) fn load(script: Script) {
    SCRIPT.set(script);
}

/// The script of the last event with its results.
pub(crate) fn unload() -> Script {
    SCRIPT.take()
}

pub(crate) struct Interpreter;

#[derive(Debug, thiserror::Error)]
#[error("the charm fails")]
pub(crate) struct Failed;

/// A refusal of one call.
type Refused = Box<dyn std::error::Error>;

impl Charm for Interpreter {
    type Error = Failed;

    fn new(_: &Setup<'_>) -> Result<Interpreter, Failed> {
        Ok(Interpreter)
    }

    fn observe(on: &mut On<Interpreter>) {
        on.any(|_, event, juju| if defers() { Ok(()) } else { run(&event.name(), juju).map(|_| ()) });
        on.deferring("start", Start, |_, _, juju| deferring("start", juju));
        on.deferring("config", ConfigChanged, |_, _, juju| deferring("config-changed", juju));
        on.deferring("status", UpdateStatus, |_, _, juju| deferring("update-status", juju));
        on.deferring("db", Requires::named("db").changed(), |_, _, juju| deferring("db-relation-changed", juju));
    }
}

fn defers() -> bool {
    SCRIPT.with_borrow(|script| script.defers)
}

fn deferring(name: &str, juju: &Juju<'_>) -> Result<Flow, Failed> {
    if defers() { run(name, juju) } else { Ok(Flow::Done) }
}

fn run(name: &str, juju: &Juju<'_>) -> Result<Flow, Failed> {
    let name = name.replace('-', "_");
    let steps = SCRIPT.with_borrow_mut(|script| {
        script.handled.push(name.clone());
        script.steps.clone()
    });
    let (mut flow, mut has_failed) = (Flow::Done, false);
    for step in steps {
        let verb = text(&step[0]);
        if verb == "defer" {
            if step[1..].contains(&json!(name)) {
                flow = Flow::Defer;
            }
            continue;
        }
        has_failed |= verb == "fail";
        let result = match call(juju, verb, &step[1..]) {
            Ok(value) => json!({"ok": value}),
            Err(error) => json!({"error": error.to_string()}),
        };
        SCRIPT.with_borrow_mut(|script| script.results.push(result));
    }
    if has_failed { Err(Failed) } else { Ok(flow) }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn relation(value: &Value) -> RelationId {
    RelationId(u32::try_from(value.as_u64().unwrap()).unwrap())
}

fn content(value: &Value) -> SecretContent {
    let pairs = value.as_object().unwrap().iter();
    pairs.map(|(key, value)| (key.clone(), text(value).into())).collect()
}

fn whose(word: &Value) -> Whose {
    if text(word) == "app" { Whose::App } else { Whose::Unit }
}

fn query(value: &Value, mode: ReadMode) -> SecretQuery {
    let label = value.get("label").map(|label| text(label).to_owned());
    let id = value.get("id").map(|id| text(id).parse().unwrap());
    SecretQuery { id, label, mode }
}

/// The id of a secret that a step names by id or label.
fn secret(juju: &Juju<'_>, value: &Value) -> Result<SecretId, Error> {
    match value.get("id") {
        Some(id) => Ok(text(id).parse().unwrap()),
        None => juju.secret_info(&query(value, ReadMode::Tracked)).map(|info| info.id),
    }
}

fn status(kind: &Value, message: &Value) -> Result<Status, serde_json::Error> {
    serde_json::from_value(json!({"status": kind, "message": message}))
}

fn call(juju: &Juju<'_>, verb: &str, args: &[Value]) -> Result<Value, Refused> {
    let of_relation =
        verb.starts_with("get_") || verb.starts_with("set_") || matches!(verb, "units" | "ids" | "relation");
    match verb {
        _ if of_relation => call_relation(juju, verb, args),
        _ if verb.starts_with("secret") => call_secret(juju, verb, args),
        _ if verb.starts_with("action") => call_action(juju, verb, args),
        _ => call_unit(juju, verb, args),
    }
}

fn call_relation(juju: &Juju<'_>, verb: &str, args: &[Value]) -> Result<Value, Refused> {
    let set = |whose| -> Result<Value, Refused> {
        let changes = Databag::from_iter([(text(&args[2]), text(&args[3]))]);
        Ok(json!(juju.set_databag(relation(&args[0]), whose, &changes)?))
    };
    match verb {
        "get_app" => {
            let app = if text(&args[2]) == "ours" { juju.context.app().to_owned() } else { remote(juju, args) };
            Ok(json!(juju.databag(relation(&args[0]), &Entity::App(app))?))
        }
        "get_unit" => Ok(json!(juju.databag(relation(&args[0]), &Entity::Unit(text(&args[2]).parse()?))?)),
        "set_app" => set(Whose::App),
        "set_unit" => set(Whose::Unit),
        "units" => {
            let needs = juju::Needs { remote_units: true, ..juju::Needs::default() };
            let view = juju.view(text(&args[1]), relation(&args[0]), needs)?;
            Ok(json!(view.units.keys().map(ToString::to_string).collect::<Vec<_>>()))
        }
        "ids" => Ok(json!(juju.relation_ids(text(&args[0]))?.iter().map(|id| id.0).collect::<Vec<_>>())),
        _ => {
            let found = match text(&args[0]) {
                "ring" => juju.relation(Peer::named("ring"))?,
                "site" => juju.relation(Provides::named("site"))?,
                "one" => juju.relation(Requires::named("one"))?,
                "db" => juju.relation(Requires::named("db"))?,
                _ => juju.relation(Requires::named("nope"))?,
            };
            Ok(json!(found.map(|relation| relation.id().0)))
        }
    }
}

/// The remote application of a step's endpoint.
fn remote(juju: &Juju<'_>, args: &[Value]) -> String {
    match text(&args[1]) {
        "ring" => juju.context.app().to_owned(),
        "site" => "proxy".to_owned(),
        _ => "pg".to_owned(),
    }
}

fn call_secret(juju: &Juju<'_>, verb: &str, args: &[Value]) -> Result<Value, Refused> {
    match verb {
        "secret_get" => {
            let mode = match text(&args[1]) {
                "peek" => ReadMode::Peek,
                "refresh" => ReadMode::Refresh,
                _ => ReadMode::Tracked,
            };
            let content = juju.secret(&query(&args[0], mode))?;
            let shown = content.iter().map(|(key, value)| (key.clone(), value.expose().to_owned()));
            Ok(json!(shown.collect::<BTreeMap<String, String>>()))
        }
        "secret_add" => {
            let new = NewSecret {
                owner: whose(&args[0]),
                label: Some(text(&args[1]).to_owned()),
                ..NewSecret::new(content(&args[2]))
            };
            juju.add_secret(&new)?;
            Ok(Value::Null)
        }
        "secret_info" => Ok(json!(juju.secret_info(&query(&args[0], ReadMode::Tracked))?.label)),
        _ => {
            let id = secret(juju, &args[0])?;
            Ok(json!(match verb {
                "secret_set" => {
                    juju.set_secret(&id, &SecretUpdate { content: content(&args[1]), ..SecretUpdate::default() })?;
                }
                "secret_grant" => juju.grant_secret(&id, relation(&args[1]), None)?,
                "secret_revoke" => juju.revoke_secret(&id, relation(&args[1]), None)?,
                _ => juju.remove_secret(&id, None)?,
            }))
        }
    }
}

fn call_action(juju: &Juju<'_>, verb: &str, args: &[Value]) -> Result<Value, Refused> {
    Ok(json!(match verb {
        "action_params" => return Ok(json!(juju.action_params()?)),
        "action_set" => juju.set_action_results(&[(text(&args[0]).to_owned(), text(&args[1]).to_owned())].into())?,
        "action_fail" => juju.fail_action(text(&args[0]))?,
        _ => juju.log_action(text(&args[0]))?,
    }))
}

fn call_unit(juju: &Juju<'_>, verb: &str, args: &[Value]) -> Result<Value, Refused> {
    let port = || text(&args[0]).parse::<Port>();
    let storage = || Storage::from(text(&args[0]).to_owned());
    Ok(match verb {
        "fail" => Value::Null,
        "leader" => json!(juju.is_leader()?),
        "config" => json!(juju.options()?.get(text(&args[0]))),
        "status" => json!(juju.set_status(Whose::Unit, &status(&args[0], &args[1])?)?),
        "app_status" => json!(juju.set_status(Whose::App, &status(&args[0], &args[1])?)?),
        "open" => json!(juju.open_port(&port()?)?),
        "close" => json!(juju.close_port(&port()?)?),
        "ports" => json!(juju.opened_ports()?.iter().map(ToString::to_string).collect::<BTreeSet<_>>()),
        "version" => json!(juju.set_version(text(&args[0]))?),
        "planned" => json!(juju.goal_state()?.units.len()),
        "network" => json!(juju.network(text(&args[0]), None)?.ingress_address()),
        "storage_list" => json!(juju.storages(storage())?.len()),
        "storage_request" => json!(juju.add_storage(storage(), u32::try_from(args[1].as_u64().unwrap())?)?),
        other => panic!("no step {other}"),
    })
}
