//! Who may read and write which databag and which secret.

use super::{Error, Transaction};
use crate::model::relation::Relation;
use crate::model::secret::{Secret, SecretOwner};
use crate::model::world::World;
use juju::{Entity, SecretId, UnitName};

impl Transaction<'_> {
    /// The rules of relation-get.
    pub(super) fn may_read_bag(&self, relation: &Relation, owner: &Entity) -> Result<(), Error> {
        let me = self.unit();
        let denied = |why| {
            let what = format!("read the databag of {} in relation {}", owner, relation.id);
            Error::Denied { who: me.to_string(), what, why, juju: "permission denied" }
        };
        match owner {
            Entity::App(app) if app == me.app() && !relation.is_peer() && !self.is_leader() => {
                Err(denied("it is not the leader, and this is no peer relation"))
            }
            Entity::App(app) if app == me.app() || app == relation.remote_app(me.app()) => Ok(()),
            Entity::Unit(unit) if unit == me => Ok(()),
            Entity::Unit(unit) if unit.app() == relation.remote_app(me.app()) && relation.bags.contains_key(owner) => {
                // The settings of a unit that departed stay readable as long as the relation lives.
                if self.is_breaking(relation) { Err(denied("the relation is broken")) } else { Ok(()) }
            }
            _ => Err(denied("it takes no part in the relation")),
        }
    }

    /// The rules of relation-set.
    pub(super) fn may_write_bag(&self, relation: &Relation, owner: &Entity) -> Result<(), Error> {
        let me = self.unit();
        let why = match owner {
            Entity::Unit(unit) if unit == me => return Ok(()),
            Entity::App(app) if app == me.app() && self.is_leader() => return Ok(()),
            Entity::App(app) if app == me.app() => "it is not the leader",
            _ => "a unit writes its own databag and, when leader, its application's",
        };
        let what = format!("write the databag of {} in relation {}", owner, relation.id);
        Err(Error::Denied { who: me.to_string(), what, why, juju: "cannot write relation settings" })
    }

    /// The secret, if this unit may change it.
    pub(super) fn managed(&self, id: &SecretId, what: &str) -> Result<&Secret, Error> {
        let me = self.unit();
        let secret = self.view().secrets.get(id).filter(|secret| secret.is_owned_by(me));
        let secret = secret.ok_or_else(|| not_found(id.id()))?;
        if secret.is_managed_by(me, self.is_leader()) {
            return Ok(secret);
        }
        let (who, what) = (me.to_string(), format!("{what} secret {}", id.id()));
        Err(Error::Denied { who, what, why: "it is not the leader", juju: "permission denied" })
    }
}

/// What Juju says of a secret that isn't there.
pub(super) fn not_found(what: &str) -> Error {
    Error::NotFound(format!("secret \"{what}\" not found"))
}

impl World {
    /// May the unit read the secret? The owner may, and whoever it is granted to, while that relation lives.
    pub(crate) fn may_read(&self, secret: &Secret, unit: &UnitName) -> bool {
        if secret.is_owned_by(unit) || secret.granted_to.contains(unit.app()) {
            return true;
        }
        let owner = match &secret.owner {
            SecretOwner::User => return false,
            SecretOwner::App(app) => app.as_str(),
            SecretOwner::Unit(owner) => owner.app(),
        };
        secret.grants.iter().any(|grant| {
            let relation = self.relations.get(&grant.relation);
            let joins = relation.is_some_and(|r| r.side(owner).is_some() && r.side(unit.app()).is_some());
            joins && grant.unit.as_ref().is_none_or(|only| only == unit)
        })
    }
}
