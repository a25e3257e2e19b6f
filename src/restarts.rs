//! Services that ended by themselves and that Pebble started again a moment ago: `active` now, and `active` is no sign of
//! health yet.
//!
//! Pebble makes no change for its own restart after a backoff; it only sets the service's `current-since`. Every other
//! start (`start`, `restart`, `replan`, `autostart`; by the charm, an operator or Pebble's own start) is a task of a
//! change, and `current-since` lies between the times of that task: Pebble ends the task only a second after the
//! process began, or when it ended. So a start outside of all such tasks is a restart by Pebble alone. (Pebble 1.32,
//! `internals/overlord/servstate`.)
//!
//! The filter `for=` of `GET /v1/changes` can't be used: Pebble compares it with the services that the request named, not
//! with those that they require.

use std::fmt;
use std::time::{Duration, SystemTime};

use pebble::plan::{Plan, Startup};
use pebble::types::{Change, ServiceInfo, Time};

use crate::framework::Framework;
use crate::services::ServiceRole;

/// Age from which on a service that ended earlier counts as well again. Pebble's default time for the same
/// (`backoff-limit`).
const RECOVERED: Duration = Duration::from_secs(30);

/// Times between which a change started services, by Pebble's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartWindow {
    from: Time,
    /// `None` while the change is in progress.
    until: Option<Time>,
}

impl StartWindow {
    /// Times of a change.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        Self { from: change.spawn_time.clone(), until: change.ready_time.clone() }
    }

    /// Times from the beginning of this change to the end of a later one.
    #[must_use]
    pub fn to(self, later: Self) -> Self {
        Self { from: self.from, until: later.until }
    }

    /// Reads the text that `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once(' ')?;
        Some(Self { from: from.into(), until: Some(until.into()) })
    }

    /// True if the change may have started a service that runs since this time. A time that can't be read is in no window.
    fn holds(&self, since: &Time) -> bool {
        let is_later = self.until.as_ref().is_some_and(|until| until < since);
        self.from <= *since && !is_later && self.from.moment().is_some()
    }
}

impl fmt::Display for StartWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.from, self.until.as_ref().map_or("", Time::as_str))
    }
}

/// Enabled services of the charm's layer that have been active for less than 30 s and that the charm did not start in
/// `known`, the window of its own last start. Only about these must Pebble be asked.
#[must_use]
pub fn young<'a>(
    services: &'a [ServiceInfo],
    plan: &Plan,
    framework: &Framework,
    known: Option<&StartWindow>,
    now: SystemTime,
) -> Vec<&'a ServiceInfo> {
    let is_ours = |name: &str| ServiceRole::of(framework, name) != ServiceRole::Other;
    let is_enabled = |name: &str| plan.services.get(name).is_some_and(|one| one.startup == Startup::Enabled);
    let is_young = |since: &Time| since.moment().is_some_and(|since| since + RECOVERED > now);
    let is_unknown = |since: &Time| is_young(since) && !known.is_some_and(|window| window.holds(since));
    let running = services.iter().filter(|one| one.is_running() && is_ours(&one.name) && is_enabled(&one.name));
    running.filter(|one| one.current_since.as_ref().is_some_and(is_unknown)).collect()
}

/// Names of the services that no change has started.
#[must_use]
pub fn restarted(young: &[&ServiceInfo], changes: &[Change]) -> Vec<String> {
    let is_started = |service: &ServiceInfo| {
        let summary = format!("Start service {:?}", service.name);
        let tasks = changes.iter().flat_map(|change| &change.tasks);
        let mut starts = tasks.filter(|task| task.kind == "start" && task.summary == summary);
        starts.any(|task| {
            let window = StartWindow { from: task.spawn_time.clone(), until: task.ready_time.clone() };
            service.current_since.as_ref().is_some_and(|since| window.holds(since))
        })
    };
    young.iter().filter(|service| !is_started(service)).map(|service| service.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use pebble::plan::Layer;
    use pebble::types::{ServiceStatus, Task};

    use super::*;
    use crate::framework::flask::FLASK;

    fn at(second: u32) -> Time {
        Time::from(format!("2026-01-01T00:00:{second:02}Z"))
    }

    fn service(name: &str, since: Option<Time>) -> ServiceInfo {
        ServiceInfo {
            name: name.to_owned(),
            current: ServiceStatus::Active,
            current_since: since,
            ..ServiceInfo::default()
        }
    }

    fn young_at(now: u32, services: &[ServiceInfo], known: Option<&StartWindow>) -> Vec<String> {
        let layer = "services:\n  flask: {override: replace, startup: enabled, command: x}\n  \
            mail-worker: {override: replace, startup: enabled, command: x}\n  \
            off-worker: {override: replace, startup: disabled, command: x}\n  \
            exporter: {override: replace, startup: enabled, command: x}\n";
        let plan = pebble::plan::combine(&[Layer::parse(layer.as_bytes()).unwrap()]).unwrap();
        let young = young(services, &plan, &FLASK, known, at(now).moment().unwrap());
        young.iter().map(|service| service.name.clone()).collect()
    }

    #[test]
    fn a_service_is_young_for_thirty_seconds_unless_the_charm_started_it() {
        let flask = [service("flask", Some(at(10)))];
        assert_eq!(young_at(39, &flask, None), ["flask"]);
        assert_eq!(young_at(40, &flask, None), [""; 0]);
        assert_eq!(young_at(9, &flask, None), ["flask"], "the clock was set back");
        let window = |from, until| StartWindow { from: at(from), until: Some(at(until)) };
        assert_eq!(young_at(20, &flask, Some(&window(9, 11))), [""; 0]);
        assert_eq!(young_at(20, &flask, Some(&window(8, 9))), ["flask"], "it ended after the charm's start");
        assert_eq!(
            young_at(20, &flask, Some(&window(11, 12))),
            ["flask"],
            "it ran when the charm would have started it"
        );
        assert_eq!(young_at(20, &[service("flask", None)], None), [""; 0]);
        assert_eq!(young_at(20, &[service("flask", Some("soon".into()))], None), [""; 0]);
    }

    #[test]
    fn only_enabled_services_of_the_charms_layer_that_run_are_asked_about() {
        let of = |name| service(name, Some(at(10)));
        let waits = ServiceInfo { current: ServiceStatus::Backoff, ..of("flask") };
        assert_eq!(young_at(20, &[waits, of("mail-worker"), of("off-worker"), of("exporter")], None), ["mail-worker"]);
    }

    #[test]
    fn a_start_outside_of_every_task_is_a_restart_by_pebble() {
        let task = |name: &str, from, until: Option<u32>| Task {
            kind: "start".to_owned(),
            summary: format!("Start service \"{name}\""),
            spawn_time: at(from),
            ready_time: until.map(at),
            ..Task::default()
        };
        let is_restarted = |task: Task| {
            let change = Change { tasks: vec![task], ..Change::default() };
            restarted(&[&service("flask", Some(at(10)))], &[change]) == ["flask"]
        };
        assert!(!is_restarted(task("flask", 9, Some(11))));
        assert!(!is_restarted(task("flask", 9, None)), "the start is in progress");
        assert!(is_restarted(task("flask", 7, Some(9))), "it ended since");
        assert!(is_restarted(task("flask", 12, Some(13))), "it ran already");
        assert!(is_restarted(task("mail-worker", 9, Some(11))), "another service's");
        assert!(is_restarted(Task { kind: "stop".to_owned(), ..task("flask", 9, Some(11)) }));
        assert_eq!(restarted(&[&service("flask", Some(at(10)))], &[]), ["flask"]);
    }

    #[test]
    fn a_window_is_read_as_it_is_written_and_may_span_two_changes() {
        let change = |from, until| Change { spawn_time: at(from), ready_time: Some(at(until)), ..Change::default() };
        let both = StartWindow::of(&change(1, 3)).to(StartWindow::of(&change(4, 6)));
        assert_eq!(both.to_string(), "2026-01-01T00:00:01Z 2026-01-01T00:00:06Z");
        assert_eq!(StartWindow::parse(&both.to_string()), Some(both));
        let nonsense = StartWindow::parse("once upon").unwrap();
        assert!(!nonsense.holds(&at(1)), "another program's text starts nothing");
        assert_eq!(StartWindow::parse("nonsense"), None);
    }
}
