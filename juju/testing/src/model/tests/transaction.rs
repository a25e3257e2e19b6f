//! Writes of hooks: visible in the hook, committed at its success, dropped at its failure.

use super::*;
use juju::{LogLevel, Port, Whose};
use serde_json::{Map, Value, json};

fn scribble(hook: &mut Transaction<'_>, db: RelationId) {
    hook.relation_set(db, Whose::Unit, &bag([("k", "v")])).unwrap();
    hook.open_port(Port::tcp(80));
    hook.set_state("a", Some("b"));
    hook.secret_add(&juju::NewSecret::new([("key".to_owned(), "value".into())].into())).unwrap();
    hook.status_set(Whose::Unit, &Status::blocked("help")).unwrap();
    hook.set_version("1.2");
    hook.juju_log(LogLevel::Info, "one\ntwo");
}

#[test]
fn writes_show_in_the_hook_at_once_and_outside_after_its_success() {
    for is_success in [true, false] {
        let (mut model, _, db) = settled();
        in_event(&mut model, "web/0", Event::UpdateStatus, is_success, |hook| {
            scribble(hook, db);
            assert_eq!(hook.relation_get(db, &of_unit("web/0")).unwrap().text("k"), Some("v"));
            assert_eq!(hook.ports(), [Port::tcp(80)].into());
            assert_eq!(hook.state()["a"], "b");
            assert_eq!(hook.secret_ids().len(), 1);
            assert_eq!(hook.status(Whose::Unit).unwrap(), Some(Status::blocked("help")));
            assert_eq!(
                hook.world.relations.get(&db).unwrap().databag(&of_unit("web/0")).text("k"),
                None,
                "nobody else sees it yet"
            );
        });
        let name = unit("web/0");
        assert_eq!(model.databag(db, &of_unit("web/0")).unwrap().text("k").is_some(), is_success);
        assert_eq!(!model.ports(&name).unwrap().is_empty(), is_success);
        assert_eq!(!model.state(&name).unwrap().is_empty(), is_success);
        assert_eq!(model.secrets().count() == 1, is_success);
        // Juju applies these writes at once.
        assert_eq!(model.status(&name, Whose::Unit).unwrap(), Some(Status::blocked("help")));
        assert_eq!(model.workload_version("web").unwrap(), "1.2");
        assert_eq!(model.log().lines().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    }
}

#[test]
fn a_hook_does_not_see_changes_made_meanwhile() {
    let (mut model, _, db) = settled();
    model.set_databag(db, &of_app("pg"), &bag([("k", "before")])).unwrap();
    drain(&mut model);
    let hook = model.begin(&unit("web/0"), Event::UpdateStatus).unwrap();
    model.set_databag(db, &of_app("pg"), &bag([("k", "after")])).unwrap();
    let seen = model.transaction(hook.as_str()).unwrap().relation_get(db, &of_app("pg")).unwrap();
    assert_eq!(seen.text("k"), Some("before"));
    model.finish(&hook, true).unwrap();
    assert_eq!(drain(&mut model), ["web/0: db-relation-changed pg", "web/1: db-relation-changed pg"]);
}

#[test]
fn two_hooks_at_a_time_keep_both_their_writes() {
    let (mut model, ring, _) = settled();
    let hooks = ["web/0", "web/1"].map(|name| model.begin(&unit(name), Event::UpdateStatus).unwrap());
    for (hook, value) in hooks.iter().zip(["zero", "one"]) {
        let mut transaction = model.transaction(hook.as_str()).unwrap();
        transaction.relation_set(ring, Whose::Unit, &bag([("k", value)])).unwrap();
        transaction.set_state("k", Some(value));
    }
    hooks.iter().for_each(|hook| drop(model.finish(hook, true).unwrap()));
    for (name, value) in [("web/0", "zero"), ("web/1", "one")] {
        assert_eq!(model.databag(ring, &of_unit(name)).unwrap().text("k"), Some(value));
        assert_eq!(model.state(&unit(name)).unwrap()["k"], value);
    }
}

#[test]
fn a_write_to_a_relation_removed_meanwhile_is_dropped() {
    let (mut model, _, db) = settled();
    let hook = model.begin(&unit("web/0"), Event::UpdateStatus).unwrap();
    model.transaction(hook.as_str()).unwrap().relation_set(db, Whose::Unit, &bag([("k", "v")])).unwrap();
    model.world.relations.remove(&db);
    model.finish(&hook, true).unwrap();
    assert!(model.databag(db, &of_unit("web/0")).is_err());
}

#[test]
fn statuses_keep_their_history() {
    let (mut model, ..) = settled();
    for message in ["one", "two", "three"] {
        in_hook(&mut model, "web/0", |hook| hook.status_set(Whose::Unit, &Status::waiting(message))).unwrap();
    }
    let history = &model.unit(&unit("web/0")).unwrap().status_history;
    assert_eq!(history.iter().map(|status| status.message.as_str()).collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn an_action_is_checked_run_and_answered() {
    let (mut model, ..) = settled();
    let name = unit("web/0");
    for (action, params, why) in [
        ("nope", json!({}), "action \"nope\" not defined"),
        ("greet", json!({}), "action \"greet\": parameter \"times\" is required"),
        ("greet", json!({"times": "x"}), "action \"greet\": parameter \"times\" must be of type integer"),
        ("greet", json!({"times": 1, "x": 1}), "action \"greet\": parameter \"x\" is not declared"),
    ] {
        assert_eq!(model.run_action(&name, action, params.as_object().unwrap()).unwrap_err().to_string(), why);
    }
    let id = model.run_action(&name, "greet", json!({"times": 2}).as_object().unwrap()).unwrap();
    assert_eq!(model.action(&id).unwrap().status, ActionStatus::Pending);
    let event = model.next_event(&name).unwrap();
    in_event(&mut model, "web/0", event, true, |hook| {
        assert_eq!(Value::Object(hook.action_params().unwrap()), json!({"times": 2, "whom": "world"}));
        hook.action_set("a.b", "1").unwrap();
        hook.action_set("a.c", "2").unwrap();
        assert!(hook.action_set("Bad", "x").is_err());
        assert!(hook.action_set("stdout", "x").is_err());
        hook.action_log("at work").unwrap();
    });
    let action = model.action(&id).unwrap();
    assert_eq!((action.status, action.log.len()), (ActionStatus::Completed, 1));
    assert_eq!(Value::Object(action.results.clone()), json!({"a": {"b": "1", "c": "2"}}));
    assert_eq!(model.next_event(&name), None);
}

#[test]
fn an_action_that_fails_answers_and_never_runs_again() {
    let (mut model, ..) = settled();
    let name = unit("web/0");
    let params = json!({"times": 2}).as_object().cloned().unwrap_or_else(Map::new);
    for is_success in [true, false] {
        let id = model.run_action(&name, "greet", &params).unwrap();
        let event = model.next_event(&name).unwrap();
        in_event(&mut model, "web/0", event, is_success, |hook| {
            hook.action_fail("first").unwrap();
            hook.action_fail("last").unwrap();
            hook.action_set("done", "half").unwrap();
        });
        let action = model.action(&id).unwrap();
        assert_eq!((action.status, action.failure.as_deref()), (ActionStatus::Failed, Some("last")));
        assert_eq!(action.results["done"], "half");
        assert_eq!(model.next_event(&name), None);
    }
    let outside = in_hook(&mut model, "web/0", |hook| hook.action_params().map(|_| ())).unwrap_err();
    assert_eq!(outside.tool_message(), "not running an action");
}
