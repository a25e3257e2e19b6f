//! `src/charm.py`, the entry point of the Python charm that `dispatch` replaces.
//!
//! A file that only starts the framework's charm can be left out, in any spelling. Code that does more is refused, by
//! kind, with its line and the place where this charm takes it from: it would silently not run.

mod judge;
mod names;
mod purpose;

use crate::Framework;
use crate::finding::Finding;
use crate::folder::{Error, Folder};
use crate::python::module::Module;
use judge::Judge;

const FILE: &str = "src/charm.py";

/// Characters of a line that a finding quotes.
const SHOWN: usize = 200;

/// Largest number of refusals of one file.
const MOST: usize = 20;

/// `src/charm.py` of a project.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Entrypoint {
    /// The framework whose charm it starts.
    pub(crate) framework: Option<Framework>,
    /// Refusals of the code that does more.
    pub(crate) findings: Vec<Finding>,
}

/// Reads `src/charm.py` in `dir`. `framework` is the one that `charmcraft.yaml` names: the class must be its.
pub(crate) fn read(dir: &Folder, framework: Option<Framework>) -> Result<Entrypoint, Error> {
    let text = dir.text(FILE)?.unwrap_or_default();
    Ok(of(&text, framework))
}

fn of(text: &str, framework: Option<Framework>) -> Entrypoint {
    let module = match Module::parse(text) {
        Ok(module) => module,
        Err(fault) => {
            let finding = Finding::of_file(FILE, format!("this is no Python: {}", fault.what), "mend or remove it");
            return Entrypoint { framework: None, findings: vec![Finding { line: Some(fault.line), ..finding }] };
        }
    };
    let judged = Judge::of(&module, framework);
    let quoted = |line: usize| text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(SHOWN).collect();
    let finding = |(line, purpose): &(usize, purpose::Purpose)| {
        let quoted: String = quoted(*line);
        let what = format!("{}: `{quoted}`", purpose.what());
        let finding = Finding { line: Some(*line), ..Finding::of_file(FILE, what, purpose.remedy()) };
        if *purpose == purpose::Purpose::Version { finding.into_advice() } else { finding }
    };
    Entrypoint { framework: judged.framework, findings: judged.found.iter().take(MOST).map(finding).collect() }
}

#[cfg(test)]
mod tests;
