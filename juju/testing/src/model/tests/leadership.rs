//! Leadership of a leader that leaves, and the time without a leader.

use super::*;
use juju::Whose;

fn leads(model: &mut Model, name: &str) -> bool {
    in_hook(model, name, |hook| hook.is_leader())
}

#[test]
fn a_departing_leader_leads_until_it_is_removed() {
    let (mut model, _, db) = settled();
    model.remove_unit(&unit("web/0")).unwrap();
    let mut told = Vec::new();
    while let Some(event) = model.next_event(&unit("web/0")) {
        told.push(event.name());
        let is_there = event != Event::Remove;
        in_event(&mut model, "web/0", event, true, |hook| {
            assert!(hook.is_leader(), "{told:?}");
            if hook.relation(db).is_ok() {
                hook.relation_set(db, Whose::App, &bag([("at", told.last().unwrap())])).unwrap();
            }
        });
        assert!(!is_there || !leads(&mut model, "web/1"));
    }
    assert_eq!(told.last().map(String::as_str), Some("remove"));
    assert_eq!(model.databag(db, &of_app("web")).unwrap().text("at"), Some("db-relation-broken"));
}

#[test]
fn between_the_end_of_a_leader_and_an_election_no_unit_leads() {
    let (mut model, ..) = settled();
    model.add_unit("web").unwrap();
    drain(&mut model);
    model.remove_unit(&unit("web/0")).unwrap();
    drain(&mut model);
    assert_eq!(model.leader("web").unwrap(), None);
    for name in ["web/1", "web/2"] {
        assert!(!leads(&mut model, name));
    }
    let election = |name| Step::Election { unit: unit(name) };
    assert_eq!(model.steps(), [election("web/1"), election("web/2")], "each remaining unit may claim it");
    model.set_leader(&unit("web/2")).unwrap();
    let elected = Step::Hook { unit: unit("web/2"), event: Event::LeaderElected };
    assert_eq!(model.steps(), [elected]);
    assert_eq!(drain(&mut model), ["web/2: leader-elected"]);
}

#[test]
fn an_election_gives_each_application_a_leader_once() {
    let (mut model, ..) = settled();
    model.remove_unit(&unit("web/0")).unwrap();
    assert!(model.elect().is_empty(), "web/0 still leads");
    drain(&mut model);
    assert_eq!(model.elect(), [unit("web/1")]);
    assert!(model.elect().is_empty());
    assert_eq!(drain(&mut model), ["web/1: leader-elected"]);
}

#[test]
fn a_unit_that_is_being_removed_is_not_elected() {
    let (mut model, ..) = settled();
    model.remove_unit(&unit("web/1")).unwrap();
    model.remove_unit(&unit("web/0")).unwrap();
    while let Some(event) = model.next_event(&unit("web/0")) {
        tell(&mut model, &unit("web/0"), event);
    }
    assert!(model.elect().is_empty());
    assert!(matches!(model.set_leader(&unit("web/1")), Err(Error::Leaving(_))));
    assert!(!drain(&mut model).iter().any(|line| line.contains("leader")));
}

#[test]
fn an_application_without_a_charm_is_never_without_a_leader() {
    let (mut model, ..) = settled();
    model.remove_unit(&unit("pg/0")).unwrap();
    assert_eq!(model.leader("pg").unwrap(), Some(&unit("pg/1")));
}

#[test]
fn a_unit_removed_before_its_first_hook_runs_none() {
    let (mut model, ..) = settled();
    let fresh = model.add_unit("web").unwrap();
    model.remove_unit(&fresh).unwrap();
    assert!(drain(&mut model).is_empty());
    assert_eq!(model.units("web").unwrap(), [unit("web/0"), unit("web/1")]);
}
