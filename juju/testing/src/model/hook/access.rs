//! Access rules for databags and secrets.

use super::{Error, Transaction};
use crate::model::relation::Relation;
use crate::model::secret::{Secret, SecretOwner};
use crate::model::world::World;
use juju::{Entity, SecretId, UnitName};

impl Transaction<'_> {
    /// Refuses a read that relation-get refuses.
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
            Entity::Unit(unit)
                if unit.app() == relation.remote_app(me.app())
                    && relation.bags.contains_key(owner)
                    && relation.may_meet(me, unit) =>
            {
                // The databag of a departed unit stays readable until the relation is broken.
                if self.is_breaking(relation) { Err(denied("the relation is broken")) } else { Ok(()) }
            }
            _ => Err(denied("it takes no part in the relation")),
        }
    }

    /// Refuses a write that relation-set refuses.
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

    /// A secret that this unit may change. `what` is the call's verb, for the error.
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

/// Juju's error for a secret that doesn't exist.
pub(super) fn not_found(what: &str) -> Error {
    Error::NotFound(format!("secret \"{what}\" not found"))
}

impl World {
    /// True if the unit may read the secret: as an owner, by a grant to an existing relation, or for a user's secret by
    /// a grant to its application.
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
