//! One relation as a charm sees it, and how little of it to ask for.

use std::collections::BTreeMap;

use crate::databag::Databag;
use crate::name::{RelationId, UnitName};

/// The parts of a relation to read. Each `true` costs hook-tool calls, so only requested parts are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It is a peer relation: the other side is ourselves, and every unit may read the application's databag.
    pub peer: bool,
    /// The other application's databag: one call, and one more if its name is not known from elsewhere.
    pub remote_app: bool,
    /// The names of the units at the other side: one call.
    pub remote_units: bool,
    /// Their databags: one call for each unit, besides the one for the names.
    pub remote_unit_data: bool,
    /// Our application's databag: one call; no call for units that may not read it.
    pub local_app: bool,
    /// Our unit's databag: one call.
    pub local_unit: bool,
}

impl Needs {
    /// Every part.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            peer: false,
            remote_app: true,
            remote_units: true,
            remote_unit_data: true,
            local_app: true,
            local_unit: true,
        }
    }

    /// The same of a peer relation.
    #[must_use]
    pub const fn of_peer(self) -> Self {
        Self { peer: true, ..self }
    }
}

/// One relation, read as far as it was asked for. What was not asked for is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Our endpoint.
    pub endpoint: String,
    /// The relation.
    pub id: RelationId,
    /// The application at the other side (of a peer relation: our own), as far as it is known.
    pub app: Option<String>,
    /// Its databag. Of a peer relation this is [`View::local_app`] and stays empty here.
    pub remote_app: Databag,
    /// The other units in numeric order, this unit left out, with their databags if those were asked for.
    pub units: BTreeMap<UnitName, Databag>,
    /// Our application's databag; `None` if this unit may not read it or it was not asked for.
    pub local_app: Option<Databag>,
    /// Our unit's databag.
    pub local_unit: Databag,
}

impl View {
    /// An empty view: that of a relation that is gone, or a test's starting point.
    pub fn empty(endpoint: impl Into<String>, id: RelationId) -> Self {
        Self {
            endpoint: endpoint.into(),
            id,
            app: None,
            remote_app: Databag::new(),
            units: BTreeMap::new(),
            local_app: None,
            local_unit: Databag::new(),
        }
    }
}
