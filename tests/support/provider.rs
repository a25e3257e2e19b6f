//! Remote applications of relations. They have no charm; the test writes their databags and secrets.

use juju::{Changes, Databag, Entity, RelationId, Role, SecretContent, SecretId, UnitName, View, Whose};

use super::World;

/// Usable data of a database's provider.
pub(crate) const DATABASE: [(&str, &str); 4] =
    [("endpoints", "db:5432"), ("username", "user-1"), ("password", "pass-word-1"), ("database", "shop")];

impl World {
    /// Integrates our endpoint with a new application, whose databag is empty.
    pub(crate) fn integrate(&self, endpoint: &str, app: &str) -> RelationId {
        let interface = match endpoint {
            "mysql" | "mongodb" | "valkey" => format!("{endpoint}_client"),
            "bucket" => "s3".to_owned(),
            "http-proxy" => "http_proxy".to_owned(),
            "oidc" => "oauth".to_owned(),
            "postgresql" | "the-orders" => "postgresql_client".to_owned(),
            "metrics-endpoint" => "prometheus_scrape".to_owned(),
            "logging" => "loki_push_api".to_owned(),
            "grafana-dashboard" => "grafana_dashboard".to_owned(),
            same => same.to_owned(),
        };
        // The charm provides its metrics and dashboards, and requires all else.
        let is_provided = ["metrics-endpoint", "grafana-dashboard"].contains(&endpoint);
        let role = if is_provided { Role::Requires } else { Role::Provides };
        self.server.with(|model| {
            model.add_application(app, vec![juju_testing::endpoint("offer", role, interface)], 1).unwrap();
            model.integrate(&format!("{}:{endpoint}", self.unit.app()), app).unwrap()
        })
    }

    /// Writes to the remote application's databag. An empty value removes its key.
    pub(crate) fn say(&self, relation: RelationId, app: &str, data: &[(&str, &str)]) {
        let changes: Databag = data.iter().copied().collect();
        self.server.with(|model| model.set_databag(relation, &Entity::App(app.to_owned()), &changes)).unwrap();
    }

    /// The relation as the remote application's leader sees it. Its endpoint has our endpoint's name.
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

    /// Publishes changes in the relation of `view` as the remote application's leader. Returns the ids of its secrets.
    pub(crate) fn answer(&self, view: &View, app: &str, changes: &Changes) -> Vec<SecretId> {
        let publish = |juju: &juju::Juju<'_>| -> Result<_, Box<dyn std::error::Error>> {
            juju.publish(view, changes)?;
            Ok(juju.secret_ids()?)
        };
        self.server.with(|model| model.speak_as(app, publish)).unwrap()
    }

    /// Removes a relation and runs the events that follow.
    pub(crate) fn separate(&self, relation: RelationId) {
        self.server.with(|model| model.remove_relation(relation)).unwrap();
        self.settle();
    }

    /// Adds a secret of the remote application without a grant.
    pub(crate) fn secret(&self, app: &str, content: &[(&str, &str)]) -> SecretId {
        self.server.with(|model| model.add_secret(app, secret(content))).unwrap()
    }

    /// Our application's or unit's databag of a relation.
    pub(crate) fn ours(&self, relation: RelationId, whose: Whose) -> Databag {
        let entity = match whose {
            Whose::App => Entity::App(self.unit.app().to_owned()),
            Whose::Unit => Entity::Unit(self.unit.clone()),
        };
        self.server.with(|model| model.databag(relation, &entity)).unwrap()
    }
}

/// Makes the content of a secret.
pub(crate) fn secret(content: &[(&str, &str)]) -> SecretContent {
    content.iter().map(|(key, value)| ((*key).to_owned(), juju::Secret::from(*value))).collect()
}
