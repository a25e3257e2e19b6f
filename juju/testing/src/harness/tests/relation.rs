//! Relations changed from outside, and the events that they fire.

use super::*;

#[test]
fn a_relation_is_created_once_and_counted() {
    let mut harness = begun::<Recorder>();
    let (one, two) = (harness.add_relation("db", "pg").unwrap(), harness.add_relation("db", "other").unwrap());
    assert_ne!(one, two);
    assert_eq!(harness.emitted_events(), ["db_relation_created", "db_relation_created"]);
    assert!(harness.events().iter().all(|event| unit_of(event).is_none()), "there is no remote unit yet");
    let error = harness.add_relation("db", "third").unwrap_err();
    assert_eq!(error.to_string(), "endpoint \"db\" takes at most 2 relations");
}

#[test]
fn dashes_of_an_endpoint_become_underscores() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation_with("my-cache", "redis", [], [("port", "6379")]).unwrap();
    harness.update_relation_data(id, "redis", [("a", "b")]).unwrap();
    harness.remove_relation(id).unwrap();
    let expected = [
        "my_cache_relation_created",
        "my_cache_relation_joined",
        "my_cache_relation_changed",
        "my_cache_relation_changed",
        "my_cache_relation_departed",
        "my_cache_relation_broken",
    ];
    assert_eq!(harness.emitted_events(), expected);
}

#[test]
fn units_join_once_and_all_are_members() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    for unit in ["pg/0", "pg/1", "pg/2"] {
        harness.add_relation_unit(id, unit).unwrap();
    }
    assert_eq!(harness.relation_units(id).unwrap().len(), 3);
    assert_eq!(harness.emitted_events().iter().filter(|name| *name == "db_relation_joined").count(), 3);
    let before = harness.events().len();
    let error = harness.add_relation_unit(id, "pg/1").unwrap_err();
    assert!(matches!(&error, HarnessError::DuplicateUnit(unit) if unit == "pg/1"));
    let error = harness.add_relation_unit(id, "mysql/0").unwrap_err();
    assert_eq!(error.to_string(), "unit \"mysql/0\" is no unit of \"pg\"");
    assert!(matches!(harness.add_relation_unit(id, "pg"), Err(HarnessError::InvalidName(_))));
    assert_eq!(harness.events().len(), before, "a refused call fires no event");
}

#[test]
fn any_map_of_strings_passes_an_interface() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    let odd = [("a key", "☃"), ("JSON", "{\"a\": [1]}"), ("=", "\n")];
    harness.update_relation_data(id, "pg", odd).unwrap();
    assert_eq!(harness.get_relation_data(id, "pg").unwrap(), Databag::from_iter(odd));
}

#[test]
fn a_joined_unit_has_its_addresses_and_then_its_data() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    harness.update_relation_data(id, "pg/0", [("key", "val")]).unwrap();
    let expected = Databag::from_iter([
        ("egress-subnets", "10.0.1.10/32"),
        ("ingress-address", "10.0.1.10"),
        ("key", "val"),
        ("private-address", "10.0.1.10"),
    ]);
    assert_eq!(harness.get_relation_data(id, "pg/0").unwrap(), expected);
}

#[test]
fn both_sides_databags_are_read_and_written() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    for name in ["web", "web/0", "pg", "pg/0"] {
        harness.update_relation_data(id, name, [("owner", name)]).unwrap();
        assert_eq!(harness.get_relation_data(id, name).unwrap()["owner"], name);
    }
    assert!(harness.get_relation_data(id, "mysql").unwrap().is_empty());
    let error = harness.get_relation_data(RelationId(9), "web").unwrap_err();
    assert_eq!(error.to_string(), "relation 9 not found");
    let error = harness.update_relation_data(id, "mysql/3", [("a", "b")]).unwrap_err();
    assert_eq!(error.to_string(), "mysql/3 takes no part in relation 0");
}

/// The events that one change of a databag fires, in a relation of an endpoint, by leadership.
fn told(endpoint: &str, app: &str, owner: &str, leads: bool) -> Vec<String> {
    let mut harness = harness::<Recorder>();
    harness.set_leader(leads).unwrap();
    let id = harness.add_relation(endpoint, app).unwrap();
    harness.add_relation_unit(id, &format!("{app}/7")).unwrap();
    harness.begin().unwrap();
    harness.update_relation_data(id, owner, [("k", "v")]).unwrap();
    harness.events().iter().map(|event| format!("{:?}", unit_of(event))).collect()
}

fn unit_of(event: &Event) -> Option<String> {
    match event {
        Event::Relation(event) => event.unit.as_ref().map(ToString::to_string),
        _ => panic!("{event:?}"),
    }
}

#[test]
fn changed_is_fired_for_the_databags_that_juju_tells_of() {
    let (unit, app, silent) = (vec!["Some(\"pg/7\")".to_owned()], vec!["None".to_owned()], Vec::<String>::new());
    assert_eq!(told("db", "pg", "pg/7", false), unit);
    assert_eq!(told("db", "pg", "pg", false), app);
    for leads in [true, false] {
        assert_eq!(told("db", "pg", "web/0", leads), silent, "our unit's own");
        assert_eq!(told("db", "pg", "web", leads), silent, "our application's own");
        assert_eq!(told("ring", "web", "web/0", leads), silent, "our unit's own among peers");
    }
    assert_eq!(told("ring", "web", "web", true), silent, "the leader writes it itself");
    assert_eq!(told("ring", "web", "web", false), app, "the leader has written it");
    assert_eq!(told("ring", "web", "web/7", true), ["Some(\"web/7\")"]);
}

#[test]
fn unchanged_data_fires_no_event_and_the_empty_string_deletes() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    let changes = |harness: &Harness<Recorder>| harness.events().len() - 1;
    harness.update_relation_data(id, "pg", [("a", "1"), ("b", "2")]).unwrap();
    harness.update_relation_data(id, "pg", [("a", "1"), ("absent", "")]).unwrap();
    assert_eq!(changes(&harness), 1);
    harness.update_relation_data(id, "pg", [("a", "")]).unwrap();
    assert_eq!(changes(&harness), 2);
    assert_eq!(harness.get_relation_data(id, "pg").unwrap(), Databag::from_iter([("b", "2")]));
    harness.update_relation_data(id, "pg", [("late", "3")]).unwrap();
    assert_eq!(changes(&harness), 3, "a remote that completes its data later is told of again");
}

#[test]
fn a_databag_of_more_than_16_mib_is_refused_with_relation_and_size() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    let value = "x".repeat(juju::MAX_DATABAG_BYTES);
    let error = harness.update_relation_data(id, "web/0", [("k", value.as_str())]).unwrap_err().to_string();
    assert!(error.contains("relation 0") && error.contains("exceed the limit of 16777216"), "{error}");
}

#[test]
fn a_departing_unit_is_readable_in_its_event_and_then_gone() {
    Scripted::plays(|event, juju| {
        let Event::Relation(event) = event else { return Ok(()) };
        if event.kind == juju::RelationKind::Departed {
            let unit = event.departing.clone().expect("departed names the unit");
            let units = juju.view("db", event.id, juju::Needs { remote_units: true, ..juju::Needs::default() })?.units;
            assert!(!units.contains_key(&unit));
            assert_eq!(juju.databag(event.id, &juju::Entity::Unit(unit))?.text("key"), Some("val"));
        }
        Ok(())
    });
    let mut harness = begun::<Scripted>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    harness.update_relation_data(id, "pg/0", [("key", "val")]).unwrap();
    harness.remove_relation_unit(id, "pg/0").unwrap();
    assert!(harness.get_relation_data(id, "pg/0").unwrap().is_empty());
    assert!(harness.remove_relation_unit(id, "pg/0").is_err());
}

#[test]
fn a_removed_relation_departs_each_unit_then_breaks_then_is_gone_with_its_grants() {
    Scripted::plays(|event, juju| {
        if let Some(id) = event.broken() {
            assert!(juju.relation_ids("db")?.is_empty());
            assert_eq!(juju.databag(id, &juju::Entity::App("pg".to_owned()))?.text("last"), Some("word"));
        }
        Ok(())
    });
    let mut harness = begun::<Scripted>();
    let id = harness.add_relation("db", "pg").unwrap();
    for unit in ["pg/0", "pg/1"] {
        harness.add_relation_unit(id, unit).unwrap();
    }
    harness.hooks_disabled(|h| h.update_relation_data(id, "pg", [("last", "word")])).unwrap();
    let secret = harness.add_model_secret("pg", [("password", "p")]).unwrap();
    harness.grant_secret(&secret).unwrap();
    let before = harness.events().len();
    harness.remove_relation(id).unwrap();
    let names = ["db_relation_departed", "db_relation_departed", "db_relation_broken"];
    assert_eq!(harness.emitted_events()[before..], names);
    assert!(harness.get_relation_data(id, "pg").is_err());
    assert!(harness.remove_relation(id).is_err());
    let refused = harness.as_handler(|juju| juju.secret(&juju::SecretQuery::id(secret.clone()))).unwrap();
    assert!(refused.unwrap_err().is_permission_denied());
}

#[test]
fn a_relation_without_hooks_is_removed_as_well() {
    let mut harness = harness::<Recorder>();
    let id = harness.add_relation("db", "pg").unwrap();
    harness.add_relation_unit(id, "pg/0").unwrap();
    harness.remove_relation(id).unwrap();
    assert!(harness.get_relation_data(id, "pg").is_err());
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let mut harness = begun::<Recorder>();
    let error = harness.add_relation("dbb", "pg").unwrap_err();
    assert_eq!(error.to_string(), "the metadata declares no endpoint \"dbb\"; the nearest is \"db\"");
    let error = harness.add_relation("ring", "other").unwrap_err();
    assert_eq!(error.to_string(), "endpoint \"ring\" cannot relate to application \"other\"");
    assert!(harness.add_relation("db", "web").is_err());
}

#[test]
fn a_subordinates_relation_of_container_scope_has_one_unit() {
    let metadata = "
name: sub
subordinate: true
requires: {host: {interface: juju-info, scope: container}}
";
    let mut harness = Harness::<Recorder>::from_meta(metadata, "", "").unwrap();
    let id = harness.add_relation("host", "main").unwrap();
    harness.add_relation_unit(id, "main/3").unwrap();
    let error = harness.add_relation_unit(id, "main/4").unwrap_err();
    assert_eq!(error.to_string(), "a relation of container scope takes no second unit \"main/4\"");
}

#[test]
fn peers_react_to_each_other() {
    let mut harness = begun::<Recorder>();
    let id = harness.add_relation("ring", "web").unwrap();
    harness.add_relation_unit(id, "web/1").unwrap();
    harness.update_relation_data(id, "web/1", [("k", "v")]).unwrap();
    let bag = harness.get_relation_data(id, "web/1").unwrap();
    let addresses = ["egress-subnets", "ingress-address", "private-address"].map(|key| bag.text(key));
    assert_eq!(addresses, [Some("10.0.1.11/32"), Some("10.0.1.11"), Some("10.0.1.11")], "of the peer");
    harness.remove_relation_unit(id, "web/1").unwrap();
    let expected = ["ring_relation_created", "ring_relation_joined", "ring_relation_changed", "ring_relation_departed"];
    assert_eq!(harness.emitted_events(), expected);
    assert!(matches!(harness.add_relation_unit(id, "web/0"), Err(HarnessError::ForeignUnit { .. })), "it is us");
}
