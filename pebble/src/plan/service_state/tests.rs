use super::*;
use crate::plan::{Service, Span};

const SECOND: Duration = Duration::from_secs(1);

fn machine(change: impl FnOnce(&mut Service)) -> Machine {
    let mut service = Service { command: "web".to_owned(), ..Service::default() };
    change(&mut service);
    Machine::new("web", service)
}

/// Steps without jitter, and drops the lines for the daemon's log.
fn step(machine: &mut Machine, input: Input) -> Vec<Output> {
    let mut outputs = machine.step(input, 0.0);
    outputs.retain(|output| !matches!(output, Output::Log(_)));
    outputs
}

fn failed(message: &str, ran: bool) -> Output {
    Output::Started(Err(StartError { message: message.to_owned(), ran }))
}

fn starting(change: impl FnOnce(&mut Service)) -> Machine {
    let mut machine = machine(change);
    assert_eq!(step(&mut machine, Input::Start), [Output::ClearTimer(Timer::Backoff), Output::Spawn]);
    let timers = step(&mut machine, Input::Spawned);
    assert_eq!(timers[1], Output::SetTimer(Timer::Okay, SECOND));
    assert_eq!(machine.state(), State::Starting);
    machine
}

fn running(change: impl FnOnce(&mut Service)) -> Machine {
    let mut machine = starting(change);
    assert_eq!(step(&mut machine, Input::Elapsed(Timer::Okay)), [Output::Started(Ok(()))]);
    assert_eq!((machine.state(), machine.status()), (State::Running, ServiceStatus::Active));
    machine
}

#[test]
fn a_service_that_stops_in_time_is_only_asked() {
    let mut machine = running(|_| ());
    let outputs = step(&mut machine, Input::Stop);
    assert_eq!(outputs, [Output::Signal(Signal::Term), Output::SetTimer(Timer::Kill, 5 * SECOND)]);
    assert_eq!((machine.state(), machine.status()), (State::Terminating, ServiceStatus::Inactive));
    let outputs = step(&mut machine, Input::Exited(143));
    assert_eq!(outputs.last(), Some(&Output::Stopped(Ok(()))));
    assert_eq!(machine.state(), State::Stopped);
}

#[test]
fn a_service_that_does_not_stop_is_killed() {
    let mut machine = running(|service| service.kill_delay = Some(Span::from_millis(100)));
    let outputs = step(&mut machine, Input::Stop);
    assert_eq!(outputs[1], Output::SetTimer(Timer::Kill, Duration::from_millis(100)));
    let outputs = step(&mut machine, Input::Elapsed(Timer::Kill));
    assert_eq!(outputs, [Output::Signal(Signal::Kill), Output::SetTimer(Timer::Fail, FAIL_DELAY)]);
    let why = "cannot stop service: process still running after SIGTERM and SIGKILL".to_owned();
    assert_eq!(step(&mut machine, Input::Elapsed(Timer::Fail)), [Output::Stopped(Err(why))]);
    assert_eq!(machine.state(), State::Stopped);
    assert_eq!(
        step(&mut machine, Input::Exited(137)),
        [Output::ClearTimer(Timer::Reset)],
        "late, and without a waiting task"
    );
}

#[test]
fn a_quick_end_fails_the_start_and_takes_its_action() {
    let table = [
        (0, Action::Unset, Action::Unset, "restart", State::Backoff, None),
        (1, Action::Unset, Action::Unset, "restart", State::Backoff, None),
        (0, Action::Ignore, Action::Unset, "ignore", State::Stopped, None),
        (3, Action::Unset, Action::Ignore, "ignore", State::Exited, None),
        (0, Action::Shutdown, Action::Unset, "shutdown", State::Exited, Some(Shutdown::Success)),
        (3, Action::Unset, Action::Shutdown, "shutdown", State::Exited, Some(Shutdown::ServiceFailure)),
        (0, Action::FailureShutdown, Action::Unset, "failure-shutdown", State::Exited, Some(Shutdown::ServiceFailure)),
        (3, Action::Unset, Action::SuccessShutdown, "success-shutdown", State::Exited, Some(Shutdown::Success)),
    ];
    for (code, on_success, on_failure, action, state, shutdown) in table {
        let mut machine = starting(|service| (service.on_success, service.on_failure) = (on_success, on_failure));
        let outputs = step(&mut machine, Input::Exited(code));
        let why = format!("service start attempt: exited quickly with code {code}, will {action}");
        assert!(outputs.contains(&failed(&why, true)), "{outputs:?}");
        assert_eq!(machine.state(), state, "{code} {action}");
        let got = outputs.iter().find_map(|o| if let Output::Shutdown(how) = o { Some(*how) } else { None });
        assert_eq!(got, shutdown, "{code} {action}");
    }
}

#[test]
fn a_service_that_keeps_ending_waits_longer_each_time() {
    let mut machine = running(|_| ());
    for (count, wait) in [(1, 500), (2, 1000), (3, 2000)] {
        let outputs = step(&mut machine, Input::Exited(1));
        assert_eq!(outputs.last(), Some(&Output::SetTimer(Timer::Backoff, Duration::from_millis(wait))));
        assert_eq!((machine.status(), machine.backoff_count()), (ServiceStatus::Backoff, count));
        assert_eq!(step(&mut machine, Input::Elapsed(Timer::Backoff)), [Output::Spawn]);
        assert_eq!(step(&mut machine, Input::Spawned), [Output::SetTimer(Timer::Reset, 30 * SECOND)]);
        assert_eq!(machine.state(), State::Running, "no okay delay after a restart");
    }
    assert_eq!(step(&mut machine, Input::Elapsed(Timer::Reset)), []);
    assert_eq!(machine.backoff_count(), 0);
    let outputs = machine.step(Input::Exited(1), 1.0);
    assert_eq!(outputs.last(), Some(&Output::SetTimer(Timer::Backoff, Duration::from_millis(550))), "with jitter");
}

#[test]
fn starting_and_stopping_out_of_turn_only_says_so() {
    let log = |text: &str| Output::TaskLog(format!("Service \"web\" {text}"));
    let mut machine = running(|_| ());
    assert_eq!(step(&mut machine, Input::Start), [log("already started."), Output::Started(Ok(()))]);
    step(&mut machine, Input::Stop);
    assert_eq!(step(&mut machine, Input::Stop), [log("already stopping."), Output::Stopped(Ok(()))]);
    assert_eq!(step(&mut machine, Input::Start), [failed("cannot start service while terminating", false)]);
    step(&mut machine, Input::Exited(0));
    assert_eq!(step(&mut machine, Input::Stop), [log("already stopped."), Output::Stopped(Ok(()))]);
    let mut machine = running(|service| service.on_failure = Action::Ignore);
    step(&mut machine, Input::Exited(1));
    assert_eq!(machine.status(), ServiceStatus::Error);
    assert_eq!(step(&mut machine, Input::Stop), [log("had already exited."), Output::Stopped(Ok(()))]);
    assert_eq!(machine.state(), State::Stopped);
}

#[test]
fn a_stop_during_the_okay_delay_fails_the_start() {
    let mut machine = starting(|_| ());
    let outputs = step(&mut machine, Input::Stop);
    assert_eq!(outputs[1], failed("service start attempt: stopped before the 1s okay delay", true));
    assert_eq!(machine.state(), State::Terminating);
}

#[test]
fn a_stop_ends_a_backoff_and_a_start_shortens_it() {
    let mut machine = running(|_| ());
    step(&mut machine, Input::Exited(1));
    let mut other = machine.clone();
    assert_eq!(step(&mut machine, Input::Stop), [Output::ClearTimer(Timer::Backoff), Output::Stopped(Ok(()))]);
    assert_eq!(step(&mut machine, Input::Elapsed(Timer::Backoff)), [], "a timer that comes late means nothing");
    assert_eq!(step(&mut other, Input::Start), [Output::ClearTimer(Timer::Backoff), Output::Spawn]);
    assert_eq!(other.backoff_count(), 0);
}

#[test]
fn a_process_that_cannot_be_run_fails_the_start() {
    let mut machine = machine(|_| ());
    step(&mut machine, Input::Start);
    let outputs = step(&mut machine, Input::SpawnFailed("cannot start service: no such file".to_owned()));
    assert_eq!(outputs, [failed("cannot start service: no such file", false)]);
    assert_eq!(machine.state(), State::Stopped);
    let mut machine = running(|_| ());
    step(&mut machine, Input::Exited(1));
    step(&mut machine, Input::Elapsed(Timer::Backoff));
    assert_eq!(step(&mut machine, Input::SpawnFailed("gone".to_owned())), []);
    assert_eq!(machine.state(), State::Backoff);
}

#[test]
fn an_aborted_start_is_killed() {
    let mut machine = starting(|_| ());
    let outputs = step(&mut machine, Input::AbortStart);
    assert!(outputs.contains(&Output::Signal(Signal::Kill)));
    assert!(outputs.contains(&failed("start aborted, sent SIGKILL to process", false)));
    step(&mut machine, Input::Exited(137));
    assert_eq!(machine.state(), State::Stopped);
    assert_eq!(step(&mut machine, Input::AbortStart), []);
}

#[test]
fn a_failed_check_restarts_what_runs() {
    let mut machine = running(|_| ());
    let outputs = step(&mut machine, Input::CheckFailed(Action::Restart));
    assert_eq!(outputs, [Output::Signal(Signal::Term), Output::SetTimer(Timer::Kill, 5 * SECOND)]);
    step(&mut machine, Input::Elapsed(Timer::Kill));
    assert_eq!(machine.state(), State::Killing);
    step(&mut machine, Input::Exited(137));
    assert_eq!(machine.state(), State::Backoff);
    assert_eq!(step(&mut machine, Input::CheckFailed(Action::Restart)), [], "it restarts already");
    let mut exited = running(|service| service.on_failure = Action::Ignore);
    step(&mut exited, Input::Exited(1));
    let outputs = step(&mut exited, Input::CheckFailed(Action::Restart));
    assert_eq!(outputs, [Output::SetTimer(Timer::Backoff, Duration::from_millis(500))]);
}

#[test]
fn a_failed_check_may_end_the_daemon() {
    let table = [
        (Action::Shutdown, vec![Output::Shutdown(Shutdown::CheckFailure)]),
        (Action::SuccessShutdown, vec![Output::Shutdown(Shutdown::Success)]),
        (Action::Ignore, vec![]),
    ];
    for (action, expected) in table {
        let mut machine = running(|_| ());
        assert_eq!(step(&mut machine, Input::CheckFailed(action.clone())), expected);
        let mut young = starting(|_| ());
        assert_eq!(step(&mut young, Input::CheckFailed(action)), [], "not before it counts as started");
    }
}
