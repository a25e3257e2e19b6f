//! Access rules for databags.

use super::*;
use juju::{RelationEvent, RelationKind, Whose};

/// web/0 is the leader.
#[test]
fn each_may_read_what_juju_lets_it() {
    let (mut model, ring, db) = settled();
    for (reader, relation, entity, may) in [
        // A unit's databag: the unit itself, units of the other side, peers.
        ("web/1", db, of_unit("web/1"), true),
        ("web/1", db, of_unit("pg/0"), true),
        ("web/1", ring, of_unit("web/0"), true),
        // A unit of the same application only in a peer relation.
        ("web/1", db, of_unit("web/0"), false),
        // The own application's databag: the leader, and every unit in a peer relation.
        ("web/0", db, of_app("web"), true),
        ("web/1", db, of_app("web"), false),
        ("web/1", ring, of_app("web"), true),
        // The remote application's databag: every unit.
        ("web/0", db, of_app("pg"), true),
        ("web/1", db, of_app("pg"), true),
        // Databags of applications and units outside the relation.
        ("web/0", db, of_app("redis"), false),
        ("web/0", db, of_unit("redis/0"), false),
        ("web/0", db, of_unit("pg/7"), false),
        ("web/0", ring, of_app("pg"), false),
    ] {
        let result = in_hook(&mut model, reader, |hook| hook.relation_get(relation, &entity));
        assert_eq!(result.is_ok(), may, "{reader} reads {entity} in {relation}: {result:?}");
        if let Err(error) = result {
            assert_eq!((error.tool_message().as_str(), error.exit_code()), ("permission denied", 1));
        }
    }
}

#[test]
fn each_may_write_what_juju_lets_it() {
    let (mut model, ring, db) = settled();
    for (writer, relation, whose, may) in [
        ("web/0", db, Whose::Unit, true),
        ("web/1", db, Whose::Unit, true),
        ("web/0", db, Whose::App, true),
        ("web/1", db, Whose::App, false),
        ("web/0", ring, Whose::App, true),
        ("web/1", ring, Whose::App, false),
    ] {
        let result = in_hook(&mut model, writer, |hook| hook.relation_set(relation, whose, &bag([("k", writer)])));
        assert_eq!(result.is_ok(), may, "{writer} writes {whose:?} in {relation}: {result:?}");
        if let Err(error) = result {
            assert_eq!(error.tool_message(), "cannot write relation settings");
            let said = error.to_string();
            assert!(
                said.contains("web/1 cannot write the databag of web") && said.contains("not the leader"),
                "{said}"
            );
        }
    }
    assert_eq!(model.databag(db, &of_unit("web/1")).unwrap().text("k"), Some("web/1"));
    assert_eq!(model.databag(db, &of_app("web")).unwrap().text("k"), Some("web/0"));
}

/// A hook can't name another's databag: `relation-set` writes its unit's or its application's.
#[test]
fn writes_reach_the_writers_own_databags_and_no_others() {
    for (writer, leads) in [("web/0", true), ("web/1", false)] {
        let (mut model, ring, db) = settled();
        let owners = ["web", "pg", "web/0", "web/1", "pg/0", "pg/1"];
        let before = |model: &Model| owners.map(|owner| [db, ring].map(|id| model.databag(id, &owner_of(owner)).ok()));
        let then = before(&model);
        in_hook(&mut model, writer, |hook| {
            for (id, whose) in [(db, Whose::Unit), (ring, Whose::Unit), (db, Whose::App), (ring, Whose::App)] {
                let written = hook.relation_set(id, whose, &bag([("k", writer)]));
                assert_eq!(written.is_ok(), leads || whose == Whose::Unit, "{writer} {whose:?}");
            }
        });
        let touched = owners.iter().zip(then.iter().zip(before(&model))).filter(|(_, (then, now))| **then != *now);
        let touched: Vec<&str> = touched.map(|(owner, _)| *owner).collect();
        assert_eq!(touched, if leads { vec!["web", "web/0"] } else { vec!["web/1"] });
    }
}

fn owner_of(name: &str) -> Entity {
    if name.contains('/') { of_unit(name) } else { of_app(name) }
}

#[test]
fn juju_fills_in_the_addresses() {
    let (mut model, ring, db) = settled();
    for (relation, name) in [(db, "web/0"), (db, "pg/1"), (ring, "web/1")] {
        let databag = model.databag(relation, &of_unit(name)).unwrap();
        let keys: Vec<&str> = databag.keys().map(String::as_str).collect();
        assert_eq!(keys, ["egress-subnets", "ingress-address", "private-address"], "{name}");
    }
    model.set_addresses(&unit("pg/1"), Addresses::of("10.9.9.9")).unwrap();
    assert_eq!(model.databag(db, &of_unit("pg/1")).unwrap()["private-address"], "10.9.9.9");
    assert_eq!(drain(&mut model), ["web/0: db-relation-changed pg/1", "web/1: db-relation-changed pg/1"]);
}

#[test]
fn an_address_can_be_deleted_and_the_empty_string_does_it() {
    let (mut model, _, db) = settled();
    in_hook(&mut model, "web/0", |hook| {
        hook.relation_set(db, Whose::Unit, &bag([("egress-subnets", ""), ("none", "")]))
    })
    .unwrap();
    let databag = model.databag(db, &of_unit("web/0")).unwrap();
    assert_eq!(databag.keys().collect::<Vec<_>>(), ["ingress-address", "private-address"]);
}

#[test]
fn a_databag_holds_sixteen_mebibytes_keys_and_values_together() {
    let (mut model, _, db) = settled();
    let limit = juju::MAX_DATABAG_BYTES;
    let fits = "x".repeat(limit - 3);
    for (value, may) in [(fits.clone(), true), (format!("{fits}x"), false)] {
        let changes = Databag::from_iter([("key", value)]);
        let result = in_hook(&mut model, "web/0", |hook| hook.relation_set(db, Whose::App, &changes));
        assert_eq!(result.is_ok(), may);
        if let Err(error) = result {
            let said = error.to_string();
            assert!(said.contains(&db.to_string()) && said.contains(&(limit + 1).to_string()), "{said}");
        }
        assert_eq!(model.set_databag(db, &of_app("pg"), &changes).is_ok(), may);
    }
}

#[test]
fn in_relation_broken_the_units_are_gone_and_the_application_data_stays() {
    let (mut model, _, db) = settled();
    model.set_databag(db, &of_app("pg"), &bag([("k", "v")])).unwrap();
    drain(&mut model);
    model.remove_relation(db).unwrap();
    let name = unit("web/0");
    for _ in 0..2 {
        let departed = model.next_event(&name).unwrap();
        assert!(departed.name().ends_with("departed"));
        in_event(&mut model, "web/0", departed.clone(), true, |hook| {
            let Event::Relation(event) = &departed else { unreachable!() };
            let gone = event.unit.clone().unwrap();
            assert!(!hook.relation_units(db).unwrap().contains(&gone), "a departing unit is off the list");
            assert!(hook.relation_get(db, &Entity::Unit(gone)).is_ok(), "and its databag still readable");
        });
    }
    let broken = model.next_event(&name).unwrap();
    assert_eq!(broken.name(), "db-relation-broken");
    in_event(&mut model, "web/0", broken, true, |hook| {
        assert!(hook.relation_units(db).unwrap().is_empty());
        assert_eq!(hook.relation_ids("db"), [db], "the framework leaves it out, the tool doesn't");
        assert_eq!(hook.relation_get(db, &of_app("pg")).unwrap().text("k"), Some("v"));
        assert!(hook.relation_get(db, &of_unit("web/0")).is_ok());
        assert_eq!(hook.relation_get(db, &of_unit("pg/0")).unwrap_err().tool_message(), "permission denied");
    });
    in_hook(&mut model, "web/0", |hook| {
        assert!(hook.relation_ids("db").is_empty());
        assert_eq!(hook.relation_get(db, &of_app("pg")).unwrap_err().exit_code(), 2);
    });
}

#[test]
fn a_relation_of_other_applications_is_not_found() {
    let (mut model, _, db) = settled();
    model.deploy("other", charm(), 1).unwrap();
    drain(&mut model);
    in_hook(&mut model, "other/0", |hook| {
        assert!(matches!(hook.relation_get(db, &of_app("pg")), Err(HookError::RelationNotFound(_))));
        assert!(hook.relation_set(db, Whose::Unit, &bag([("a", "b")])).is_err());
    });
    let event = Event::Relation(RelationEvent {
        kind: RelationKind::Changed,
        endpoint: "db".into(),
        id: db,
        app: None,
        unit: None,
        departing: None,
    });
    assert_eq!(model.begin(&unit("other/0"), event).unwrap_err(), Error::RelationNotFound(db));
}

#[test]
fn only_the_leader_speaks_for_the_application() {
    let (mut model, ..) = settled();
    let status = Status::active("all well");
    in_hook(&mut model, "web/0", |hook| hook.status_set(Whose::App, &status)).unwrap();
    let refused = in_hook(&mut model, "web/1", |hook| hook.status_set(Whose::App, &status)).unwrap_err();
    assert_eq!(refused.tool_message(), "setting application status: this unit is not the leader");
    let refused = in_hook(&mut model, "web/1", |hook| hook.status(Whose::App)).unwrap_err();
    assert_eq!(refused.tool_message(), "finding application status: this unit is not the leader");
    assert_eq!(model.status(&unit("web/1"), Whose::App).unwrap(), Some(status));
}
