//! Prefixes of the workload's variables, where they differ from the framework's.

use crate::{Node, Wrong};

/// Prefixes of the workload's variables. `None` leaves the names as the framework has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefixes {
    /// Prefix of the author's options and of the variables that every framework has, such as `BASE_URL`.
    pub options: Option<String>,
    /// Prefix of the framework's own options, and of port and metrics.
    pub framework: Option<String>,
    /// Prefix of the integrations' variables. A mapping's variables keep their names.
    pub integrations: Option<String>,
    /// Prefix that is taken from the beginning of each name that has it, after the others were set.
    pub removed: Option<String>,
}

impl Prefixes {
    pub(crate) fn of(node: &Node<'_>) -> Result<Self, Wrong> {
        let keys = node.mapping(&["options", "framework", "integrations", "removed"])?;
        let prefix = |key: &str| keys.get(key).map(|node| read(&node)).transpose();
        Ok(Self {
            options: prefix("options")?,
            framework: prefix("framework")?,
            integrations: prefix("integrations")?,
            removed: prefix("removed")?,
        })
    }
}

fn read(node: &Node<'_>) -> Result<String, Wrong> {
    let prefix = node.text()?;
    let has_digit_first = prefix.starts_with(|letter: char| letter.is_ascii_digit());
    if has_digit_first || !prefix.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Err(node.wrong("is no beginning of a variable's name: take letters, digits and underscores"));
    }
    Ok(prefix.to_owned())
}
