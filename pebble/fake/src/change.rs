//! Changes: start and stop tasks in lanes, carried out to the end.

use pebble::plan::quote;
use pebble::plan::service_state::Input;

use crate::Pebble;

/// Action of a change's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Start,
    Stop,
}

/// Services of a lane that are not done, the current one first.
struct Lane {
    services: std::vec::IntoIter<String>,
    current: Option<String>,
}

impl Pebble {
    /// Carries out groups of lanes one after the other; lanes of a group run in parallel. A failed task ends its lane
    /// and all later groups.
    ///
    /// # Errors
    /// The failed tasks, in Pebble's words.
    pub(crate) fn change(&mut self, groups: &[(Verb, Vec<Vec<String>>)]) -> Result<(), String> {
        for (verb, lanes) in groups {
            let failed = self.lanes(*verb, lanes);
            if !failed.is_empty() {
                return Err(format!("cannot perform the following tasks:{}", failed.concat()));
            }
        }
        Ok(())
    }

    /// Runs lanes in parallel to their ends; returns a line for each failed task.
    fn lanes(&mut self, verb: Verb, lanes: &[Vec<String>]) -> Vec<String> {
        let lane = |services: &Vec<String>| Lane { services: services.clone().into_iter(), current: None };
        let mut lanes: Vec<Lane> = lanes.iter().map(lane).collect();
        let mut failed = Vec::new();
        loop {
            for lane in &mut lanes {
                self.follow(verb, lane, &mut failed);
            }
            lanes.retain(|lane| lane.current.is_some());
            if lanes.is_empty() || self.next_event().is_none() {
                return failed;
            }
            self.pass_to_next_event();
        }
    }

    /// Takes a lane's results and begins its next tasks, as far as they end at once.
    fn follow(&mut self, verb: Verb, lane: &mut Lane, failed: &mut Vec<String>) {
        loop {
            if let Some(name) = &lane.current {
                let Some(result) = self.take_result(name) else { return };
                if let Err(why) = result {
                    failed.push(format!("\n- {verb:?} service {} ({why})", quote(name)));
                    lane.services = Vec::new().into_iter();
                }
            }
            lane.current = lane.services.next();
            let Some(name) = lane.current.clone() else { return };
            self.begin(verb, &name);
        }
    }

    fn begin(&mut self, verb: Verb, name: &str) {
        match verb {
            Verb::Start => {
                self.enter(name);
                self.request(name, Input::Start);
            }
            Verb::Stop => self.request(name, Input::Stop),
        }
    }
}
