//! An action of the author's: a command in the workload's container.

use std::time::Duration;

use pebble::plan::command;

use crate::{Node, WEEK, Wrong, seconds};

/// Default limit of an action. The unit's other events wait meanwhile.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Action that runs a command in the workload's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Program and arguments. No shell is involved.
    pub command: Vec<String>,
    /// Service whose variables, user and folder the command has. `None`: the application's.
    pub service_context: Option<String>,
    /// Limit after which the command is killed.
    pub timeout: Duration,
    /// True if only the leader runs it.
    pub leader_only: bool,
}

impl Action {
    pub(crate) fn of(node: &Node<'_>) -> Result<Self, Wrong> {
        let keys = node.mapping(&["command", "service-context", "timeout", "leader-only"])?;
        let advice = "write the program and its arguments, such as `python3 manage.py clear_cache`";
        let timeout = keys.get("timeout").map(|node| seconds::read(&node, WEEK)).transpose()?;
        let leader_only = keys.get("leader-only").map(|node| node.boolean()).transpose()?;
        Ok(Self {
            command: words(&keys.required("command", advice)?)?,
            service_context: keys.get("service-context").map(|node| Ok(node.text()?.to_owned())).transpose()?,
            timeout: timeout.unwrap_or(TIMEOUT),
            leader_only: leader_only.unwrap_or_default(),
        })
    }
}

/// Words of a command: a text, split as a shell does, or a list.
fn words(node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let words = if node.is_nested() {
        node.list()?.iter().map(Node::scalar).collect::<Result<Vec<_>, _>>()?
    } else {
        command::split(node.text()?).map_err(|error| node.wrong(&format!("can't be split into words: {error}")))?
    };
    if words.first().is_none_or(String::is_empty) {
        return Err(node.wrong("is empty: write the program and its arguments"));
    }
    Ok(words)
}
