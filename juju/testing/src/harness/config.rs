//! Leadership, options, the model's name and the planned number of units.

use super::{Done, Harness};
use crate::model::{Addresses, Application, Unit};
use juju::{Charm, Config, ConfigValue, Event, UnitName};
use std::collections::BTreeSet;

impl<C: Charm> Harness<C> {
    /// Makes the unit the leader, or not. A leader gets leader-elected, each time this is called; a unit that loses
    /// leadership gets no event.
    ///
    /// # Errors
    /// The charm fails.
    pub fn set_leader(&mut self, is_leader: bool) -> Done<C> {
        let unit = self.unit.clone();
        if let Some(app) = self.application_mut() {
            app.leader = is_leader.then_some(unit);
        }
        if is_leader { self.fire(&Event::LeaderElected) } else { Ok(()) }
    }

    /// Sets options. The charm gets one config-changed.
    ///
    /// # Errors
    /// An option is unknown or of another type; the charm fails.
    pub fn update_config<K: Into<String>, V: Into<ConfigValue>>(
        &mut self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Done<C> {
        let options = options.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let app = self.unit.app().to_owned();
        self.model.configure(&app, &options)?;
        self.fire(&Event::ConfigChanged)
    }

    /// Returns options to their defaults; an option without a default has no value then. The charm gets one
    /// config-changed.
    ///
    /// # Errors
    /// An option is unknown; the charm fails.
    pub fn unset_config(&mut self, options: &[&str]) -> Done<C> {
        let app = self.unit.app().to_owned();
        self.model.reset_config(&app, options)?;
        self.fire(&Event::ConfigChanged)
    }

    /// The options that have a value.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn config(&self) -> Done<C, Config> {
        Ok(self.model.config(self.unit.app())?)
    }

    /// Sets the model's name.
    ///
    /// # Errors
    /// [`HarnessError::AlreadyBegun`](super::HarnessError::AlreadyBegun).
    pub fn set_model_name(&mut self, name: &str) -> Done<C> {
        self.must_not_have_begun()?;
        self.model.world_mut().name = name.into();
        Ok(())
    }

    /// Sets the model's UUID.
    ///
    /// # Errors
    /// [`HarnessError::AlreadyBegun`](super::HarnessError::AlreadyBegun).
    pub fn set_model_uuid(&mut self, uuid: &str) -> Done<C> {
        self.must_not_have_begun()?;
        self.model.world_mut().uuid = uuid.into();
        Ok(())
    }

    /// Trusts the charm with the cloud's credential, which it reads as this JSON. It fires no event.
    pub fn set_cloud_spec(&mut self, spec: &serde_json::Value) {
        self.model.set_credential(spec.to_string());
    }

    /// Sets the number of units that the operator wants, this one included. It fires no event.
    pub fn set_planned_units(&mut self, count: u32) {
        self.reset_planned_units();
        let (me, peers) = (self.unit.clone(), self.peers());
        let Some(app) = self.application_mut() else { return };
        let wanted = count.saturating_sub(1) as usize;
        for peer in peers.iter().skip(wanted) {
            if let Some(unit) = app.units.get_mut(peer) {
                unit.is_dying = true;
            }
        }
        let fresh = (0..).map(|number| UnitName::new(me.app(), number));
        let fresh: Vec<UnitName> = fresh
            .filter(|name| *name != me && !peers.contains(name))
            .take(wanted.saturating_sub(peers.len()))
            .collect();
        for name in fresh {
            app.units.insert(name.clone(), Unit::new(name, Addresses::of(super::network::DEFAULT_ADDRESS)));
        }
    }

    /// Plans the units that the peer relations have, and this one.
    pub fn reset_planned_units(&mut self) {
        let (me, peers) = (self.unit.clone(), self.peers());
        let Some(app) = self.application_mut() else { return };
        let extra = |name: &&UnitName| **name != me && !peers.contains(*name);
        for name in app.units.keys().filter(extra).cloned().collect::<Vec<_>>() {
            app.units.remove(&name);
        }
        app.units.change_where(|unit| unit.is_dying, |unit| unit.is_dying = false);
    }

    /// The other units of the application that a peer relation has.
    fn peers(&self) -> BTreeSet<UnitName> {
        let world = self.model.world();
        let peers = world.relations_of(self.unit.app()).filter(|relation| relation.is_peer());
        peers.flat_map(|relation| relation.counterparts(&self.unit)).cloned().collect()
    }

    pub(super) fn application_mut(&mut self) -> Option<&mut Application> {
        let app = self.unit.app().to_owned();
        self.model.world_mut().applications.get_mut(&app)
    }
}
