//! Databags of the model, and what the charm keeps.

use juju::{Databag, Entity, RelationId, Status, UnitName};
use juju_testing::Model;

use super::{APP, World};

impl World {
    /// Port of the instances.
    pub(crate) fn listen_port(&self) -> u16 {
        self.shared().text("current_port").unwrap().parse().unwrap()
    }

    /// Writes the application's databag of the peer relation from outside.
    pub(crate) fn write_shared(&self, settings: &[(&str, &str)]) {
        let (peers, changes) = (self.peers(), settings.iter().copied().collect());
        self.model.borrow_mut().set_databag(peers, &self.app(), &changes).unwrap();
    }

    /// The application, as the owner of a databag.
    #[allow(clippy::unused_self, reason = "beside the others")]
    pub(crate) fn app(&self) -> Entity {
        Entity::App(APP.to_owned())
    }

    pub(crate) fn peers(&self) -> RelationId {
        let model = self.model.borrow();
        model.relations().find(|relation| relation.interface == "pgb_peers").unwrap().id
    }

    /// The application's databag of the peer relation.
    pub(crate) fn shared(&self) -> Databag {
        self.model.borrow().databag(self.peers(), &Entity::App(APP.to_owned())).unwrap()
    }

    /// A unit's databag of the peer relation.
    pub(crate) fn told(&self, number: u32) -> Databag {
        self.model.borrow().databag(self.peers(), &Entity::Unit(Self::unit(number))).unwrap()
    }

    /// The application's databag of a relation.
    pub(crate) fn ours(&self, id: RelationId) -> Databag {
        self.model.borrow().databag(id, &Entity::App(APP.to_owned())).unwrap()
    }

    /// Names of the deferred handlers of a unit, oldest first.
    pub(crate) fn deferred(&self, number: u32) -> Vec<String> {
        deferred_of(&self.model.borrow(), &Self::unit(number))
    }

    /// The units' statuses, the client's databag and the base document: what an operator and the clients see.
    pub(crate) fn outcome(&self, client: RelationId) -> (Vec<Status>, Databag, Option<String>) {
        let statuses = self.all().iter().map(|unit| self.status(unit.number())).collect();
        let mut ours = self.ours(client);
        // The only texts that differ from run to run.
        ours.retain(|key, _| !key.starts_with("secret-"));
        (statuses, ours, self.shared().text("cfg_file").map(|text| self.neutral(text)))
    }
}

/// Names of the deferred handlers of a unit, oldest first.
pub(crate) fn deferred_of(model: &Model, unit: &UnitName) -> Vec<String> {
    let state = model.state(unit).unwrap();
    let queue: Vec<serde_json::Value> =
        state.get("juju.deferred").map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    queue.iter().map(|entry| entry["handler"].as_str().unwrap().to_owned()).collect()
}
