//! Leadership: a lease that a unit holds until it is gone, and the time without a leader until another unit claims it.
//!
//! Juju's leader keeps its lease while it leaves its relations, stops and is removed. Then the lease runs out, and any
//! remaining unit may claim it. Claiming is a step of its own here ([`Step::Election`]), so that a test can put other
//! hooks before it.

use super::{Error, Model};
use juju::{Event, UnitName};

/// A step that can be the model's next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The unit's next event.
    Hook {
        /// The unit.
        unit: UnitName,
        /// The event.
        event: Event,
    },
    /// The unit claims the leadership of its application, which has no leader.
    Election {
        /// The unit.
        unit: UnitName,
    },
}

impl Model {
    /// All steps that can be the next: an event for each unit that has one and runs no hook, and an election for each
    /// unit that could lead. [`Model::begin`] and [`Model::set_leader`] take them.
    pub fn steps(&self) -> Vec<Step> {
        let units: Vec<UnitName> = self.world.applications.values().flat_map(|app| app.units.keys().cloned()).collect();
        let hooks = units.into_iter().filter_map(|unit| {
            let event = self.next_event(&unit)?;
            Some(Step::Hook { unit, event })
        });
        let apps = self.world.applications.values();
        let candidates = apps.flat_map(|app| self.candidates(&app.name));
        hooks.chain(candidates.map(|unit| Step::Election { unit })).collect()
    }

    /// The units that may claim the leadership; empty while the application has a leader.
    fn candidates(&self, app: &str) -> Vec<UnitName> {
        let app = self.world.applications.get(app).filter(|app| app.leader.is_none());
        let units = app.into_iter().flat_map(|app| app.units.values());
        units.filter(|unit| !unit.is_dying).map(|unit| unit.name.clone()).collect()
    }

    /// Makes the first unit of each application without a leader its leader. Returns the new leaders; they get
    /// leader-elected.
    pub fn elect(&mut self) -> Vec<UnitName> {
        let apps: Vec<String> = self.applications().map(str::to_owned).collect();
        let leaders: Vec<UnitName> = apps.iter().filter_map(|app| self.candidates(app).into_iter().next()).collect();
        for leader in &leaders {
            self.lead(leader);
        }
        leaders
    }

    /// Makes a unit the leader. It gets leader-elected; the former leader gets no event and learns it from is-leader.
    ///
    /// # Errors
    /// There is no such unit, or it is being removed.
    pub fn set_leader(&mut self, unit: &UnitName) -> Result<(), Error> {
        if self.unit(unit)?.is_dying {
            return Err(Error::Leaving(unit.to_string()));
        }
        self.lead(unit);
        Ok(())
    }

    fn lead(&mut self, unit: &UnitName) {
        if let Ok(app) = self.application_mut(unit.app()) {
            app.leader = Some(unit.clone());
        }
    }

    /// The leader of an application, which may be a unit that is being removed; `None` without units, and between the
    /// end of a leader and the election of another.
    ///
    /// # Errors
    /// There is no such application.
    pub fn leader(&self, app: &str) -> Result<Option<&UnitName>, Error> {
        Ok(self.application(app)?.leader.as_ref())
    }

    /// Ends a unit's lease with the unit. Units without a charm claim it at once: the caller speaks for them.
    pub(super) fn end_lease(&mut self, unit: &UnitName) {
        let Ok(app) = self.application_mut(unit.app()) else { return };
        if app.leader.as_ref() == Some(unit) {
            let heir = app.units.values().find(|unit| !unit.is_dying).map(|unit| unit.name.clone());
            app.leader = heir.filter(|_| app.charm.is_none());
        }
    }
}
