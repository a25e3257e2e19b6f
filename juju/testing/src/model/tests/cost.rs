//! Cost of a hook beside a large model, by the number of values that it copies. The clock is in `benches/hook.rs`.

use super::*;
use juju::{Databag, Whose};

/// `web` with one unit, and as many applications of as many units beside it, each with two relations to a neighbour.
fn large() -> (Model, RelationId) {
    let mut model = Model::new("large");
    model.deploy("web", charm(), 1).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
    let db = model.integrate("web", "pg").unwrap();
    let ends = |which| ["a", "b"].map(|end| endpoint(end, which, end)).to_vec();
    for number in 0..50 {
        model.add_application(&format!("provider{number}"), ends(Role::Provides), 10).unwrap();
        model.add_application(&format!("requirer{number}"), ends(Role::Requires), 10).unwrap();
        for end in ["a", "b"] {
            let (one, other) = (format!("requirer{number}:{end}"), format!("provider{number}:{end}"));
            model.integrate(&one, &other).unwrap();
        }
    }
    for _ in 0..20 {
        model.add_secret("pg", [("key".to_owned(), "value".into())].into()).unwrap();
    }
    drain(&mut model);
    (model, db)
}

/// Number of applications, units, relations and secrets that two worlds do not share.
fn apart(one: &World, other: &World) -> [usize; 4] {
    let units = one.applications.iter().map(|(name, app)| {
        let others = other.applications.get(name);
        others.map_or(0, |others| app.units.apart(&others.units))
    });
    [
        one.applications.apart(&other.applications),
        units.sum(),
        one.relations.apart(&other.relations),
        one.secrets.apart(&other.secrets),
    ]
}

#[test]
fn an_empty_hook_copies_nothing_of_a_large_model() {
    let (mut model, _) = large();
    let hook = model.begin(&unit("web/0"), Event::UpdateStatus).unwrap();
    let view = model.transaction(hook.as_str()).unwrap().view().clone();
    assert_eq!(apart(&view, model.world()), [0; 4]);
    drop(view);
    model.finish(&hook, true).unwrap();
    let before = model.world().clone();
    in_hook(&mut model, "web/0", |hook| assert_eq!(hook.relation_ids("db").len(), 1));
    assert_eq!(apart(&before, model.world()), [1, 1, 0, 0], "the unit that got an event, and its application");
}

#[test]
fn a_write_copies_its_own_relation_and_unit() {
    let (mut model, db) = large();
    let before = model.world().clone();
    in_hook(&mut model, "web/0", |hook| {
        hook.relation_set(db, Whose::Unit, &bag([("k", "v")])).unwrap();
        hook.set_state("k", Some("v"));
        hook.status_set(Whose::Unit, &Status::active("")).unwrap();
    });
    assert_eq!(apart(&before, model.world()), [1, 1, 1, 0]);
}

#[test]
fn a_write_beside_a_large_databag_does_not_copy_it() {
    let (mut model, db) = large();
    let stranger = Databag::from_iter([("blob", "x".repeat(15 * 1024 * 1024))]);
    model.set_databag(db, &of_app("pg"), &stranger).unwrap();
    let bag_of = |model: &Model| {
        std::sync::Arc::clone(&model.world().relations.get(&db).unwrap().bag(&of_app("pg")).unwrap().values)
    };
    let before = bag_of(&model);
    in_hook(&mut model, "web/0", |hook| hook.relation_set(db, Whose::App, &bag([("k", "v")])).unwrap());
    assert!(std::sync::Arc::ptr_eq(&before, &bag_of(&model)));
}

#[test]
fn hooks_of_several_units_at_once_see_and_commit_what_they_would_alone() {
    let (mut model, ring, _) = settled();
    let (first, second) = (unit("web/0"), unit("web/1"));
    let hooks = [&first, &second].map(|name| model.begin(name, Event::UpdateStatus).unwrap());
    for hook in &hooks {
        let mut hook = model.transaction(hook.as_str()).unwrap();
        let own = hook.unit().to_string();
        hook.relation_set(ring, Whose::Unit, &bag([("from", &own)])).unwrap();
    }
    let seen = model.transaction(hooks[1].as_str()).unwrap().relation_get(ring, &of_unit("web/0")).unwrap();
    assert_eq!(seen.text("from"), None, "a hook that began before the commit does not see it");
    for hook in &hooks {
        model.finish(hook, true).unwrap();
    }
    for name in ["web/0", "web/1"] {
        assert_eq!(model.databag(ring, &of_unit(name)).unwrap().text("from"), Some(name));
    }
}
