use pebble::types::ServiceStatus;

use super::*;

fn layer(text: &str) -> Layer {
    Layer::parse_labelled("test", text.as_bytes()).unwrap()
}

/// A Pebble with these services, one line of YAML each.
fn pebble(services: &[&str]) -> Pebble {
    Pebble::new(vec![layer(&format!("services:\n  {}", services.join("\n  ")))]).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn statuses(pebble: &Pebble) -> Vec<ServiceStatus> {
    pebble.services().iter().map(|info| info.current).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

use ServiceStatus::{Active, Backoff, Error as Failed, Inactive};

#[test]
fn services_start_with_those_they_require_and_stop_with_those_that_require_them() {
    let mut pebble = pebble(&[
        "db: {override: replace, command: db}",
        "other: {override: replace, command: other}",
        "web: {override: replace, command: web, requires: [db], after: [db]}",
    ]);
    assert_eq!(statuses(&pebble), [Inactive, Inactive, Inactive]);
    pebble.start(&names(&["web"])).unwrap();
    assert_eq!(statuses(&pebble), [Active, Inactive, Active]);
    // Two okay delays, one after the other.
    assert_eq!(pebble.now, seconds(2));
    pebble.stop(&names(&["db", "other"])).unwrap();
    assert_eq!(statuses(&pebble), [Inactive, Inactive, Inactive]);
    assert_eq!((pebble.starts("db"), pebble.starts("web"), pebble.starts("other")), (1, 1, 0));
    assert_eq!(pebble.start(&names(&["none"])), Err("service \"none\" does not exist".to_owned()));
}

#[test]
fn lanes_run_in_parallel() {
    let mut pebble = pebble(&["a: {override: replace, command: a}", "b: {override: replace, command: b}"]);
    pebble.start(&names(&["a", "b"])).unwrap();
    assert_eq!((statuses(&pebble), pebble.now), (vec![Active, Active], seconds(1)));
}

#[test]
fn a_replan_restarts_changed_services_and_starts_enabled_ones() {
    let mut pebble = pebble(&[
        "changed: {override: replace, command: one}",
        "enabled: {override: replace, command: one, startup: enabled}",
        "idle: {override: replace, command: one}",
        "same: {override: replace, command: one}",
    ]);
    pebble.start(&names(&["changed", "same"])).unwrap();
    pebble.add_layer(layer("services: {changed: {override: merge, command: two}}"), true).unwrap();
    pebble.replan().unwrap();
    assert_eq!(statuses(&pebble), [Active, Active, Inactive, Active]);
    assert_eq!(["changed", "enabled", "idle", "same"].map(|name| pebble.starts(name)), [2, 1, 0, 1]);
    let now = pebble.now;
    pebble.replan().unwrap();
    assert_eq!(["changed", "enabled", "idle", "same"].map(|name| pebble.starts(name)), [2, 1, 0, 1]);
    assert_eq!(pebble.now, now, "a second replan has nothing to do");
}

#[test]
fn a_failed_start_ends_its_lane() {
    let mut pebble = pebble(&[
        "db: {override: replace, command: db, on-failure: ignore}",
        "other: {override: replace, command: other}",
        "web: {override: replace, command: web, requires: [db], after: [db]}",
    ]);
    pebble.script("db", Script::Exits { after: Duration::from_millis(10), code: 3 });
    let why = "cannot perform the following tasks:\n- Start service \"db\" (service start attempt: exited quickly with \
        code 3, will ignore)";
    assert_eq!(pebble.start(&names(&["web", "other"])), Err(why.to_owned()));
    assert_eq!(statuses(&pebble), [Failed, Active, Inactive]);
    pebble.script("db", Script::Missing("no such file".to_owned()));
    let why = "cannot perform the following tasks:\n- Start service \"db\" (cannot start service: no such file)";
    assert_eq!(pebble.start(&names(&["db"])), Err(why.to_owned()));
}

#[test]
fn a_service_that_exits_is_started_again_after_its_backoff() {
    let mut pebble = pebble(&["web: {override: replace, command: web --port 80}"]);
    pebble.script("web", Script::Exits { after: seconds(10), code: 1 });
    pebble.start(&names(&["web"])).unwrap();
    pebble.advance(seconds(8));
    assert_eq!((statuses(&pebble), pebble.starts("web")), (vec![Active], 1));
    pebble.advance(seconds(1));
    assert_eq!((statuses(&pebble), pebble.starts("web")), (vec![Backoff], 1));
    pebble.script("web", Script::Runs);
    pebble.advance(Duration::from_millis(500));
    assert_eq!((statuses(&pebble), pebble.starts("web")), (vec![Active], 2));
    pebble.advance(seconds(3600));
    assert_eq!((statuses(&pebble), pebble.starts("web")), (vec![Active], 2));
}

#[test]
fn a_service_that_ignores_sigterm_is_killed_after_its_delay() {
    let mut pebble = pebble(&["web: {override: replace, command: web, kill-delay: 7s}"]);
    pebble.script("web", Script::IgnoresTerm);
    pebble.start(&names(&["web"])).unwrap();
    pebble.stop(&names(&["web"])).unwrap();
    assert_eq!((statuses(&pebble), pebble.now), (vec![Inactive], seconds(1 + 7)));
}

#[test]
fn a_service_may_end_the_daemon() {
    let mut pebble = pebble(&["web: {override: replace, command: web, on-failure: shutdown}"]);
    pebble.script("web", Script::Exits { after: seconds(5), code: 1 });
    pebble.start(&names(&["web"])).unwrap();
    assert_eq!(pebble.shutdown(), None);
    pebble.advance(seconds(5));
    assert_eq!(pebble.shutdown(), Some(Shutdown::ServiceFailure));
}

#[test]
fn a_layer_that_breaks_the_plan_changes_nothing() {
    let mut pebble = pebble(&["web: {override: replace, command: web}"]);
    let before = pebble.plan().clone();
    pebble.add_layer(layer("services: {db: {override: merge}}"), true).unwrap_err();
    assert_eq!(pebble.plan(), &before);
}
