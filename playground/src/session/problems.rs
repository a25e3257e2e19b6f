//! Failures of the playground itself; those of the charm are statuses.
//!
//! Each stays until the same step succeeds. Verbs that change the model print them and fail, and `status` shows them.

use std::collections::BTreeMap;

use juju::UnitName;

use super::Session;
use crate::provider::Provider;

/// Failures with their causes, by what failed.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// By unit, the reason why it has no pod.
    pods: BTreeMap<UnitName, String>,
    /// By unit, the reason why its charm's hook could not be run.
    hooks: BTreeMap<UnitName, String>,
    /// By provider's name, the reason why it could not be started.
    servers: BTreeMap<&'static str, String>,
    /// By the server's application, the reason why it could not answer a relation.
    pub(super) answers: BTreeMap<&'static str, String>,
    /// The reason why servers that ended could not be started again.
    revival: Option<String>,
    /// The reason why the pods have no network.
    network: Option<String>,
}

impl Problems {
    /// All of them, as messages for the user.
    fn list(&self) -> Vec<String> {
        let servers = self.servers.iter().map(|(name, why)| format!("cannot integrate {name}: {why}"));
        self.present().into_iter().chain(servers).collect()
    }

    /// Those that are a state of the model. A server that could not be started is not one of them: the model is well
    /// without it.
    fn present(&self) -> Vec<String> {
        let network = self.network.iter().map(|why| format!("the pods have no network: {why}"));
        let pods = self.pods.iter().map(|(unit, why)| no_pod(unit, why));
        let hooks = self.hooks.iter().map(|(unit, why)| format!("{unit} can't run its hook: {why}"));
        let revival = self.revival.iter().map(|why| format!("a server that ended can't be started again: {why}"));
        network.chain(pods).chain(hooks).chain(self.answers.values().cloned()).chain(revival).collect()
    }
}

fn no_pod(unit: &UnitName, why: &str) -> String {
    format!(
        "{unit} has no pod: {why}\nOnce that is mended, `webcharm remove-unit {unit}` and `webcharm add-unit {}` start another",
        unit.app()
    )
}

impl Session {
    /// The failures of the playground, with cause and remedy. Empty if it did everything.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().problems.list()
    }

    /// The failures for which every verb that changes the model fails, without those of servers at the start.
    pub(super) fn present_problems(&self) -> Vec<String> {
        self.state().problems.present()
    }

    /// The reason why the unit has no pod, if it could not be started.
    #[must_use]
    pub fn pod_problem(&self, unit: &UnitName) -> Option<String> {
        self.state().problems.pods.get(unit).map(|why| no_pod(unit, why))
    }

    /// Sets or clears the reason why a unit has no pod.
    pub fn set_pod_problem(&self, unit: &UnitName, why: Option<String>) {
        set(&mut self.state().problems.pods, unit.clone(), why);
    }

    /// Sets or clears the reason why a unit's hook could not be run.
    pub(super) fn set_hook_problem(&self, unit: &UnitName, why: Option<String>) {
        set(&mut self.state().problems.hooks, unit.clone(), why);
    }

    /// Sets or clears the reason why a server is not integrated.
    pub fn set_server_problem(&self, provider: &'static Provider, why: Option<String>) {
        set(&mut self.state().problems.servers, provider.name, why);
    }

    /// Sets or clears the reason why servers that ended could not be started again.
    pub(super) fn set_revival_problem(&self, why: Option<String>) {
        self.state().problems.revival = why;
    }

    /// Sets or clears the reason why the pods have no network.
    pub fn set_network_problem(&self, why: Option<String>) {
        self.state().problems.network = why;
    }

    /// Clears the problems of all units but `units`.
    pub(super) fn forget_problems_but(&self, units: &[UnitName]) {
        let problems = &mut self.state().problems;
        problems.pods.retain(|unit, _| units.contains(unit));
        problems.hooks.retain(|unit, _| units.contains(unit));
    }
}

fn set<K: Ord>(map: &mut BTreeMap<K, String>, key: K, why: Option<String>) {
    match why {
        Some(why) => {
            map.insert(key, why);
        }
        None => {
            map.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_with_cause_and_remedy_until_they_are_mended() {
        let mut problems = Problems::default();
        let unit: UnitName = "app/1".parse().unwrap();
        set(&mut problems.pods, unit.clone(), Some("no space".to_owned()));
        set(&mut problems.servers, "postgresql", Some("initdb ended".to_owned()));
        assert_eq!(
            problems.list(),
            [
                "app/1 has no pod: no space\nOnce that is mended, `webcharm remove-unit app/1` and `webcharm add-unit app` \
                 start another",
                "cannot integrate postgresql: initdb ended",
            ]
        );
        assert_eq!(problems.present().len(), 1, "the start's failure isn't that of a verb after it");
        set(&mut problems.pods, unit, None);
        set(&mut problems.servers, "postgresql", None);
        assert_eq!(problems.list(), [""; 0]);
    }
}
