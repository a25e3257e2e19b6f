//! Transitions of the state machine.

use super::{FAIL_DELAY, Input, OKAY_DELAY, Output, ServiceStatus, Shutdown, Signal, StartError, State, Timer};
use super::{jitter, next_backoff};
use crate::plan::quote::quote;
use crate::plan::{Action, Service, Span};

/// State of a service, with the definition that it was last started or replanned with.
#[derive(Clone, Debug)]
pub struct Machine {
    name: String,
    config: Service,
    state: State,
    restarting: bool,
    backoff_count: u32,
    backoff_wait: Span,
}

impl Machine {
    /// A service that has never run.
    pub fn new(name: impl Into<String>, config: Service) -> Self {
        Self {
            name: name.into(),
            config,
            state: State::Initial,
            restarting: false,
            backoff_count: 0,
            backoff_wait: Span::ZERO,
        }
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current definition.
    pub fn config(&self) -> &Service {
        &self.config
    }

    /// Sets the plan's definition: before each [`Input::Start`], and for services that a replan restarts.
    pub fn configure(&mut self, config: Service) {
        self.config = config;
    }

    /// The current state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Status for clients.
    pub fn status(&self) -> ServiceStatus {
        self.state.status()
    }

    /// True if clients may send signals to it.
    pub fn takes_signals(&self) -> bool {
        matches!(self.state, State::Starting | State::Running)
    }

    /// True if the daemon must stop it before its own end: it runs, or would restart.
    pub fn needs_stop(&self) -> bool {
        matches!(self.state, State::Starting | State::Running | State::Backoff)
    }

    /// Number of restarts in a row.
    pub fn backoff_count(&self) -> u32 {
        self.backoff_count
    }

    /// Processes an input and returns the outputs. `chance`, from 0 to 1, is the jitter of a backoff.
    pub fn step(&mut self, input: Input, chance: f64) -> Vec<Output> {
        match input {
            Input::Start => self.start(),
            Input::Spawned => self.spawned(),
            Input::SpawnFailed(why) => self.spawn_failed(why),
            Input::AbortStart => self.abort_start(),
            Input::Stop => self.stop(),
            Input::Exited(code) => self.exited(code, chance),
            Input::Elapsed(timer) => self.elapsed(timer),
            Input::CheckFailed(action) => self.check_failed(&action, chance),
        }
    }

    fn start(&mut self) -> Vec<Output> {
        match self.state {
            State::Starting | State::Running => {
                vec![
                    Output::TaskLog(format!("Service {} already started.", quote(&self.name))),
                    Output::Started(Ok(())),
                ]
            }
            State::Initial | State::Backoff | State::Stopped | State::Exited => {
                self.forget_backoff();
                self.go(State::Initial);
                vec![Output::ClearTimer(Timer::Backoff), Output::Spawn]
            }
            State::Terminating | State::Killing => {
                let message = format!("cannot start service while {}", self.state);
                vec![Output::Started(Err(StartError { message, ran: false }))]
            }
        }
    }

    fn spawned(&mut self) -> Vec<Output> {
        let reset = Output::SetTimer(Timer::Reset, self.config.effective_backoff_limit().to_std());
        match self.state {
            State::Initial => {
                self.go(State::Starting);
                vec![reset, Output::SetTimer(Timer::Okay, OKAY_DELAY)]
            }
            State::Backoff => {
                self.go(State::Running);
                vec![reset]
            }
            _ => Vec::new(),
        }
    }

    fn spawn_failed(&mut self, message: String) -> Vec<Output> {
        match self.state {
            State::Initial => {
                self.go(State::Stopped);
                vec![Output::Started(Err(StartError { message, ran: false }))]
            }
            // Pebble logs the bare error.
            _ => vec![Output::Log(message)],
        }
    }

    fn abort_start(&mut self) -> Vec<Output> {
        if self.state != State::Starting {
            return Vec::new();
        }
        self.go(State::Stopped);
        let message = "start aborted, sent SIGKILL to process".to_owned();
        vec![
            Output::ClearTimer(Timer::Okay),
            Output::Signal(Signal::Kill),
            Output::Started(Err(StartError { message, ran: false })),
        ]
    }

    fn stop(&mut self) -> Vec<Output> {
        match self.state {
            State::Starting => {
                let message = format!("service start attempt: stopped before the {}s okay delay", OKAY_DELAY.as_secs());
                let mut outputs =
                    vec![Output::ClearTimer(Timer::Okay), Output::Started(Err(StartError { message, ran: true }))];
                outputs.extend(self.terminate(false));
                outputs
            }
            State::Running => self.terminate(false),
            State::Backoff => {
                self.go(State::Stopped);
                let log = self.log("stopped while waiting for backoff");
                vec![Output::ClearTimer(Timer::Backoff), log, Output::Stopped(Ok(()))]
            }
            State::Terminating | State::Killing => self.nothing_to_stop("already stopping."),
            State::Stopped => self.nothing_to_stop("already stopped."),
            State::Exited => {
                self.go(State::Stopped);
                self.nothing_to_stop("had already exited.")
            }
            State::Initial => vec![Output::Stopped(Err(format!("cannot stop service while {}", self.state)))],
        }
    }

    fn nothing_to_stop(&self, why: &str) -> Vec<Output> {
        vec![Output::TaskLog(format!("Service {} {why}", quote(&self.name))), Output::Stopped(Ok(()))]
    }

    fn terminate(&mut self, restarting: bool) -> Vec<Output> {
        self.go(State::Terminating);
        self.restarting = restarting;
        vec![Output::Signal(Signal::Term), Output::SetTimer(Timer::Kill, self.config.effective_kill_delay())]
    }

    fn exited(&mut self, code: i32, chance: f64) -> Vec<Output> {
        let mut outputs = vec![Output::ClearTimer(Timer::Reset)];
        match self.state {
            State::Starting => {
                let (action, _) = self.config.exit_action(code == 0);
                let message = format!("service start attempt: exited quickly with code {code}, will {action}");
                outputs.push(Output::ClearTimer(Timer::Okay));
                outputs.push(Output::Started(Err(StartError { message, ran: true })));
                outputs.extend(self.ended(code, chance));
            }
            State::Running => outputs.extend(self.ended(code, chance)),
            State::Terminating | State::Killing => {
                outputs.extend([Output::ClearTimer(Timer::Kill), Output::ClearTimer(Timer::Fail)]);
                outputs.extend(self.stopped(chance));
            }
            State::Initial | State::Stopped | State::Backoff | State::Exited => {}
        }
        outputs
    }

    /// The process ended on request.
    fn stopped(&mut self, chance: f64) -> Vec<Output> {
        if self.restarting {
            let mut outputs = vec![self.log("exited after check failure, restarting")];
            outputs.extend(self.back_off("on-check-failure", chance));
            return outputs;
        }
        self.go(State::Stopped);
        vec![self.log("stopped"), Output::Stopped(Ok(()))]
    }

    /// The process ended by itself.
    fn ended(&mut self, code: i32, chance: f64) -> Vec<Output> {
        let (action, option) = self.config.exit_action(code == 0);
        let mut outputs = vec![self.log(&format!("stopped unexpectedly with code {code}"))];
        let shutdown = match action {
            Action::Ignore => {
                self.go(if code == 0 { State::Stopped } else { State::Exited });
                outputs.push(self.acts(option, &action, "not doing anything further"));
                return outputs;
            }
            Action::Shutdown if code == 0 => Shutdown::Success,
            Action::Shutdown | Action::FailureShutdown => Shutdown::ServiceFailure,
            Action::SuccessShutdown => Shutdown::Success,
            // The plan was validated, so all other values mean a restart.
            Action::Restart | Action::Unset | Action::Other(_) => {
                outputs.extend(self.back_off(option, chance));
                return outputs;
            }
        };
        self.go(State::Exited);
        let outcome = if shutdown == Shutdown::Success { "success" } else { "failure" };
        outputs.push(self.acts(option, &action, &format!("triggering {outcome} shutdown")));
        outputs.push(Output::Shutdown(shutdown));
        outputs
    }

    fn back_off(&mut self, option: &str, chance: f64) -> Vec<Output> {
        self.backoff_count += 1;
        self.backoff_wait = next_backoff(&self.config, self.backoff_wait);
        self.go(State::Backoff);
        let wait = self.backoff_wait.to_std();
        let wait = wait + jitter(wait, chance);
        let log = format!("waiting ~{} before restart (backoff {})", self.backoff_wait, self.backoff_count);
        vec![self.acts(option, &Action::Restart, &log), Output::SetTimer(Timer::Backoff, wait)]
    }

    /// A timer that elapses in another state than it was set in has no effect.
    fn elapsed(&mut self, timer: Timer) -> Vec<Output> {
        match (timer, self.state) {
            (Timer::Okay, State::Starting) => {
                self.go(State::Running);
                vec![Output::Started(Ok(()))]
            }
            (Timer::Backoff, State::Backoff) => vec![Output::Spawn],
            (Timer::Reset, State::Running) => {
                self.forget_backoff();
                Vec::new()
            }
            (Timer::Kill, State::Terminating) => {
                self.state = State::Killing;
                vec![Output::Signal(Signal::Kill), Output::SetTimer(Timer::Fail, FAIL_DELAY)]
            }
            (Timer::Fail, State::Killing) => self.given_up(),
            _ => Vec::new(),
        }
    }

    /// The process still runs after SIGKILL.
    fn given_up(&mut self) -> Vec<Output> {
        let restarting = self.restarting;
        self.go(State::Stopped);
        let mut outputs = vec![self.log("still running after SIGTERM and SIGKILL")];
        if !restarting {
            let why = "cannot stop service: process still running after SIGTERM and SIGKILL";
            outputs.push(Output::Stopped(Err(why.to_owned())));
        }
        outputs
    }

    fn check_failed(&mut self, action: &Action, chance: f64) -> Vec<Output> {
        if !matches!(self.state, State::Running | State::Backoff | State::Exited) {
            return Vec::new();
        }
        let option = "on-check-failure";
        match action {
            Action::Shutdown => {
                let log = self.acts(option, action, "triggering failure shutdown");
                vec![log, Output::Shutdown(Shutdown::CheckFailure)]
            }
            Action::SuccessShutdown => {
                let log = self.acts(option, action, "triggering success shutdown");
                vec![log, Output::Shutdown(Shutdown::Success)]
            }
            Action::Restart => match self.state {
                State::Running => {
                    let mut outputs = vec![self.acts(option, action, "terminating process before restarting")];
                    outputs.extend(self.terminate(true));
                    outputs
                }
                State::Exited => self.back_off(option, chance),
                _ => vec![self.acts(option, action, "waiting for current backoff")],
            },
            Action::Unset | Action::Ignore | Action::FailureShutdown | Action::Other(_) => Vec::new(),
        }
    }

    fn go(&mut self, state: State) {
        self.state = state;
        self.restarting = false;
    }

    fn forget_backoff(&mut self) {
        self.backoff_count = 0;
        self.backoff_wait = Span::ZERO;
    }

    /// A line about an option's action.
    fn acts(&self, option: &str, action: &Action, what: &str) -> Output {
        self.log(&format!("{option} action is {}, {what}", quote(action.as_str())))
    }

    fn log(&self, what: &str) -> Output {
        Output::Log(format!("Service {} {what}", quote(&self.name)))
    }
}
