//! A documented example of a relation (`fixtures/*.json`), as either side sees it. For tests only.
//!
//! Its shape: `endpoint`, `relation_id`, `local_app`, `remote_app`; `local` and `remote` with the databags of
//! application and units as Juju stores them; `secrets`, address to content; `config`, the options the
//! writer had; `result`, what the reader makes of it.

use std::collections::BTreeMap;

use juju::{Databag, RelationId, UnitName, View};
use serde_json::Value;

use crate::secret::Secrets;

/// The model that the examples are in.
pub(crate) const MODEL: &str = "my-model";

/// One example.
pub(crate) struct Example(Value);

impl Example {
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// A text of the result.
    pub(crate) fn result(&self, key: &str) -> &str {
        self.0["result"][key].as_str().unwrap()
    }

    /// A text of the configuration.
    pub(crate) fn config(&self, option: &str) -> &str {
        self.0["config"][option].as_str().unwrap()
    }

    /// Every secret's content.
    pub(crate) fn secrets(&self) -> Secrets {
        let secrets = self.0["secrets"].as_object().unwrap();
        let entry = |(id, secret): (&String, &Value)| (id.parse().unwrap(), from(&secret["content"]));
        secrets.iter().map(entry).collect()
    }

    /// The label of a secret.
    pub(crate) fn label(&self, id: &str) -> &str {
        self.0["secrets"][id]["label"].as_str().unwrap()
    }

    /// The relation as `unit` of the requirer, or of peers, sees it.
    pub(crate) fn requirer(&self, unit: &str, fresh: bool) -> View {
        self.view(unit, "local", "remote", fresh)
    }

    /// The relation as `unit` of the provider sees it.
    pub(crate) fn provider(&self, unit: &str, fresh: bool) -> View {
        self.view(unit, "remote", "local", fresh)
    }

    /// `fresh` leaves out what this side has written. The first unit leads; of peers every unit sees what it wrote.
    fn view(&self, unit: &str, own: &str, other: &str, fresh: bool) -> View {
        let id = RelationId(u32::try_from(self.0["relation_id"].as_u64().unwrap()).unwrap());
        let peer = self.0["local_app"] == self.0["remote_app"];
        let units: BTreeMap<UnitName, Databag> = from(&self.0[if peer { own } else { other }]["units"]);
        let leads = unit.ends_with("/0") || peer;
        let bag = |value: &Value| if fresh || value.is_null() { Databag::new() } else { from(value) };
        View {
            endpoint: self.0["endpoint"].as_str().unwrap().to_owned(),
            id,
            app: self.0[format!("{other}_app")].as_str().map(str::to_owned),
            remote_app: if peer { Databag::new() } else { from(&self.0[other]["app"]) },
            units: units.into_iter().filter(|(name, _)| name.to_string() != unit).collect(),
            local_app: leads.then(|| bag(&self.0[own]["app"])),
            local_unit: bag(&self.0[own]["units"][unit]),
        }
    }
}

fn from<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}
