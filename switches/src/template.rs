//! Texts with `${…}`, for values that the charm publishes and for variables.

use juju::nearest;

use crate::{Node, Wrong};

/// Text with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Word(Word),
}

/// Value that a `${…}` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `${app}`: the application's name.
    App,
    /// `${model}`: the model's name.
    Model,
    /// `${port}`: the port that the workload listens on.
    Port,
    /// `${url}`: the public address of the application: the ingress's, or the one in the cluster.
    Url,
    /// `${hostname}`: the host of that address.
    Hostname,
    /// `${option.NAME}`: an option's value.
    Option(String),
    /// `${NAME}`: a variable of the workload. Not in values that the charm publishes.
    Variable(String),
}

const WORDS: [(&str, Word); 5] = [
    ("app", Word::App),
    ("model", Word::Model),
    ("port", Word::Port),
    ("url", Word::Url),
    ("hostname", Word::Hostname),
];

impl Template {
    /// Reads a text for the databag of a relation: it can't have the workload's variables.
    pub(crate) fn published(node: &Node<'_>) -> Result<Self, Wrong> {
        Self::of(node, false)
    }

    /// Reads a text for a variable.
    pub(crate) fn variable(node: &Node<'_>) -> Result<Self, Wrong> {
        Self::of(node, true)
    }

    fn of(node: &Node<'_>, has_variables: bool) -> Result<Self, Wrong> {
        let text = node.scalar()?;
        let (mut parts, mut rest) = (Vec::new(), text.as_str());
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| node.wrong("has a ${ without its }"))?;
            parts.extend([Part::Text(before.to_owned()), Part::Word(word(node, name, has_variables)?)]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text with each word's value. `None` if a word has none.
    pub fn fill(&self, value: impl Fn(&Word) -> Option<String>) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Word(word) => value(word),
        });
        parts.collect()
    }

    /// Options that the text has.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Word(Word::Option(name)) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn word(node: &Node<'_>, name: &str, has_variables: bool) -> Result<Word, Wrong> {
    if let Some((_, word)) = WORDS.iter().find(|(word, _)| *word == name) {
        return Ok(word.clone());
    }
    if let Some(option) = name.strip_prefix("option.").filter(|option| !option.is_empty()) {
        return Ok(Word::Option(option.to_owned()));
    }
    let is_variable = !name.is_empty() && !name.contains(char::is_lowercase);
    if has_variables && is_variable {
        return Ok(Word::Variable(name.to_owned()));
    }
    let meant = nearest(name, WORDS.iter().map(|(word, _)| *word));
    let meant = meant.map(|word| format!(": write ${{{word}}}")).unwrap_or_default();
    let variables = if has_variables { ", and variables in capitals" } else { "" };
    let known = WORDS.map(|(word, _)| format!("${{{word}}}")).join(", ");
    Err(node.wrong(&format!("has the unknown ${{{name:.60}}}{meant}; known are: {known}, ${{option.NAME}}{variables}")))
}
