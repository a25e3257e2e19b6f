//! The services of the charm's layer: the rock's definitions with the workload's variables. Pure.
//!
//! The charm keeps the rock's definition and adds its own variables above the rock's. Each service of the layer
//! replaces the previous definition, so a removed variable disappears.

use std::collections::BTreeMap;

use pebble::plan::{Environment, Layer, Override, Service, Startup};

use crate::framework::Framework;

/// Python's list of folders with modules.
pub const PYTHONPATH: &str = "PYTHONPATH";

/// Services of the rock, as before the first layer of the charm.
pub type Services = BTreeMap<String, Service>;

/// File in which the charm stores the rock's services. Path and format are the Python framework's.
#[must_use]
pub fn original_path(framework: &Framework) -> String {
    format!("{}/original-services.json", framework.state_dir)
}

/// Role of a service. Names that end in `-worker` or `-scheduler`, in any case, have that role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceRole {
    /// Web application.
    Main,
    /// Background work, on every unit.
    Worker,
    /// Work that must run once only: on unit 0.
    Scheduler,
    /// Service of the rock that the charm does not change.
    Other,
}

impl ServiceRole {
    /// Role of the service of this name.
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

/// Makes the layer of this unit: main service (with `command`, if given), workers and schedulers.
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

/// Adds the charm's variables to the rock's and overrides those of the same name. The rock's `PYTHONPATH` is kept,
/// after the charm's.
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
    fn the_charms_variables_override_the_rocks_and_its_python_path_comes_first() {
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
