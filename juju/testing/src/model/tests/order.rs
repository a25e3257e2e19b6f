//! Order of events, and the units that get them.

use super::*;
use juju::{ConfigValue, WorkloadEvent, WorkloadKind};

fn ready() -> Event {
    Event::Workload(WorkloadEvent { container: "app".into(), kind: WorkloadKind::PebbleReady })
}

fn events_of(told: &[String], name: &str) -> Vec<String> {
    let prefix = format!("{name}: ");
    told.iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn the_first_events_come_in_jujus_order() {
    let mut model = Model::new("test");
    model.deploy("web", charm(), 1).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
    let db = model.integrate("web", "pg").unwrap();
    model.set_databag(db, &of_app("pg"), &bag([("k", "v")])).unwrap();
    model.push(&unit("web/0"), ready()).unwrap();
    let wanted = [
        "install",
        "ring-relation-created web",
        "db-relation-created pg",
        "leader-elected",
        "config-changed",
        "start",
        "app-pebble-ready",
        "db-relation-changed pg",
        "db-relation-joined pg/0",
        "db-relation-changed pg/0",
    ];
    assert_eq!(events_of(&drain(&mut model), "web/0"), wanted);
}

#[test]
fn a_second_unit_is_no_leader_and_meets_its_peer() {
    let mut model = Model::new("test");
    model.deploy("web", charm(), 1).unwrap();
    drain(&mut model);
    model.add_unit("web").unwrap();
    let told = drain(&mut model);
    let wanted = [
        "install",
        "ring-relation-created web",
        "leader-settings-changed",
        "config-changed",
        "start",
        "ring-relation-joined web/0",
        "ring-relation-changed web/0",
    ];
    assert_eq!(events_of(&told, "web/1"), wanted);
    assert_eq!(events_of(&told, "web/0"), ["ring-relation-joined web/1", "ring-relation-changed web/1"]);
}

#[test]
fn during_install_there_are_no_relations_yet() {
    let mut model = Model::new("test");
    model.deploy("web", charm(), 1).unwrap();
    let ids = in_event(&mut model, "web/0", Event::Install, true, |hook| hook.relation_ids("ring"));
    assert!(ids.is_empty());
    let created = model.next_event(&unit("web/0")).unwrap();
    let ids = in_event(&mut model, "web/0", created, true, |hook| hook.relation_ids("ring"));
    assert_eq!(ids.len(), 1);
}

#[test]
fn a_write_reaches_the_other_side_once_and_the_writer_never() {
    let (mut model, ring, db) = settled();
    for (writer, relation, whose, wanted) in [
        ("web/0", ring, juju::Whose::App, &["web/1: ring-relation-changed web"][..]),
        ("web/1", ring, juju::Whose::Unit, &["web/0: ring-relation-changed web/1"]),
        ("web/0", db, juju::Whose::App, &[]),
    ] {
        let write = |model: &mut Model, value: &str| {
            in_hook(model, writer, |hook| {
                hook.relation_set(relation, whose, &bag([("k", "first")])).unwrap();
                hook.relation_set(relation, whose, &bag([("k", value), ("l", value)])).unwrap();
            });
        };
        write(&mut model, "v");
        assert_eq!(drain(&mut model), wanted);
        write(&mut model, "v");
        assert!(drain(&mut model).is_empty(), "the same values again are no news");
    }
}

#[test]
fn both_sides_hear_of_each_other_when_both_have_charms() {
    let (mut model, ..) = settled();
    let cache = CharmFiles::parse("name: cache\nprovides: {redis: {interface: redis}}", "", "").unwrap();
    model.deploy("cache", cache, 1).unwrap();
    drain(&mut model);
    let id = model.integrate("web:cache", "cache:redis").unwrap();
    let told = drain(&mut model);
    assert_eq!(
        events_of(&told, "cache/0"),
        [
            "redis-relation-created web",
            "redis-relation-joined web/0",
            "redis-relation-changed web/0",
            "redis-relation-joined web/1",
            "redis-relation-changed web/1"
        ]
    );
    let wanted = ["cache-relation-created cache", "cache-relation-joined cache/0", "cache-relation-changed cache/0"];
    assert_eq!(events_of(&told, "web/1"), wanted);
    in_hook(&mut model, "cache/0", |hook| hook.relation_set(id, juju::Whose::App, &bag([("k", "v")]))).unwrap();
    assert_eq!(drain(&mut model), ["web/0: cache-relation-changed cache", "web/1: cache-relation-changed cache"]);
    model.remove_relation(id).unwrap();
    let told = drain(&mut model);
    assert_eq!(events_of(&told, "web/0"), ["cache-relation-departed cache/0", "cache-relation-broken cache"]);
    assert!(model.relations().all(|relation| relation.id != id));
}

#[test]
fn a_removed_unit_gets_departed_broken_stop_and_remove() {
    let (mut model, ..) = settled();
    model.remove_unit(&unit("web/0")).unwrap();
    let next = model.next_event(&unit("web/0")).unwrap();
    let Event::Relation(event) = &next else { panic!("{next:?}") };
    assert_eq!(event.departing, Some(unit("web/0")), "it is itself the one that departs");
    let told = drain(&mut model);
    let wanted = [
        "ring-relation-departed web/1",
        "ring-relation-broken web",
        "db-relation-departed pg/0",
        "db-relation-departed pg/1",
        "db-relation-broken pg",
        "stop",
        "remove",
    ];
    assert_eq!(events_of(&told, "web/0"), wanted);
    assert_eq!(events_of(&told, "web/1"), ["ring-relation-departed web/0"]);
    assert_eq!(model.units("web").unwrap(), [unit("web/1")]);
}

#[test]
fn a_replaced_pod_begins_again_and_no_longer_leads() {
    let (mut model, ..) = settled();
    model.replace_pod(&unit("web/0"), Some(&unit("web/1"))).unwrap();
    assert_eq!(model.leader("web").unwrap(), Some(&unit("web/1")));
    let told = drain(&mut model);
    assert_eq!(events_of(&told, "web/0"), ["upgrade-charm", "config-changed", "start"]);
    assert_eq!(events_of(&told, "web/1"), ["leader-elected"]);
    model.replace_pod(&unit("web/0"), Some(&unit("web/0"))).unwrap();
    assert_eq!(model.leader("web").unwrap(), Some(&unit("web/1")), "only a leader has an heir");

    let fresh = model.add_unit("web").unwrap();
    model.replace_pod(&fresh, None).unwrap();
    assert_eq!(model.next_event(&fresh), Some(Event::Install), "one that never began has nothing to begin again");
}

#[test]
fn a_removed_application_takes_everything_along() {
    let (mut model, ..) = settled();
    model.remove_application("web").unwrap();
    let told = drain(&mut model);
    assert!(told.iter().any(|line| line == "web/1: remove"), "{told:?}");
    assert_eq!(model.applications().collect::<Vec<_>>(), ["pg"]);
    assert_eq!(model.relations().count(), 0);
}

#[test]
fn a_caller_removes_its_units_at_once() {
    let (mut model, ..) = settled();
    model.remove_unit(&unit("pg/0")).unwrap();
    assert_eq!(drain(&mut model), ["web/0: db-relation-departed pg/0", "web/1: db-relation-departed pg/0"]);
    model.remove_application("pg").unwrap();
    let told = drain(&mut model);
    assert_eq!(events_of(&told, "web/1"), ["db-relation-departed pg/1", "db-relation-broken pg"]);
}

#[test]
fn a_relation_removed_before_its_first_event_causes_none() {
    let (mut model, _, db) = settled();
    model.remove_relation(db).unwrap();
    drain(&mut model);
    let again = model.integrate("web", "pg").unwrap();
    model.remove_relation(again).unwrap();
    assert!(drain(&mut model).is_empty());
    assert!(model.relations().all(|relation| relation.id != again));
}

#[test]
fn leadership_moves_with_one_event() {
    let (mut model, ..) = settled();
    model.set_leader(&unit("web/1")).unwrap();
    assert_eq!(drain(&mut model), ["web/1: leader-elected"]);
    model.set_leader(&unit("web/1")).unwrap();
    assert!(drain(&mut model).is_empty());
    tell(&mut model, &unit("web/0"), Event::UpdateStatus);
    model.set_leader(&unit("web/0")).unwrap();
    assert_eq!(drain(&mut model), ["web/0: leader-elected"], "a leader again is elected again");
}

#[test]
fn leadership_that_returns_before_the_old_leaders_next_hook_causes_no_event() {
    let (mut model, ..) = settled();
    model.set_leader(&unit("web/1")).unwrap();
    model.set_leader(&unit("web/0")).unwrap();
    assert!(drain(&mut model).is_empty());
}

#[test]
fn config_changed_comes_once_for_each_difference() {
    let (mut model, ..) = settled();
    let both = ["web/0: config-changed", "web/1: config-changed"];
    let port = |value| [("port".to_owned(), ConfigValue::Int(value))].into();
    model.configure("web", &port(9000)).unwrap();
    model.configure("web", &port(9001)).unwrap();
    assert_eq!(drain(&mut model), both);
    model.configure("web", &port(9001)).unwrap();
    assert!(drain(&mut model).is_empty());
    model.reset_config("web", &["port"]).unwrap();
    assert_eq!(drain(&mut model), both);
    model.configure("web", &port(8000)).unwrap();
    assert!(drain(&mut model).is_empty(), "the default's own value is no change");
    let read = in_hook(&mut model, "web/0", |hook| hook.config());
    assert_eq!((read.int("port"), read.contains_key("name")), (Some(8000), false));
}

#[test]
fn config_is_held_to_its_types() {
    let (mut model, ..) = settled();
    for (option, text, may) in [
        ("port", "9000", true),
        ("port", "many", false),
        ("name", "any text", true),
        ("ratio", "1", true),
        ("ratio", "0.5", true),
        ("ratio", "half", false),
        ("on", "True", true),
        ("on", "yes", false),
        ("key", "secret:9m4e2mr0ui3e8a215n4g", true),
        ("key", "", true),
        ("key", "hunter2", false),
        ("nope", "1", false),
    ] {
        let result = model.configure_text("web", &[(option.to_owned(), text.to_owned())].into());
        assert_eq!(result.is_ok(), may, "{option}={text}: {result:?}");
        assert!(may || !result.unwrap_err().to_string().contains("hunter2"));
    }
    let unknown = model.configure_text("web", &[("nope".to_owned(), "1".to_owned())].into()).unwrap_err();
    assert_eq!(unknown.to_string(), "unknown option \"nope\"; the charm declares: key, name, on, port, ratio");
    assert!(matches!(
        model.configure("web", &[("on".to_owned(), ConfigValue::Int(1))].into()),
        Err(Error::ConfigType { expected: "boolean", got: "a whole number", .. })
    ));
}

#[test]
fn a_refresh_brings_upgrade_charm_then_config_changed() {
    let (mut model, ..) = settled();
    model.configure_text("web", &[("name".to_owned(), "x".to_owned())].into()).unwrap();
    drain(&mut model);
    let without = CharmFiles::parse(METADATA, "options: {port: {type: int, default: 1}}", "").unwrap();
    model.refresh("web", without).unwrap();
    assert_eq!(events_of(&drain(&mut model), "web/0"), ["upgrade-charm", "config-changed"]);
    assert_eq!(model.config("web").unwrap().keys().collect::<Vec<_>>(), ["port"]);
}

#[test]
fn integrations_are_matched_by_interface_and_role() {
    let (mut model, _, db) = settled();
    model
        .add_application("two", vec![endpoint("a", Role::Provides, "redis"), endpoint("b", Role::Provides, "redis")], 1)
        .unwrap();
    model.add_application("same", vec![endpoint("a", Role::Requires, "redis")], 1).unwrap();
    for (one, other, wanted) in [
        ("web", "nobody", "application \"nobody\" not found"),
        ("web:nope", "pg", "application \"web\" has no endpoint \"nope\""),
        (
            "web:cache",
            "pg",
            "cannot integrate \"web:cache\" with \"pg\": no endpoints of one interface and opposite roles",
        ),
        (
            "web:ring",
            "web:ring",
            "cannot integrate \"web:ring\" with \"web:ring\": no endpoints of one interface and opposite roles",
        ),
        ("web", "same", "cannot integrate \"web\" with \"same\": no endpoints of one interface and opposite roles"),
        ("web", "two", "ambiguous relation: \"web two\" could refer to \"web:cache two:a\"; \"web:cache two:b\""),
        ("web", "pg", "endpoint \"web:db\" takes at most 1 integrations"),
    ] {
        assert_eq!(model.integrate(one, other).unwrap_err().to_string(), wanted);
    }
    model.integrate("two:b", "web").unwrap();
    assert!(matches!(model.integrate("web", "two:b"), Err(Error::Duplicate(..))));
    model.remove_relation(db).unwrap();
    assert!(model.integrate("web", "pg").is_ok(), "one that is being removed doesn't count");
}

#[test]
fn a_failed_hook_comes_again_before_anything_else() {
    let (mut model, ..) = settled();
    model.configure_text("web", &[("port".to_owned(), "1".to_owned())].into()).unwrap();
    in_event(&mut model, "web/0", Event::ConfigChanged, false, |_| ());
    model.push(&unit("web/0"), ready()).unwrap();
    assert_eq!(model.failed_event(&unit("web/0")).unwrap(), Some(&Event::ConfigChanged));
    assert_eq!(events_of(&drain(&mut model), "web/0"), ["config-changed", "app-pebble-ready"]);
    assert_eq!(model.failed_event(&unit("web/0")).unwrap(), None);
}

#[test]
fn a_unit_runs_one_hook_at_a_time() {
    let (mut model, ..) = settled();
    let hook = model.begin(&unit("web/0"), Event::Start).unwrap();
    assert_eq!(model.begin(&unit("web/0"), Event::Start).unwrap_err(), Error::Busy("web/0".into()));
    model.push(&unit("web/0"), ready()).unwrap();
    assert_eq!(model.next_event(&unit("web/0")), None);
    model.finish(&hook, true).unwrap();
    assert!(matches!(model.finish(&hook, true), Err(Error::UnknownHook(_))));
    assert_eq!(model.next_event(&unit("web/0")), Some(ready()));
}

#[test]
fn a_broken_hook_that_fails_keeps_the_relation_for_its_next_try() {
    let (mut model, _, db) = settled();
    model.remove_unit(&unit("pg/0")).unwrap();
    model.remove_unit(&unit("pg/1")).unwrap();
    drain(&mut model);
    model.remove_relation(db).unwrap();
    let broken = model.next_event(&unit("web/1")).unwrap();
    tell(&mut model, &unit("web/1"), broken);
    let broken = model.next_event(&unit("web/0")).unwrap();
    in_event(&mut model, "web/0", broken.clone(), false, |_| ());
    assert!(model.relations().any(|relation| relation.id == db));
    assert_eq!(model.next_event(&unit("web/0")), Some(broken));
    drain(&mut model);
    assert!(model.relations().all(|relation| relation.id != db));
}
