//! The place of a charm's unit in Juju, by which Prometheus, Loki and Grafana tell applications apart.

use serde::{Deserialize, Serialize};

/// Names that stand for one unit. The JSON of it is what databags hold as metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// The model's name.
    pub model: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// The application.
    pub application: String,
    /// The unit.
    #[serde(default)]
    pub unit: String,
    /// The charm, by its name in the metadata.
    #[serde(default)]
    pub charm_name: String,
}

impl Topology {
    /// Short name of the application, unlike that of any other: model, the first eight digits of its UUID, application.
    ///
    /// ```
    /// let topology = interfaces::Topology {
    ///     model: "web".into(),
    ///     model_uuid: "20ce8299-3634-4bef-8bd8-5ace6c8816b4".into(),
    ///     application: "shop".into(),
    ///     ..Default::default()
    /// };
    /// assert_eq!(topology.identifier(), "web_20ce8299_shop");
    /// ```
    #[must_use]
    pub fn identifier(&self) -> String {
        let uuid: String = self.model_uuid.chars().take(8).collect();
        format!("{}_{uuid}_{}", self.model, self.application)
    }

    /// Labels of all series and rules of the application: name and value.
    #[must_use]
    pub fn labels(&self) -> [(&'static str, &str); 4] {
        let [model, uuid, application] = self.matched();
        [model, uuid, application, ("juju_charm", &self.charm_name)]
    }

    /// The labels that an expression selects the application's series by.
    pub(crate) fn matched(&self) -> [(&'static str, &str); 3] {
        [("juju_model", &self.model), ("juju_model_uuid", &self.model_uuid), ("juju_application", &self.application)]
    }
}

#[cfg(test)]
impl Topology {
    /// The place of the documented examples in `fixtures/`.
    pub(crate) fn example(unit: &str) -> Self {
        Self {
            model: "my-model".into(),
            model_uuid: "20ce8299-3634-4bef-8bd8-5ace6c8816b4".into(),
            application: "my-app".into(),
            unit: unit.into(),
            charm_name: "my-app-k8s".into(),
        }
    }
}
