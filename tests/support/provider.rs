//! The other side of a relation, in the test's hand: applications without a charm.

use juju::{Databag, Entity, RelationId, Role, SecretContent, SecretId, Whose};

use super::World;

/// The provider's data of a database that can be used.
pub(crate) const DATABASE: [(&str, &str); 4] =
    [("endpoints", "db:5432"), ("username", "user-1"), ("password", "pass-word-1"), ("database", "shop")];

impl World {
    /// Integrates our endpoint with a new application; nobody says anything yet.
    pub(crate) fn integrate(&self, endpoint: &str, app: &str) -> RelationId {
        let interface = match endpoint {
            "mysql" => "mysql_client",
            "ingress" => "ingress",
            _ => "postgresql_client",
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
