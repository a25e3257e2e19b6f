//! Units: added, removed, and found by name.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use juju::UnitName;
use juju_testing::ModelError;

use super::deployment::add_unit;
use super::{Application, Input, SOCKET, Session};
use crate::control::Answer;
use crate::provider::Provider;

impl Session {
    /// The unit that `name` stands for: `APP/NUMBER`, or `APP/leader`.
    pub(super) fn unit(&self, name: &str) -> Result<UnitName, String> {
        let units = self.units();
        let found = match name.strip_suffix("/leader") {
            Some(app) => self.leader(app).filter(|leader| units.contains(leader)),
            None => units.iter().find(|unit| unit.to_string() == name).cloned(),
        };
        found.ok_or_else(|| {
            let known: Vec<_> = units.iter().map(ToString::to_string).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!("there is no unit {name:?}; there is: {known}")
        })
    }

    /// The application with that name. Refuses a server of the playground's.
    fn with_units(&self, app: &str) -> Result<Arc<Application>, String> {
        let is_server = || {
            let provider = Provider::named(app);
            provider.is_some_and(|one| self.server.with(|model| model.applications().any(|name| name == one.app)))
        };
        self.application(app).ok_or_else(|| {
            if is_server() {
                format!("{app} is a server of the playground's: it always has one unit")
            } else {
                self.no_application(app)
            }
        })
    }

    /// The unit whose machine a unit runs on: a subordinate's principal, or else the unit itself.
    pub(super) fn machine_of(&self, unit: &UnitName) -> UnitName {
        let principal = self.server.with(|model| model.principal(unit).ok().flatten().cloned());
        principal.unwrap_or_else(|| unit.clone())
    }

    /// True for a unit that runs on another one's machine.
    pub(super) fn is_subordinate(&self, unit: &UnitName) -> bool {
        self.machine_of(unit) != *unit
    }

    /// The unit's address in the model.
    pub(super) fn address_of(&self, unit: &UnitName) -> Option<Ipv4Addr> {
        let machine = self.machine_of(unit);
        self.application(machine.app()).map(|app| app.address(&machine))
    }

    /// Socket of the Pebble in the unit's own pod.
    pub(super) fn socket(&self, unit: &UnitName) -> Option<PathBuf> {
        let app = self.application(unit.app())?;
        Some(self.places.containers_of(unit).join(&app.prepared.container).join(SOCKET))
    }

    /// Message about a name that is no application's.
    pub(super) fn no_application(&self, app: &str) -> String {
        format!("there is no application {app:?}; there is: {}", self.application_names())
    }

    /// The application that a verb means without naming one. With several, `what` is to be named.
    pub(super) fn only_application(&self, what: &str) -> Result<Arc<Application>, String> {
        match self.applications().as_slice() {
            [only] => Ok(Arc::clone(only)),
            _ => Err(format!("name {what}; there is: {}", self.application_names())),
        }
    }

    fn application_names(&self) -> String {
        let names: Vec<_> = self.applications().iter().map(|app| app.name().to_owned()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    pub(super) fn add_units(&self, app: &str, count: u32, inputs: &Sender<Input>) -> Result<Answer, String> {
        let app = self.with_units(app)?;
        let added = self.server.with(|model| (0..count).map(|_| add_unit(model, &app)).collect::<Result<Vec<_>, _>>());
        let added = added.map_err(|error| crate::chain(&error))?;
        self.changed(app.name(), &added, inputs)
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
        if let Some(unit) = units.iter().find(|unit| self.is_subordinate(unit)) {
            return Err(crate::chain(&ModelError::SubordinateUnit(unit.to_string())));
        }
        for unit in &units {
            // Fails for a unit that was named twice and is gone.
            let _ = self.server.with(|model| model.remove_unit(unit));
        }
        self.route();
        let app = units.first().map(|unit| unit.app().to_owned()).unwrap_or_default();
        self.changed(&app, &units, inputs)
    }

    fn named(&self, name: &str) -> Result<UnitName, String> {
        if name.contains('/') {
            return self.unit(name);
        }
        self.with_units(name)?;
        Err(format!("name units of {name}, or their number: `webcharm remove-unit {name} --num-units 1`"))
    }

    /// The last units of an application, which Kubernetes removes first.
    fn highest(&self, app: &str, count: u32) -> Result<Vec<UnitName>, String> {
        self.with_units(app)?;
        let units = self.units_of(app);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count == 0 || count > units.len() {
            return Err(format!("{app} has {} units: --num-units is from 1 to that", units.len()));
        }
        Ok(units.into_iter().rev().take(count).collect())
    }

    fn changed(&self, app: &str, units: &[UnitName], inputs: &Sender<Input>) -> Result<Answer, String> {
        let well = self.await_settled(inputs)?;
        let units = units.iter().map(ToString::to_string).collect();
        Ok(Answer::Units {
            units,
            app: app.to_owned(),
            left: self.units_of(app).len(),
            well,
            problems: self.present_problems(),
        })
    }
}
