//! An action of the author's: a command in the workload's container.

use std::time::Duration;

use pebble::plan::command;

use crate::{Node, WEEK, Wrong, seconds};

/// Default limit of an action. The unit's other events wait meanwhile.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Beginning of a parameter's place in a word.
const PARAMETER: &str = "${param.";

/// Action that runs a command in the workload's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Program and arguments. No shell is involved. `${param.NAME}` stands for a parameter's value.
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

impl Action {
    /// The command with the parameters' values.
    ///
    /// # Errors
    ///
    /// The first parameter that has no value.
    pub fn words<'a>(&'a self, value: impl Fn(&'a str) -> Option<String>) -> Result<Vec<String>, &'a str> {
        self.command.iter().map(|word| filled(word, &value)).collect()
    }
}

/// A word with the values of its parameters. A value's own `${…}` stays as it is.
fn filled<'a>(word: &'a str, value: &impl Fn(&'a str) -> Option<String>) -> Result<String, &'a str> {
    let (mut all, mut rest) = (String::new(), word);
    while let Some((before, (name, after))) =
        rest.split_once(PARAMETER).and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        all.push_str(before);
        all.push_str(&value(name).ok_or(name)?);
        rest = after;
    }
    all.push_str(rest);
    Ok(all)
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
