use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

fn at(second: u64) -> Time {
    Time::parse("2026-01-01T00:00:00Z").unwrap().plus(Duration::from_secs(second))
}

fn lanes(lanes: &[&[&str]]) -> Vec<Vec<String>> {
    lanes.iter().map(|lane| lane.iter().map(|name| (*name).to_owned()).collect()).collect()
}

fn started(order: &[&[&str]]) -> (State, Id) {
    let mut state = State::new(at(0));
    let tasks = state.service_tasks(Verb::Start, &lanes(order), at(0));
    let change = state.new_change("start", "Start".to_owned(), &tasks, at(0));
    (state, change)
}

fn run(state: &mut State, running: &[u64]) -> Vec<u64> {
    let running = running.iter().map(|id| Id(*id)).collect();
    state.advance(&running, at(1)).run.into_iter().map(|id| id.0).collect()
}

fn statuses(state: &State) -> Vec<&'static str> {
    state.tasks.values().map(|task| task.status().as_str()).collect()
}

fn occurrences(state: &State) -> u64 {
    state.notices(&Filter::default(), at(1))[0].info().occurrences
}

#[test]
fn lanes_run_side_by_side_and_their_tasks_in_turn() {
    let (mut state, change) = started(&[&["a", "b"], &["c"]]);
    assert_eq!(run(&mut state, &[]), [1, 3]);
    assert_eq!(run(&mut state, &[1, 3]), [0u64; 0]);
    state.finish(Id(1), &Ok(()), at(2));
    assert_eq!(run(&mut state, &[3]), [2]);
    state.finish(Id(3), &Ok(()), at(3));
    assert!(!state.is_ready(change));
    state.finish(Id(2), &Ok(()), at(4));
    assert!(state.is_ready(change));
    assert_eq!(state.info(state.change(change).unwrap()).ready_time, Some(at(4).to_string().into()));
}

#[test]
fn a_failure_gives_up_its_lane_only() {
    let (mut state, change) = started(&[&["a", "b"], &["c", "d"]]);
    run(&mut state, &[]);
    state.finish(Id(1), &Err("it broke".to_owned()), at(2));
    assert_eq!(statuses(&state), ["Error", "Hold", "Doing", "Do"]);
    state.finish(Id(3), &Ok(()), at(3));
    assert_eq!(run(&mut state, &[]), [4]);
    state.finish(Id(4), &Ok(()), at(3));
    let info = state.info(state.change(change).unwrap());
    assert_eq!(info.status, "Error");
    assert_eq!(info.err.unwrap(), "cannot perform the following tasks:\n- Start service \"a\" (it broke)");
    assert_eq!(info.tasks[0].log, ["2026-01-01T00:00:02Z ERROR it broke"]);
}

#[test]
fn a_failed_stop_gives_up_the_starts_that_wait_for_it() {
    let mut state = State::new(at(0));
    let stops = state.service_tasks(Verb::Stop, &lanes(&[&["a"], &["b"]]), at(0));
    let starts = state.service_tasks(Verb::Start, &lanes(&[&["a"], &["b"]]), at(0));
    for start in &starts {
        for stop in &stops {
            state.wait_for(*start, *stop);
        }
    }
    let all: Vec<Id> = stops.iter().chain(&starts).copied().collect();
    let change = state.new_change("restart", "Restart".to_owned(), &all, at(0));
    assert_eq!(run(&mut state, &[]), [1, 2]);
    state.finish(Id(1), &Err("it won't".to_owned()), at(1));
    state.finish(Id(2), &Ok(()), at(1));
    run(&mut state, &[]);
    assert_eq!(statuses(&state), ["Error", "Done", "Hold", "Hold"]);
    assert!(state.is_ready(change));
}

#[test]
fn an_aborted_change_stops_what_runs_and_never_begins_the_rest() {
    let (mut state, change) = started(&[&["a", "b"]]);
    run(&mut state, &[]);
    state.abort(change, at(2));
    assert_eq!(statuses(&state), ["Abort", "Hold"]);
    let next = state.advance(&BTreeSet::from([Id(1)]), at(2));
    assert_eq!(next, ready::Next { run: vec![], stop: vec![Id(1)] });
    state.finish(Id(1), &Err("start aborted".to_owned()), at(3));
    assert_eq!(statuses(&state), ["Error", "Hold"]);
    assert!(state.is_ready(change));
}

#[test]
fn aborted_work_that_ends_well_is_done() {
    let (mut state, change) = started(&[&["a"]]);
    run(&mut state, &[]);
    state.abort(change, at(2));
    state.finish(Id(1), &Ok(()), at(3));
    run(&mut state, &[]);
    assert_eq!(statuses(&state), ["Done"]);
    assert!(state.is_ready(change));
}

#[test]
fn counts_notices_as_pebble_does() {
    let (mut state, _) = started(&[&["a"]]);
    assert_eq!(occurrences(&state), 1);
    run(&mut state, &[]);
    assert_eq!(occurrences(&state), 2);
    state.finish(Id(1), &Ok(()), at(1));
    assert_eq!(occurrences(&state), 3);
    let (mut state, _) = started(&[&["a"]]);
    run(&mut state, &[]);
    state.finish(Id(1), &Err(String::new()), at(1));
    assert_eq!(occurrences(&state), 4, "spawned, at work, given up, failed");
}

#[test]
fn work_cut_off_by_a_restart_is_run_again() {
    let (mut state, _) = started(&[&["a", "b"]]);
    assert_eq!(run(&mut state, &[]), [1]);
    let text = serde_json::to_vec(&state).unwrap();
    let mut state: State = serde_json::from_slice(&text).unwrap();
    state.complete().unwrap();
    assert_eq!(run(&mut state, &[]), [1]);
    assert_eq!(state.task(Id(1)).unwrap().service(), Some("a"));
}

#[test]
fn a_change_without_tasks_is_done() {
    let mut state = State::new(at(0));
    let change = state.new_change("replan", "Replan - no services".to_owned(), &[], at(0));
    assert!(state.is_ready(change));
    let info = state.info(state.change(change).unwrap());
    assert_eq!((info.status.as_str(), info.ready), ("Done", true));
}

#[test]
fn forgets_old_changes_and_their_notices() {
    let (mut state, change) = started(&[&["a"]]);
    run(&mut state, &[]);
    state.finish(Id(1), &Ok(()), at(1));
    state.prune(at(3600));
    assert!(state.change(change).is_some());
    state.prune(at(8 * 24 * 3600));
    assert!(state.change(change).is_none());
    assert!(state.tasks.is_empty() && state.notices.is_empty());
}

#[test]
fn keeps_no_more_than_a_thousand() {
    let mut state = State::new(at(0));
    for second in 0..1005 {
        state.new_change("replan", String::new(), &[], at(second));
    }
    state.prune(at(1005));
    assert_eq!((state.changes.len(), state.notices.len()), (1000, 1000));
    assert_eq!(state.changes.keys().next(), Some(&Id(6)));
}

fn custom(key: u64) -> Occurrence {
    Occurrence { kind: "custom".to_owned(), key: format!("example.com/{key}"), ..Occurrence::default() }
}

#[test]
fn notices_are_bounded_between_two_prunes() {
    let mut state = State::new(at(0));
    for key in 0..1500 {
        assert_eq!(state.notify(custom(key), at(key)), (key + 1).to_string());
    }
    assert_eq!(state.notices.len(), 1000);
    assert_eq!((state.notice("500").is_none(), state.notice("501").is_some()), (true, true));
    // Another occurrence of an existing notice displaces no other.
    assert_eq!(state.notify(custom(500), at(2000)), "501");
    assert!(state.notice("502").is_some());
    state.notify(custom(2000), at(2001));
    assert_eq!((state.notice("501").is_some(), state.notice("502").is_none()), (true, true));
}

#[test]
fn a_displaced_notice_does_not_make_a_save_write_the_whole_state() {
    let mut state = State::new(at(0));
    (0..1000).for_each(|key| drop(state.notify(custom(key), at(key))));
    state.saved();
    let mut copy: State = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
    state.notify(custom(1000), at(1000));
    let delta = state.delta().expect("the rest is unchanged");
    assert!(serde_json::to_string(&delta).unwrap().len() < 1000);
    copy.apply(delta);
    assert_eq!(serde_json::to_value(&copy).unwrap(), serde_json::to_value(&state).unwrap());
}

#[test]
fn the_unready_tasks_are_known_whatever_happens() {
    let unready = |state: &State| -> BTreeSet<Id> {
        state.tasks.values().filter(|task| !task.status().is_ready()).map(|task| task.id).collect()
    };
    let (mut state, change) = started(&[&["a", "b"], &["c"]]);
    assert_eq!(state.unready, unready(&state));
    run(&mut state, &[]);
    state.finish(Id(1), &Ok(()), at(2));
    assert_eq!(state.unready, unready(&state));
    let mut loaded: State = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
    loaded.complete().unwrap();
    assert_eq!(loaded.unready, unready(&state));
    state.abort(change, at(3));
    assert_eq!(state.unready, unready(&state));
    while !run(&mut state, &[]).is_empty() {}
    assert_eq!((state.unready.len(), unready(&state).len()), (0, 0));
    state.prune(at(30 * 24 * 3600));
    assert!(state.tasks.is_empty() && state.unready.is_empty());
}

#[test]
fn expired_notices_make_room_first() {
    let mut state = State::new(at(0));
    (0..1000).for_each(|key| drop(state.notify(custom(key), at(key % 2 * 7 * 24 * 3600))));
    state.notify(custom(1000), at(7 * 24 * 3600 + 1));
    assert_eq!(state.notices.len(), 501);
}
