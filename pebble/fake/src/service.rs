//! A service: its state machine, process and timers.

use std::collections::BTreeMap;
use std::time::Duration;

use pebble::plan::service_state::{Input, Machine, Output, Signal, Timer};
use pebble::types::ServiceStatus;

use crate::Pebble;
use crate::process::Process;

/// A service that was started at least once.
#[derive(Debug)]
pub(crate) struct Service {
    machine: Machine,
    process: Option<Process>,
    timers: BTreeMap<Timer, Duration>,
    starts: usize,
    /// Result of the last request to start or stop, once there is one.
    result: Option<Result<(), String>>,
}

/// The next event of all services.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    service: String,
    input: Input,
}

impl Service {
    pub(crate) fn status(&self) -> ServiceStatus {
        self.machine.status()
    }

    pub(crate) fn starts(&self) -> usize {
        self.starts
    }

    pub(crate) fn config(&self) -> &pebble::plan::Service {
        self.machine.config()
    }

    pub(crate) fn configure(&mut self, config: pebble::plan::Service) {
        self.machine.configure(config);
    }

    /// The service's next event. An exit comes before a timer of the same time.
    fn next(&self) -> Option<(Duration, Input)> {
        let exit = self.process.and_then(|process| process.exit).map(|(at, code)| (at, Input::Exited(code)));
        let timers = self.timers.iter().map(|(timer, at)| (*at, Input::Elapsed(*timer)));
        exit.into_iter().chain(timers).min_by_key(|(at, _)| *at)
    }
}

impl Pebble {
    /// Adds a service, or updates its definition from the plan.
    pub(crate) fn enter(&mut self, name: &str) {
        let Some(config) = self.plan().services.get(name).cloned() else { return };
        match self.services.get_mut(name) {
            Some(service) => service.configure(config),
            None => {
                let machine = Machine::new(name, config);
                let service = Service { machine, process: None, timers: BTreeMap::new(), starts: 0, result: None };
                self.services.insert(name.to_owned(), service);
            }
        }
    }

    /// Sends a request to a service's machine. Without effect for a service that never ran.
    pub(crate) fn request(&mut self, name: &str, input: Input) {
        if let Some(service) = self.services.get_mut(name) {
            service.result = None;
        }
        self.step(name, input);
    }

    /// Takes the result of the last request, if there is one yet. A service that never ran is stopped.
    pub(crate) fn take_result(&mut self, name: &str) -> Option<Result<(), String>> {
        match self.services.get_mut(name) {
            Some(service) => service.result.take(),
            None => Some(Ok(())),
        }
    }

    pub(crate) fn next_event(&self) -> Option<Event> {
        let events = self.services.iter().filter_map(|(name, service)| {
            let (at, input) = service.next()?;
            Some(Event { at, service: name.clone(), input })
        });
        events.min_by_key(|event| event.at)
    }

    /// Sets the clock to the next event, if there is one, and carries it out.
    pub(crate) fn pass_to_next_event(&mut self) {
        let Some(Event { at, service: name, input }) = self.next_event() else { return };
        self.now = self.now.max(at);
        if let Some(service) = self.services.get_mut(&name) {
            match &input {
                Input::Exited(_) => service.process = None,
                Input::Elapsed(timer) => drop(service.timers.remove(timer)),
                _ => {}
            }
        }
        self.step(&name, input);
    }

    /// Feeds an input to a service's machine, and carries out its outputs. Backoff has no jitter.
    fn step(&mut self, name: &str, input: Input) {
        let Some(service) = self.services.get_mut(name) else { return };
        for output in service.machine.step(input, 0.0) {
            self.carry_out(name, output);
        }
    }

    fn carry_out(&mut self, name: &str, output: Output) {
        let now = self.now;
        let Some(service) = self.services.get_mut(name) else { return };
        match output {
            Output::Spawn => {
                let command = service.config().parse_command().unwrap_or_default().args();
                let program = command.first().map_or("", String::as_str);
                let spawned = if self.broken.contains(name) {
                    Err("the test has it fail".to_owned())
                } else {
                    self.processes.spawn(program, now)
                };
                let input = match spawned {
                    Ok(process) => {
                        service.process = Some(process);
                        service.starts += 1;
                        Input::Spawned
                    }
                    Err(why) => Input::SpawnFailed(format!("cannot start service: {why}")),
                };
                self.step(name, input);
            }
            Output::Signal(signal) => {
                if let Some(process) = &mut service.process {
                    match signal {
                        Signal::Term => process.terminate(now),
                        Signal::Kill => process.kill(now),
                    }
                }
            }
            Output::SetTimer(timer, delay) => drop(service.timers.insert(timer, now + delay)),
            Output::ClearTimer(timer) => drop(service.timers.remove(&timer)),
            Output::Started(result) => service.result = Some(result.map_err(|error| error.message)),
            Output::Stopped(result) => service.result = Some(result),
            Output::Shutdown(reason) => drop(self.shutdown.get_or_insert(reason)),
            Output::TaskLog(_) | Output::Log(_) => {}
        }
    }
}
