//! Tests of the order of handlers and of deferred events.

use std::cell::RefCell;

use super::*;
use crate::fake::{Fake, context};
use crate::name::RelationId;
use crate::relation::Needs;

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static DEFER: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug, thiserror::Error)]
#[error("no luck")]
struct NoLuck;

struct Queuer;

impl Charm for Queuer {
    type Error = NoLuck;
    const DEFERS: bool = true;

    fn new(_: &Context) -> Result<Self, NoLuck> {
        Ok(Self)
    }

    fn observe(observers: &mut Observers<Self>) {
        observers.on(EventKind::Install, Self::first);
        observers.on(EventKind::Install, Self::second);
        observers.on(EventKind::Start, Self::second);
        observers.on_named(EventKind::RelationChanged, "db", Self::second);
        observers.on_named(EventKind::RelationChanged, "other", Self::first);
        observers.on(EventKind::Stop, |_, _, _| Err(NoLuck));
        observers.on_named(EventKind::Action, "rotate", Self::first);
    }
}

impl Queuer {
    fn first(&mut self, event: &Event, _: &Juju<'_>) -> Result<Outcome, NoLuck> {
        Ok(note("first", event))
    }

    fn second(&mut self, event: &Event, juju: &Juju<'_>) -> Result<Outcome, NoLuck> {
        if let Event::Relation(relation) = event {
            let view = juju.view(&relation.endpoint, relation.id, Needs::all()).expect("gone relations are empty");
            assert_eq!(view.id, RelationId(7));
        }
        Ok(note("second", event))
    }
}

fn note(who: &'static str, event: &Event) -> Outcome {
    SEEN.with_borrow_mut(|seen| seen.push(format!("{who} {}", event.name())));
    if DEFER.with_borrow(|defer| defer.contains(&who)) { Outcome::Defer } else { Outcome::Done }
}

/// Dispatches hooks one after the other, the named handlers deferring; what was seen, and the calls of the last.
fn run(fake: &Fake, hook: &str, defer: &[&'static str]) -> (Vec<String>, Vec<String>) {
    DEFER.set(defer.to_vec());
    fake.take();
    dispatch::<Queuer>(&context(&format!("hooks/{hook}")), fake).expect("a good dispatch");
    (SEEN.take(), fake.take())
}

#[test]
fn handlers_are_called_in_order_for_their_events() {
    let fake = Fake::default();
    assert_eq!(run(&fake, "install", &[]).0, ["first install", "second install"]);
    assert_eq!(run(&fake, "db-relation-changed", &[]).0, ["second db-relation-changed"]);
    assert_eq!(run(&fake, "never-heard-of", &[]), (vec![], vec!["state-get".to_owned()]));
}

#[test]
fn deferred_events_come_first_and_only_to_who_deferred() {
    let fake = Fake::default();
    run(&fake, "install", &["second"]);
    let (seen, calls) = run(&fake, "start", &["second"]);
    assert_eq!(seen, ["second install", "second start"]);
    assert_eq!(calls, ["state-get", r#"state-set ["deferred"]"#]);
    let (seen, calls) = run(&fake, "start", &["second"]);
    assert_eq!(seen, ["second install", "second start", "second start"]);
    assert_eq!(calls, ["state-get"], "the same events are pending as before");
    let (seen, calls) = run(&fake, "install", &[]);
    assert_eq!(seen, ["second install", "second start", "first install", "second install"]);
    assert_eq!(calls, ["state-get", "state-delete deferred"]);
}

#[test]
fn restricted_events_leave_the_queue_alone() {
    let fake = Fake::default();
    run(&fake, "install", &["first"]);
    assert_eq!(run(&fake, "collect-metrics", &[]), (vec![], vec![]));
    assert_eq!(run(&fake, "never-heard-of", &[]).0, ["first install"]);
}

#[test]
fn actions_are_not_deferred() {
    let fake = Fake::default();
    let mut context = context("hooks/start");
    context.event = Event::Action(crate::ActionEvent { name: "rotate".to_owned(), id: "1".to_owned() });
    DEFER.set(vec!["first"]);
    dispatch::<Queuer>(&context, &fake).expect("a good dispatch");
    assert_eq!((SEEN.take(), fake.take()), (vec!["first rotate".to_owned()], vec!["state-get".to_owned()]));
}

#[test]
fn handlers_and_relations_may_be_gone() {
    let fake = Fake::default();
    let queue = r#"[{"handler":"gone","event":"install"}]"#;
    fake.state.borrow_mut().insert("deferred".to_owned(), queue.to_owned());
    let (seen, calls) = run(&fake, "never-heard-of", &[]);
    assert_eq!((seen.len(), calls.last().map(String::as_str)), (0, Some("state-delete deferred")));
    // Relation 7 is not among this model's relations.
    assert_eq!(run(&fake, "db-relation-changed", &["second"]).0.len(), 1);
    assert_eq!(run(&fake, "never-heard-of", &[]).0, ["second db-relation-changed"]);
}

#[test]
fn a_failing_handler_fails_the_dispatch_and_keeps_the_queue() {
    let fake = Fake::default();
    run(&fake, "install", &["first"]);
    let before = fake.state.borrow().clone();
    let error = dispatch::<Queuer>(&context("hooks/stop"), &fake).expect_err("no luck");
    assert_eq!(error.to_string(), "cannot handle stop");
    assert!(matches!(error, DispatchError::Handler { source: NoLuck, .. }));
    assert_eq!(*fake.state.borrow(), before);
    SEEN.take();
}

#[test]
fn a_charm_that_never_defers_costs_no_call() {
    struct Plain;
    impl Charm for Plain {
        type Error = NoLuck;
        fn new(_: &Context) -> Result<Self, NoLuck> {
            Ok(Self)
        }
        fn observe(observers: &mut Observers<Self>) {
            observers.any(|_, event, _| Ok(note("plain", event)));
        }
    }
    let (fake, context) = (Fake::default(), context("hooks/update-status"));
    let juju = Juju::new(&context, &fake);
    juju.dispatch::<Plain>().expect("a good dispatch");
    assert_eq!((SEEN.take(), juju.calls()), (vec!["plain update-status".to_owned()], 0));
}
