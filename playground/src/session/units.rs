//! Units: added, removed, and found by name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use juju::UnitName;
use juju_testing::{Model, ModelError};

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
        found.ok_or_else(|| no_unit(name, &units))
    }

    /// The application with that name, which has a charm. Says of a server that the model lacks what could be done with it.
    fn with_units(&self, app: &str) -> Result<Arc<Application>, String> {
        let refused = |server| self.providers().check_units(server, &[]).err().map(|error| crate::chain(&error));
        let why = || Provider::named(app).and_then(refused).unwrap_or_else(|| self.no_application(app));
        self.application(app).ok_or_else(why)
    }

    /// The server with that name, if the model has its application.
    fn server_named(&self, app: &str) -> Option<&'static Provider> {
        let provider = Provider::named(app).filter(|_| self.application(app).is_none())?;
        self.server.with(|model| model.applications().any(|name| name == provider.app)).then_some(provider)
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
        if let Some(server) = self.server_named(app) {
            let added = self.add_server_units(server, count)?;
            return self.changed(server.app, &added, inputs);
        }
        let app = self.with_units(app)?;
        let added = self.server.with(|model| (0..count).map(|_| add_unit(model, &app)).collect::<Result<Vec<_>, _>>());
        let added = added.map_err(|error| crate::chain(&error))?;
        self.changed(app.name(), &added, inputs)
    }

    /// Adds units to a server. Those that can't be started are no units.
    fn add_server_units(&self, server: &'static Provider, count: u32) -> Result<Vec<UnitName>, String> {
        let mut providers = self.providers();
        providers.check_units(server, &[]).map_err(|error| crate::chain(&error))?;
        let add = |model: &mut Model| (0..count).map(|_| model.add_unit(server.app)).collect::<Result<Vec<_>, _>>();
        let added = self.server.with(add).map_err(|error| crate::chain(&error))?;
        if let Err(error) = providers.add_units(server, &numbers(&added)) {
            self.retire(&added);
            return Err(crate::chain(&error));
        }
        // A pod that can't be told is told again when the model has settled.
        let _ = self.introduce_servers(&providers);
        Ok(added)
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
        let failed = self.retire_everywhere(&units)?;
        self.route();
        let app = units.first().map(|unit| unit.app().to_owned()).unwrap_or_default();
        let answer = self.changed(&app, &units, inputs)?;
        failed.map_or(Ok(answer), Err)
    }

    /// Takes units out of the model, and those of servers out of their servers. Returns why others could not take over, if so.
    fn retire_everywhere(&self, units: &[UnitName]) -> Result<Option<String>, String> {
        let servers = self.servers_of(units);
        if servers.is_empty() {
            self.retire(units);
            return Ok(None);
        }
        let mut providers = self.providers();
        for (server, leaving) in &servers {
            providers.check_units(server, leaving).map_err(|error| crate::chain(&error))?;
        }
        self.retire(units);
        let ended: Vec<_> = servers.iter().map(|(server, leaving)| providers.remove_units(server, leaving)).collect();
        // A pod that can't be told is told again when the model has settled.
        let _ = self.introduce_servers(&providers);
        Ok(ended.into_iter().find_map(Result::err).map(|error| crate::chain(&error)))
    }

    /// The servers that have some of these units, with the numbers of those.
    fn servers_of(&self, units: &[UnitName]) -> Vec<(&'static Provider, Vec<u32>)> {
        let mut numbers: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for unit in units {
            numbers.entry(unit.app()).or_default().insert(unit.number());
        }
        let server =
            |(app, numbers): (&str, BTreeSet<u32>)| Some((self.server_named(app)?, numbers.into_iter().collect()));
        numbers.into_iter().filter_map(server).collect()
    }

    /// Takes units out of the model.
    fn retire(&self, units: &[UnitName]) {
        for unit in units {
            // Fails for a unit that was named twice and is gone.
            let _ = self.server.with(|model| model.remove_unit(unit));
        }
    }

    fn named(&self, name: &str) -> Result<UnitName, String> {
        let Some((app, number)) = name.split_once('/') else {
            let app = self.server_named(name).map_or(name, |server| server.app);
            self.units_known(name)?;
            return Err(format!("name units of {app}, or their number: `webcharm remove-unit {app} --num-units 1`"));
        };
        let Some(server) = self.server_named(app) else { return self.unit(name) };
        let unit = format!("{}/{number}", server.app);
        let units = self.units_of(server.app);
        units.iter().find(|known| known.to_string() == unit).cloned().ok_or_else(|| no_unit(name, &units))
    }

    /// The units of an application or server.
    fn units_known(&self, app: &str) -> Result<Vec<UnitName>, String> {
        match self.server_named(app) {
            Some(server) => {
                // Says first that a server has one unit for good.
                self.providers().check_units(server, &[]).map_err(|error| crate::chain(&error))?;
                Ok(self.units_of(server.app))
            }
            None => Ok(self.units_of(self.with_units(app)?.name())),
        }
    }

    /// The last units of an application, which Kubernetes removes first.
    fn highest(&self, app: &str, count: u32) -> Result<Vec<UnitName>, String> {
        let units = self.units_known(app)?;
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

/// Message about a name that is no unit's.
fn no_unit(name: &str, known: &[UnitName]) -> String {
    let known: Vec<_> = known.iter().map(ToString::to_string).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("there is no unit {name:?}; there is: {known}")
}

fn numbers(units: &[UnitName]) -> Vec<u32> {
    units.iter().map(UnitName::number).collect()
}
