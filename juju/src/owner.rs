//! Owners of databags, secrets and statuses.

use serde::{Deserialize, Serialize};

use crate::name::UnitName;

/// The application's, which only the leader may write, or this unit's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// The application's.
    #[serde(rename = "application")]
    App,
    /// This unit's.
    Unit,
}

/// The application or unit that owns a databag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// An application's.
    App(String),
    /// A unit's.
    Unit(UnitName),
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::App(app) => app.fmt(f),
            Self::Unit(unit) => unit.fmt(f),
        }
    }
}
