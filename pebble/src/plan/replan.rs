//! Replan: the difference between running services and the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Plan, Service, Startup};

/// Services to stop and then to start, in lanes, so that the running services match the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replan {
    /// Services whose definition changed, and those that require them.
    pub stop: Vec<Vec<String>>,
    /// Services whose definition changed or that are enabled, and those that they require. Starting a running service
    /// has no effect.
    pub start: Vec<Vec<String>>,
    /// Services whose definition changed, with the new definition.
    pub changed: BTreeMap<String, Service>,
}

/// Compares the plan with the definitions that services were last started or replanned with.
///
/// `started` has every service that was ever started: a stopped service whose definition changed is started again, as
/// in Pebble.
///
/// # Errors
/// A started service that is not in the plan, or a loop in it. Neither happens with a validated plan, from which
/// services are never removed.
pub fn replan(started: &BTreeMap<String, Service>, plan: &Plan) -> Result<Replan, Error> {
    let changed: BTreeSet<&String> = started
        .iter()
        .filter(|(name, config)| plan.services.get(*name) != Some(config))
        .map(|(name, _)| name)
        .collect();
    let stop: Vec<String> = changed.iter().copied().cloned().collect();
    let due =
        plan.services.iter().filter(|(name, service)| changed.contains(name) || service.startup == Startup::Enabled);
    let start: Vec<String> = due.map(|(name, _)| name.clone()).collect();
    let definitions = changed.iter().filter_map(|name| plan.services.get_key_value(*name));
    Ok(Replan {
        stop: plan.stop_order(&stop)?,
        start: plan.start_order(&start)?,
        changed: definitions.map(|(name, service)| (name.clone(), service.clone())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(command: &str, startup: Startup) -> Service {
        Service { command: command.to_owned(), startup, ..Service::default() }
    }

    fn plan(services: &[(&str, Service)]) -> Plan {
        let services = services.iter().map(|(name, service)| ((*name).to_owned(), service.clone())).collect();
        Plan { services, ..Plan::default() }
    }

    #[test]
    fn only_what_changed_is_stopped() {
        let plan = plan(&[
            ("changed", service("new", Startup::Unset)),
            ("enabled", service("x", Startup::Enabled)),
            ("idle", service("x", Startup::Disabled)),
            ("same", service("x", Startup::Unset)),
        ]);
        let mut started = plan.services.clone();
        started.remove("enabled");
        started.remove("idle");
        started.insert("changed".to_owned(), service("old", Startup::Unset));
        let replan = replan(&started, &plan).unwrap();
        assert_eq!(replan.stop, [["changed"]]);
        assert_eq!(replan.start, [["changed"], ["enabled"]]);
        assert_eq!(replan.changed.into_values().collect::<Vec<_>>(), [service("new", Startup::Unset)]);
    }

    #[test]
    fn a_second_replan_stops_nothing() {
        let plan = plan(&[("web", service("x", Startup::Enabled))]);
        let replan = replan(&plan.services, &plan).unwrap();
        assert!(replan.stop.is_empty() && replan.changed.is_empty());
        assert_eq!(replan.start, [["web"]]);
    }

    #[test]
    fn dependants_stop_along() {
        let mut web = service("x", Startup::Unset);
        web.requires = vec!["db".to_owned()];
        web.after = vec!["db".to_owned()];
        let plan = plan(&[("db", service("new", Startup::Unset)), ("web", web.clone())]);
        let started = [("db".to_owned(), service("old", Startup::Unset)), ("web".to_owned(), web)].into();
        let replan = replan(&started, &plan).unwrap();
        assert_eq!(replan.stop, [["web", "db"]]);
        assert_eq!(replan.start, [["db"]], "as in Pebble, what was stopped along isn't started again");
    }

    #[test]
    fn a_started_service_must_be_in_the_plan() {
        let started = [("gone".to_owned(), Service::default())].into();
        assert_eq!(replan(&started, &Plan::default()).unwrap_err().to_string(), r#"service "gone" does not exist"#);
    }
}
