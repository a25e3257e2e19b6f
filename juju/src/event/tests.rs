//! Each event arrives at its handler with its data, and at no other.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::backend::Backend;
use crate::charm::{Charm, Setup};
use crate::context::Context;
use crate::dispatch::dispatch;
use crate::fake::SECRET;
use crate::juju::Juju;
use crate::key::{self, Requires};
use crate::name::UnitName;
use crate::network::{GoalState, GoalStatus};
use crate::on::On;
use crate::tool::{Error, Result};

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn see(text: impl Into<String>) -> Result<()> {
    SEEN.with_borrow_mut(|seen| seen.push(text.into()));
    Ok(())
}

#[derive(Deserialize)]
struct Params {
    to: String,
    keep: u32,
}

/// A charm that notes each event's data.
struct Witness;

impl Charm for Witness {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        let (db, app, data) = (Requires::named("db"), key::Container::named("app"), key::Storage::named("data"));
        on.event(db.created(), |_, event, _| see(format!("created {}", event.relation().id())))
            .event(db.joined(), |_, event, _| see(format!("joined {}", event.unit())))
            .event(db.changed(), |_, event, _| see(format!("changed {}", name(event.unit()))))
            .event(db.departed(), |_, event, _| {
                see(format!("departed {}, leaving {}", event.unit(), name(event.departing_unit())))
            })
            .event(db.broken(), |_, event, _| see(format!("broken {}", event.is_only_this_unit()?)))
            .event(RelationChanged::every(), |_, event, _| see(format!("every {}", event.relation().endpoint())))
            .event(app.pebble_ready(), |_, event, _| see(format!("ready {}", event.container)))
            .event(app.custom_notice(), |_, event, _| see(format!("notice {} {} {}", event.id, event.kind, event.key)))
            .event(app.check_failed(), |_, event, _| see(format!("failed {}", event.check)))
            .event(app.check_recovered(), |_, event, _| see(format!("recovered {}", event.check)))
            .event(data.attached(), |_, event, _| see(format!("attached {} {:?}", event.id, event.location)))
            .event(data.detaching(), |_, event, _| see(format!("detaching {} {:?}", event.id, event.location)))
            .event(SecretChanged::every(), |_, event, _| see(format!("changed {:?} {:?}", event.label, event.revision)))
            .event(SecretRotate::every(), |_, event, _| see(format!("rotate {}", event.id)))
            .event(SecretExpired::every(), |_, event, _| see(format!("expired {:?}", event.revision)))
            .event(SecretRemove::every(), |_, event, _| see(format!("remove {:?}", event.revision)))
            .event(key::Action::<Params>::named("back-up"), Self::back_up)
            .event(key::Action::<()>::named("rotate"), |_, action, _| action.set("rotated", "yes"));
    }
}

impl Witness {
    fn back_up(&mut self, action: &Action<'_, Params>, _: &Juju<'_>) -> Result<()> {
        see(format!("run {}: {} × {}", action.id, action.params.to, action.params.keep))?;
        action.log("at work")?;
        if action.params.keep == 0 {
            action.fail("keep some")
        } else {
            action.set_all([("size", "7"), ("unit", "MiB")])
        }
    }
}

fn name(unit: Option<&UnitName>) -> String {
    unit.map_or_else(|| "no unit".to_owned(), ToString::to_string)
}

/// Juju for actions and goal states, with a record of the calls.
#[derive(Default)]
struct Operator {
    params: serde_json::Value,
    goal: GoalState,
    calls: RefCell<Vec<String>>,
}

impl Operator {
    fn note(&self, call: String) -> Result<()> {
        self.calls.borrow_mut().push(call);
        Ok(())
    }
}

impl Backend for Operator {
    fn action_get(&self) -> Result<serde_json::Map<String, serde_json::Value>> {
        self.note("action-get".to_owned())?;
        Ok(self.params.as_object().cloned().unwrap_or_default())
    }
    fn action_set(&self, results: &BTreeMap<String, String>) -> Result<()> {
        self.note(format!("action-set {results:?}"))
    }
    fn action_fail(&self, message: &str) -> Result<()> {
        self.note(format!("action-fail {message}"))
    }
    fn action_log(&self, message: &str) -> Result<()> {
        self.note(format!("action-log {message}"))
    }
    fn goal_state(&self) -> Result<GoalState> {
        Ok(self.goal.clone())
    }
}

fn context(vars: &[(&str, &str)]) -> Context {
    let base = [("JUJU_UNIT_NAME", "web/1"), ("JUJU_MODEL_NAME", "test"), ("JUJU_DISPATCH_PATH", "")];
    let vars = base.iter().chain(vars).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Context::read(&vars.collect::<BTreeMap<_, _>>()).expect("a good environment")
}

/// Dispatches a hook with its variables; what the handlers saw.
fn fire(juju: &Operator, hook: &str, vars: &[(&str, &str)]) -> Vec<String> {
    let path = format!("hooks/{hook}");
    let vars: Vec<_> = vars.iter().copied().chain([("JUJU_DISPATCH_PATH", path.as_str())]).collect();
    dispatch::<Witness>(&context(&vars), juju).expect("a good dispatch");
    SEEN.take()
}

const RELATION: [(&str, &str); 3] = [("JUJU_RELATION", "db"), ("JUJU_RELATION_ID", "db:7"), ("JUJU_REMOTE_APP", "pg")];

#[test]
fn relation_events_carry_their_relation_and_units() {
    let juju = Operator::default();
    let fire = |hook, vars: &[(&str, &str)]| fire(&juju, hook, &[&RELATION, vars].concat());
    let unit = ("JUJU_REMOTE_UNIT", "pg/3");
    assert_eq!(fire("db-relation-created", &[]), ["created 7"]);
    assert_eq!(fire("db-relation-joined", &[unit]), ["joined pg/3"]);
    assert_eq!(fire("db-relation-changed", &[unit]), ["changed pg/3", "every db"]);
    assert_eq!(fire("db-relation-changed", &[]), ["changed no unit", "every db"]);
    let leaving = ("JUJU_DEPARTING_UNIT", "web/1");
    assert_eq!(fire("db-relation-departed", &[unit, leaving]), ["departed pg/3, leaving web/1"]);
    assert_eq!(fire("logs-relation-changed", &[("JUJU_RELATION", "logs")]), ["every logs"]);
}

#[test]
fn broken_tells_a_relation_s_end_from_a_unit_s() {
    let broken = |units: &[(&str, &str)]| {
        let status = |word: &str| GoalStatus { status: word.to_owned(), ..GoalStatus::default() };
        let units = units.iter().map(|(unit, word)| ((*unit).to_owned(), status(word))).collect();
        let juju = Operator { goal: GoalState { units, ..GoalState::default() }, ..Operator::default() };
        let planned = Juju::new(&context(&[("JUJU_DISPATCH_PATH", "hooks/start")]), &juju).planned_units();
        (fire(&juju, "db-relation-broken", &RELATION).concat(), planned.expect("a number"))
    };
    let (ends, goes) = ("broken false".to_owned(), "broken true".to_owned());
    assert_eq!(broken(&[("web/0", "active"), ("web/1", "blocked")]), (ends.clone(), 2));
    assert_eq!(broken(&[("web/0", "active"), ("web/1", "dying")]), (goes.clone(), 1));
    assert_eq!(broken(&[("web/0", "active")]), (goes, 1));
    assert_eq!(broken(&[("web/0", "dying"), ("web/1", "dying")]), (ends, 0), "the application goes");
}

#[test]
fn container_storage_and_secret_events_carry_their_data() {
    let juju = Operator::default();
    let app = ("JUJU_WORKLOAD_NAME", "app");
    let notice = [app, ("JUJU_NOTICE_ID", "4"), ("JUJU_NOTICE_TYPE", "custom"), ("JUJU_NOTICE_KEY", "a.b/c")];
    let check = [app, ("JUJU_PEBBLE_CHECK_NAME", "up")];
    let storage = [("JUJU_STORAGE_ID", "data/0"), ("JUJU_STORAGE_LOCATION", "/srv")];
    let secret = [("JUJU_SECRET_ID", SECRET), ("JUJU_SECRET_LABEL", "db"), ("JUJU_SECRET_REVISION", "2")];
    let arrives =
        |hook: &str, vars: &[(&str, &str)], want: &str| assert_eq!(fire(&juju, hook, vars).concat(), want, "{hook}");
    arrives("app-pebble-ready", &[app], "ready app");
    arrives("app-pebble-custom-notice", &notice, "notice 4 custom a.b/c");
    arrives("app-pebble-check-failed", &check, "failed up");
    arrives("app-pebble-check-recovered", &check, "recovered up");
    arrives("data-storage-attached", &storage, r#"attached data/0 Some("/srv")"#);
    arrives("data-storage-detaching", &storage[..1], "detaching data/0 None");
    arrives("secret-changed", &secret[..2], r#"changed Some("db") None"#);
    arrives("secret-rotate", &secret, "rotate secret:9m4e2mr0ui3e8a215n4g");
    arrives("secret-expired", &secret, "expired Some(2)");
    arrives("secret-remove", &secret, "remove Some(2)");
    arrives("leader-elected", &[], "");
}

#[test]
fn an_action_has_typed_parameters_and_answers() {
    let run = |name: &str, params: serde_json::Value| {
        let juju = Operator { params, ..Operator::default() };
        let seen = fire(&juju, name, &[("JUJU_ACTION_NAME", name), ("JUJU_ACTION_UUID", "9")]);
        (seen.concat(), juju.calls.take().join("; "))
    };
    let (seen, calls) = run("back-up", json!({"to": "s3", "keep": 2}));
    assert_eq!(seen, "run 9: s3 × 2");
    assert_eq!(calls, r#"action-get; action-log at work; action-set {"size": "7", "unit": "MiB"}"#);
    let (_, calls) = run("back-up", json!({"to": "s3", "keep": 0}));
    assert_eq!(calls, "action-get; action-log at work; action-fail keep some");
    let (_, calls) = run("rotate", json!({"ignored": 1}));
    assert_eq!(calls, r#"action-set {"rotated": "yes"}"#, "without parameters they are not asked for");
    assert_eq!(run("unknown", json!({})), (String::new(), String::new()));
}

#[test]
fn parameters_that_do_not_fit_fail_the_action_and_not_the_hook() {
    let juju = Operator { params: json!({"to": "s3", "keep": "hunter2"}), ..Operator::default() };
    let seen = fire(&juju, "back-up", &[("JUJU_ACTION_NAME", "back-up")]);
    assert!(seen.is_empty());
    let calls = juju.calls.take();
    assert_eq!(calls, ["action-get", "action-fail cannot use the parameters of back-up: keep: must be a whole number"]);
}
