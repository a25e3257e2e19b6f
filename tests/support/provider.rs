//! The other side of a relation, in the test's hand: applications without a charm.

use std::collections::BTreeMap;

use interfaces::{Changes, Offer};
use juju::{Databag, Entity, RelationId, Role, SecretContent, SecretId, UnitName, View, Whose};

use super::World;

/// The provider's data of a database that can be used.
pub(crate) const DATABASE: [(&str, &str); 4] =
    [("endpoints", "db:5432"), ("username", "user-1"), ("password", "pass-word-1"), ("database", "shop")];

impl World {
    /// Integrates our endpoint with a new application; nobody says anything yet.
    pub(crate) fn integrate(&self, endpoint: &str, app: &str) -> RelationId {
        let interface = match endpoint {
            "mysql" | "mongodb" | "valkey" => format!("{endpoint}_client"),
            "http-proxy" => "http_proxy".to_owned(),
            "oidc" => "oauth".to_owned(),
            "postgresql" | "the-orders" => "postgresql_client".to_owned(),
            same => same.to_owned(),
        };
        self.server.with(|model| {
            let offer = vec![juju_testing::endpoint("offer", Role::Provides, interface)];
            model.add_application(app, offer, 1).unwrap();
            model.integrate(&format!("{}:{endpoint}", self.unit.app()), app).unwrap()
        })
    }

    /// The other side's application says this; an empty value takes its key away.
    pub(crate) fn say(&self, relation: RelationId, app: &str, data: &[(&str, &str)]) {
        let changes: Databag = data.iter().copied().collect();
        self.server.with(|model| model.set_databag(relation, &Entity::App(app.to_owned()), &changes)).unwrap();
    }

    /// The relation as the leader of the other side sees it, whose endpoint is called as ours.
    pub(crate) fn remote_view(&self, relation: RelationId, endpoint: &str, app: &str) -> View {
        let bag = |entity: Entity| self.server.with(|model| model.databag(relation, &entity)).unwrap();
        View {
            app: Some(self.unit.app().to_owned()),
            remote_app: self.ours(relation, Whose::App),
            local_app: Some(bag(Entity::App(app.to_owned()))),
            local_unit: bag(Entity::Unit(UnitName::new(app, 0))),
            ..View::empty(endpoint, relation)
        }
    }

    /// The other side's leader writes this, secrets first. Says where these are.
    pub(crate) fn answer(&self, relation: RelationId, app: &str, changes: &Changes) -> BTreeMap<String, SecretId> {
        let secrets: BTreeMap<_, _> =
            changes.offers.iter().map(|offer| (offer.label.clone(), self.give(app, offer))).collect();
        let halves =
            [(&changes.app, Entity::App(app.to_owned())), (&changes.unit, Entity::Unit(UnitName::new(app, 0)))];
        self.server.with(|model| {
            for (draft, entity) in halves {
                let written = draft.resolve(&model.databag(relation, &entity).unwrap(), &secrets).unwrap();
                model.set_databag(relation, &entity, &written).unwrap();
            }
        });
        secrets
    }

    /// A secret of the other side's application, granted to the relation.
    pub(crate) fn give(&self, app: &str, offer: &Offer) -> SecretId {
        self.server.with(|model| {
            let id = model.add_secret(app, offer.content.clone()).unwrap();
            model.grant_secret(&id, offer.relation).unwrap();
            id
        })
    }

    /// Ends a relation and lets the charm hear of it.
    pub(crate) fn separate(&self, relation: RelationId) {
        self.server.with(|model| model.remove_relation(relation)).unwrap();
        self.settle();
    }

    /// A secret of the application at the other side, granted to nobody.
    pub(crate) fn secret(&self, app: &str, content: &[(&str, &str)]) -> SecretId {
        self.server.with(|model| model.add_secret(app, secret(content))).unwrap()
    }

    /// Our half of a relation.
    pub(crate) fn ours(&self, relation: RelationId, whose: Whose) -> Databag {
        let entity = match whose {
            Whose::App => Entity::App(self.unit.app().to_owned()),
            Whose::Unit => Entity::Unit(self.unit.clone()),
        };
        self.server.with(|model| model.databag(relation, &entity)).unwrap()
    }
}

/// The content of a secret.
pub(crate) fn secret(content: &[(&str, &str)]) -> SecretContent {
    content.iter().map(|(key, value)| ((*key).to_owned(), juju::Secret::from(*value))).collect()
}
