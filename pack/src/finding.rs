//! What is wrong with a project: where, what, and what to do.

use std::fmt;

use crate::text::shown;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Juju, charmcraft or this packer refuses the project.
    Refused,
    /// It is accepted, and likely not what was meant.
    Advice,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the project.
    pub file: String,
    /// The line, counted from one, if it is known.
    pub line: Option<usize>,
    /// How much it weighs.
    pub weight: Weight,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// A refusal of a whole file.
    pub(crate) fn of_file(file: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, weight: Weight::Refused, what: what.into(), remedy: remedy.into() }
    }

    /// The same as advice.
    pub(crate) fn into_advice(self) -> Self {
        Self { weight: Weight::Advice, ..self }
    }

    /// Whether the project is refused for it.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.weight == Weight::Refused
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let weight = if self.is_refusal() { "" } else { "advice: " };
        write!(f, ": {weight}{}: {}", shown(&self.what), shown(&self.remedy))
    }
}
