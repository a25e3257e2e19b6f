//! A fault of a project, with its place and its remedy.

use std::fmt;

use crate::text::shown;

/// Weight of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Juju, charmcraft or this packer refuses the project.
    Refused,
    /// The project is accepted, but likely means something else.
    Advice,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the project.
    pub file: String,
    /// The line, counted from 1, if it is known.
    pub line: Option<usize>,
    /// Refusal or advice.
    pub weight: Weight,
    /// The fault.
    pub what: String,
    /// The remedy.
    pub remedy: String,
}

impl Finding {
    /// A refusal of a whole file.
    pub(crate) fn of_file(file: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, weight: Weight::Refused, what: what.into(), remedy: remedy.into() }
    }

    /// The same finding as advice.
    pub(crate) fn into_advice(self) -> Self {
        Self { weight: Weight::Advice, ..self }
    }

    /// Returns true if the project is refused for it.
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
