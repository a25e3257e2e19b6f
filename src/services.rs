//! The services of the charm's layer: what the rock brought, with the workload's variables. Pure.
//!
//! The rock's definition of a service is kept but for its environment, which lies beneath the charm's. Every
//! service of the layer replaces the one before it, so that a variable that is gone is gone.

use std::collections::BTreeMap;

use pebble::plan::{Environment, Layer, Override, Service, Startup};

use crate::framework::Framework;

/// Where Python looks for modules besides its own places.
pub const PYTHONPATH: &str = "PYTHONPATH";

/// The services the rock brought, before the charm touched them.
pub type Services = BTreeMap<String, Service>;

/// The file in which the rock's services are written down. It's the Python framework's name and form of it.
#[must_use]
pub fn original_path(framework: &Framework) -> String {
    format!("{}/original-services.json", framework.state_dir)
}

/// What a service is to the charm. A name that ends in `-worker` or `-scheduler`, in any case, says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceRole {
    /// The web application.
    Main,
    /// Background work, on every unit.
    Worker,
    /// Work that may be done only once, on unit 0.
    Scheduler,
    /// The rock's own affair.
    Other,
}

impl ServiceRole {
    /// The part of the service of this name.
    #[must_use]
    pub fn of(framework: &Framework, name: &str) -> Self {
        let small = name.to_lowercase();
        match name {
            _ if name == framework.name => Self::Main,
            _ if small.ends_with("-worker") => Self::Worker,
            _ if small.ends_with("-scheduler") => Self::Scheduler,
            _ => Self::Other,
        }
    }
}

/// The layer for this unit: main service (with `command`, if one is given), workers and schedulers.
#[must_use]
pub fn layer(
    framework: &Framework,
    original: &Services,
    environment: &Environment,
    unit_number: u32,
    command: Option<&str>,
) -> Layer {
    let mut layer = Layer::default();
    for (name, service) in original {
        let role = ServiceRole::of(framework, name);
        if role == ServiceRole::Other {
            continue;
        }
        let mut service = Service { override_: Override::Replace, ..service.clone() };
        if role == ServiceRole::Scheduler && unit_number != 0 {
            service.startup = Startup::Disabled;
        } else {
            give(&mut service.environment, environment);
        }
        if let (ServiceRole::Main, Some(command)) = (role, command) {
            command.clone_into(&mut service.command);
        }
        layer.services.insert(name.clone(), service);
    }
    layer
}

/// Lays the charm's variables above the rock's. Where Python looks for modules is a list: the rock's places stay in it.
fn give(rocks: &mut Environment, ours: &Environment) {
    let places = rocks.get(PYTHONPATH).filter(|places| !places.is_empty()).cloned();
    rocks.extend(ours.clone());
    if let (Some(places), Some(first)) = (places, ours.get(PYTHONPATH)) {
        rocks.insert(PYTHONPATH.to_owned(), format!("{first}:{places}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rocks_variables_stay_beneath_and_its_python_path_behind_ours() {
        let given = |rocks: &[(&str, &str)], ours: &[(&str, &str)]| {
            let mut rocks: Environment = rocks.iter().copied().collect();
            give(&mut rocks, &ours.iter().copied().collect());
            rocks.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(given(&[("A", "1"), ("B", "1")], &[("B", "2")]), ["A=1", "B=2"]);
        assert_eq!(given(&[(PYTHONPATH, "/a")], &[(PYTHONPATH, "/b")]), ["PYTHONPATH=/b:/a"]);
        assert_eq!(given(&[(PYTHONPATH, "")], &[(PYTHONPATH, "/b")]), ["PYTHONPATH=/b"]);
        assert_eq!(given(&[(PYTHONPATH, "/a")], &[]), ["PYTHONPATH=/a"]);
    }
}
