//! Units: added, removed, and found by name.

use std::sync::mpsc::Sender;

use juju::UnitName;
use juju_testing::{Addresses, Model, ModelError};

use super::{Input, Session};
use crate::control::Answer;
use crate::network;
use crate::provider::Provider;

/// Adds a unit with the address that its pod will have.
///
/// # Errors
/// When there is no such application.
pub(crate) fn add(model: &mut Model, app: &str) -> Result<UnitName, ModelError> {
    let unit = model.add_unit(app)?;
    model.set_addresses(&unit, Addresses::of(network::address(unit.number()).to_string()))?;
    Ok(unit)
}

impl Session {
    /// The unit that `name` stands for: `APP/NUMBER`, or `APP/leader`.
    pub(super) fn unit(&self, name: &str) -> Result<UnitName, String> {
        let units = self.units();
        let found = match name.strip_suffix("/leader") {
            Some(app) => self.leader().filter(|leader| leader.app() == app),
            None => units.iter().find(|unit| unit.to_string() == name).cloned(),
        };
        found.ok_or_else(|| {
            let known: Vec<_> = units.iter().map(ToString::to_string).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!("there is no unit {name:?}; there is: {known}")
        })
    }

    /// Refuses every application but the charm's.
    fn check_app(&self, app: &str) -> Result<(), String> {
        if app == self.names.app {
            return Ok(());
        }
        let is_server = Provider::named(app)
            .is_some_and(|provider| self.server.with(|model| model.applications().any(|name| name == provider.app)));
        Err(if is_server {
            format!("{app} is a server of the playground's: it always has one unit")
        } else {
            self.no_application(app)
        })
    }

    /// Message about a name that is no application's.
    pub(super) fn no_application(&self, app: &str) -> String {
        format!("there is no application {app:?}; there is: {}", self.names.app)
    }

    pub(super) fn add_units(&self, app: &str, count: u32, inputs: &Sender<Input>) -> Result<Answer, String> {
        self.check_app(app)?;
        let added = self.server.with(|model| (0..count).map(|_| add(model, app)).collect::<Result<Vec<_>, _>>());
        let added = added.map_err(|error| crate::chain(&error))?;
        self.changed(&added, inputs)
    }

    pub(super) fn remove_units(
        &self,
        names: &[String],
        count: Option<u32>,
        inputs: &Sender<Input>,
    ) -> Result<Answer, String> {
        let units = match (names, count) {
            ([app], Some(count)) if !app.contains('/') => self.highest(app, count)?,
            ([], _) | (_, Some(_)) => return Err("name units, or one application and --num-units".to_owned()),
            (names, None) => names.iter().map(|name| self.named(name)).collect::<Result<_, _>>()?,
        };
        for unit in &units {
            // Fails for a unit that was named twice and is gone.
            let _ = self.server.with(|model| model.remove_unit(unit));
        }
        self.route();
        self.changed(&units, inputs)
    }

    fn named(&self, name: &str) -> Result<UnitName, String> {
        if name.contains('/') {
            return self.unit(name);
        }
        self.check_app(name)?;
        Err(format!("name units of {name}, or their number: `webcharm remove-unit {name} --num-units 1`"))
    }

    /// The last units of an application, which Kubernetes removes first.
    fn highest(&self, app: &str, count: u32) -> Result<Vec<UnitName>, String> {
        self.check_app(app)?;
        let units = self.units();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count == 0 || count > units.len() {
            return Err(format!("{app} has {} units: --num-units is from 1 to that", units.len()));
        }
        Ok(units.into_iter().rev().take(count).collect())
    }

    fn changed(&self, units: &[UnitName], inputs: &Sender<Input>) -> Result<Answer, String> {
        let well = self.await_settled(inputs)?;
        let units = units.iter().map(ToString::to_string).collect();
        Ok(Answer::Units {
            units,
            app: self.names.app.clone(),
            left: self.units().len(),
            well,
            problems: self.present_problems(),
        })
    }
}
