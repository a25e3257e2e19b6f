//! The result of an action.

use std::collections::BTreeMap;
use std::fmt;

/// Result of an action.
#[derive(Clone, PartialEq, Eq)]
pub enum ActionResult {
    /// Success, with values for the operator.
    Results(BTreeMap<String, String>),
    /// Failure with its reason, for the operator.
    Failure(String),
    /// Failure of a command: its reason, and values such as its output.
    Failed {
        /// Reason.
        why: String,
        /// Values.
        results: BTreeMap<String, String>,
    },
}

impl fmt::Debug for ActionResult {
    /// Prints the names of the results only, since a value may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Results(results) => write!(f, "Results({:?})", results.keys()),
            Self::Failure(why) => write!(f, "Failure({why:?})"),
            Self::Failed { why, results } => write!(f, "Failed({why:?}, {:?})", results.keys()),
        }
    }
}
