//! Tests of the order of handlers and of deferred events.

use std::cell::RefCell;

use super::*;
use crate::defer::Deferred;
use crate::dispatch::{Dispatch, DispatchError, dispatch};
use crate::event::{CollectUnitStatus, Install, RelationChanged, Start, Stop, emitted};
use crate::fake::{Fake, context};
use crate::hook::Event;
use crate::key::Requires;
use crate::name::RelationId;
use crate::on::Flow;
use crate::status::Status;
use crate::stored::{Stored, stored_key};
use crate::view::Needs;

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

    fn new(_: &Setup<'_>) -> Result<Self, NoLuck> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("first", Install, |_, _, _| Ok(note("first", "install")))
            .deferring("second", Install, |_, _, _| Ok(note("second", "install")))
            .deferring("started", Start, |_, _, _| Ok(note("second", "start")))
            .deferring("changed", Requires::named("db").changed(), Self::changed)
            .event(Requires::named("other").changed(), |_, _, _| Err(NoLuck))
            .event(Stop, |_, _, _| Err(NoLuck));
    }
}

impl Queuer {
    fn changed(&mut self, event: &RelationChanged<'_>, juju: &Juju<'_>) -> Result<Flow, NoLuck> {
        let relation = event.relation();
        let view = juju.view(relation.endpoint(), relation.id(), Needs::all()).expect("gone relations are empty");
        assert_eq!(view.id, RelationId(7));
        Ok(note("second", "db-relation-changed"))
    }
}

fn note(who: &'static str, event: &str) -> Flow {
    SEEN.with_borrow_mut(|seen| seen.push(format!("{who} {event}")));
    if DEFER.with_borrow(|defer| defer.contains(&who)) { Flow::Defer } else { Flow::Done }
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
    assert_eq!(calls, ["state-get", r#"state-set ["juju.deferred"]"#]);
    let waiting =
        Deferred::in_state(&fake.state.borrow()).into_iter().map(|deferred| (deferred.handler, deferred.event));
    let want = [("second".to_owned(), Event::Install), ("started".to_owned(), Event::Start)];
    assert_eq!(waiting.collect::<Vec<_>>(), want);
    let (seen, calls) = run(&fake, "start", &["second"]);
    assert_eq!(seen, ["second install", "second start", "second start"]);
    assert_eq!(calls, ["state-get"], "the same events are pending as before");
    let (seen, calls) = run(&fake, "install", &[]);
    assert_eq!(seen, ["second install", "second start", "first install", "second install"]);
    assert_eq!(calls, ["state-get", "state-delete juju.deferred"]);
}

#[test]
fn restricted_events_leave_the_queue_alone() {
    let fake = Fake::default();
    run(&fake, "install", &["first"]);
    assert_eq!(run(&fake, "collect-metrics", &[]), (vec![], vec![]));
    assert_eq!(run(&fake, "never-heard-of", &[]).0, ["first install"]);
}

#[test]
fn handlers_and_relations_may_be_gone() {
    let fake = Fake::default();
    let queue = r#"[{"handler":"gone","event":"install"}]"#;
    fake.state.borrow_mut().insert("juju.deferred".to_owned(), queue.to_owned());
    let (seen, calls) = run(&fake, "never-heard-of", &[]);
    assert_eq!((seen.len(), calls.last().map(String::as_str)), (0, Some("state-delete juju.deferred")));
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
        fn new(_: &Setup<'_>) -> Result<Self, NoLuck> {
            Ok(Self)
        }
        fn observe(on: &mut On<Self>) {
            on.any(|_, event, _| {
                note("plain", &event.name());
                Ok(())
            });
        }
    }
    let (fake, context) = (Fake::default(), context("hooks/update-status"));
    let juju = Juju::new(&context, &fake);
    juju.dispatch::<Plain>().expect("a good dispatch");
    assert_eq!((SEEN.take(), juju.calls()), (vec!["plain update-status".to_owned()], 0));
}

#[test]
fn two_handlers_that_defer_under_one_name_are_refused() {
    struct Doubled;
    impl Charm for Doubled {
        type Error = NoLuck;
        fn new(_: &Setup<'_>) -> Result<Self, NoLuck> {
            Ok(Self)
        }
        fn observe(on: &mut On<Self>) {
            on.deferring("same", Install, |_, _, _| Ok(Flow::Done)).deferring("same", Start, |_, _, _| Ok(Flow::Done));
        }
    }
    let error = dispatch::<Doubled>(&context("hooks/start"), &Fake::default()).expect_err("one name for two");
    let why = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(why.as_deref(), Some(r#"two handlers defer under the name "same""#));
}

#[test]
fn emitted_events_are_handled_before_the_next_handler_and_statuses_at_the_end() {
    struct Ready(&'static str);
    struct Library;
    impl Charm for Library {
        type Error = NoLuck;
        fn new(_: &Setup<'_>) -> Result<Self, NoLuck> {
            Ok(Self)
        }
        fn observe(on: &mut On<Self>) {
            on.event(CollectUnitStatus::every(), |_, event: &CollectUnitStatus, _| {
                event.add(Status::active(""));
                event.add(Status::waiting("for a database"));
                note("status", "");
                Ok(())
            })
            .emitting(Requires::named("db").changed(), |_, _: &RelationChanged<'_>, _| Ok([Ready("a"), Ready("b")]))
            .event(Requires::named("db").changed(), |_, _, _| {
                note("plain", "changed");
                Ok(())
            })
            .event(emitted(), |_, ready: &Ready, _| {
                note("ready", ready.0);
                Ok(())
            });
        }
    }
    let (fake, context) = (Fake::default(), context("hooks/db-relation-changed"));
    let juju = Juju::new(&context, &fake);
    juju.dispatch::<Library>().expect("a good dispatch");
    assert_eq!(SEEN.take(), ["ready a", "ready b", "plain changed", "status "]);
    assert_eq!(fake.take(), ["status-set Unit waiting: for a database"]);
    let ready = std::any::type_name::<Ready>();
    let occurred = juju.occurred().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(occurred, ["db-relation-changed", ready, ready, "collect-unit-status"]);
}

#[test]
fn a_dispatch_in_steps_shows_the_charm_and_writes_at_its_end() {
    let (fake, context) = (Fake::default(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let mut dispatch = Dispatch::<Counter>::new(&juju).expect("a charm");
    dispatch.charm_mut().memory.starts = 6;
    dispatch.emit().expect("a good event");
    assert_eq!(dispatch.charm().memory.starts, 7);
    assert_eq!(fake.take(), ["state-get"]);
    dispatch.commit().expect("a write");
    assert_eq!(fake.take(), [r#"state-set ["juju.stored.charm"]"#]);
}

#[test]
fn the_table_can_be_inspected() {
    let on = On::<Queuer>::of_charm();
    let lines: Vec<_> = on.observations().map(|line| (line.trigger.to_string(), line.defers)).collect();
    assert_eq!(lines[3], ("db-relation-changed".to_owned(), Some("changed")));
    assert_eq!(lines[5], ("stop".to_owned(), None));
    assert_eq!(lines.len(), 6);
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Memory {
    starts: u32,
}

/// A charm that counts, and fails if it stops.
struct Counter {
    memory: Stored<Memory>,
}

impl Charm for Counter {
    type Error = NoLuck;

    fn new(setup: &Setup<'_>) -> Result<Self, NoLuck> {
        Ok(Self { memory: setup.stored().map_err(|_| NoLuck)? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(Start, |charm, _, _| {
            charm.memory.starts += 1;
            Ok(())
        })
        .event(Stop, |charm, _, _| {
            charm.memory.starts += 1;
            Err(NoLuck)
        });
    }
}

fn count(fake: &Fake, hook: &str) -> Result<Vec<String>, DispatchError<NoLuck>> {
    fake.take();
    dispatch::<Counter>(&context(&format!("hooks/{hook}")), fake).map(|()| fake.take())
}

#[test]
fn a_stored_value_is_read_once_and_written_if_it_differs() {
    let fake = Fake::default();
    assert_eq!(count(&fake, "install").expect("a good dispatch"), ["state-get"], "the default is not written");
    let write = ["state-get", r#"state-set ["juju.stored.charm"]"#];
    assert_eq!(count(&fake, "start").expect("a good dispatch"), write);
    assert_eq!(count(&fake, "start").expect("a good dispatch"), write);
    assert_eq!(count(&fake, "install").expect("a good dispatch"), ["state-get"]);
    assert_eq!(fake.state.borrow()[&stored_key("charm")], r#"{"starts":2}"#);
    count(&fake, "stop").expect_err("no luck");
    assert_eq!(fake.state.borrow()["juju.stored.charm"], r#"{"starts":2}"#, "a failed hook keeps nothing");
    assert!(count(&fake, "collect-metrics").expect("a good dispatch").is_empty());
    fake.state.borrow_mut().insert("juju.stored.charm".to_owned(), "{".to_owned());
    assert!(matches!(count(&fake, "start"), Err(DispatchError::New { .. })));
}

/// A charm with a value of its own and one of a library's.
struct Keeper {
    memory: Stored<Memory>,
    library: Stored<Vec<String>>,
}

impl Charm for Keeper {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self { memory: setup.stored_as("keeper")?, library: setup.stored_as("library")? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(Start, |charm, _, juju| {
            charm.memory.starts += 1;
            charm.library.push(juju.context.unit.to_string());
            Ok(())
        });
        on.event(Install, |charm, _, _| {
            charm.memory.starts += 10;
            Ok(())
        });
    }
}

#[test]
fn values_of_several_names_are_kept_apart_from_event_to_event() {
    let fake = Fake::default();
    let kept = |hook: &str| {
        fake.take();
        dispatch::<Keeper>(&context(&format!("hooks/{hook}")), &fake).expect("a good dispatch");
        let state = fake.state.borrow();
        let text = |name: &str| state.get(&stored_key(name)).cloned().unwrap_or_default();
        (text("keeper"), text("library"), fake.take())
    };
    let (both, one) =
        (r#"state-set ["juju.stored.keeper", "juju.stored.library"]"#, r#"state-set ["juju.stored.keeper"]"#);
    let owned = |keeper: &str, library: &str, write: &str| {
        (keeper.to_owned(), library.to_owned(), vec!["state-get".to_owned(), write.to_owned()])
    };
    assert_eq!(kept("start"), owned(r#"{"starts":1}"#, r#"["web/1"]"#, both));
    assert_eq!(kept("install"), owned(r#"{"starts":11}"#, r#"["web/1"]"#, one));
    assert_eq!(kept("start"), owned(r#"{"starts":12}"#, r#"["web/1","web/1"]"#, both));
}

#[test]
fn a_second_value_of_the_same_name_is_refused() {
    let (fake, context) = (Fake::default(), context("hooks/start"));
    let juju = Juju::new(&context, &fake);
    let setup = Setup::new(&juju);
    let _first = setup.stored_as::<Memory>("library").expect("the first");
    let told = |error: Error| error.to_string();
    let second = setup.stored_as::<Vec<String>>("library").map(drop).map_err(told);
    assert!(second.is_err_and(|why| why.contains("library") && why.contains("two values have this name")));
    assert!(setup.stored_as::<Memory>("another").is_ok(), "another name is free");
}

#[test]
fn an_author_s_key_may_be_deferred_and_the_framework_s_keys_are_refused() {
    let fake = Fake::default();
    run(&fake, "install", &["first"]);
    let context = context("hooks/start");
    let juju = Juju::new(&context, &fake);
    let set = |key: &str| juju.set_state(&[(key.to_owned(), "mine".to_owned())].into());
    set("deferred").expect("a key of the author");
    assert!(matches!(set("juju.deferred"), Err(Error::ReservedKey { .. })));
    juju.flush().expect("a write");
    assert_eq!(juju.state().expect("the author's keys").into_keys().collect::<Vec<_>>(), ["deferred"]);
    assert_eq!(run(&fake, "never-heard-of", &[]).0, ["first install"]);
    assert_eq!(fake.state.borrow().keys().collect::<Vec<_>>(), ["deferred"]);
}
