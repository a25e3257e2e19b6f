//! `src/charm.py`, the entry point of the Python charm that `dispatch` replaces.
//!
//! A file that only starts the framework's charm can be left out, in any spelling. Code that does more is refused, by
//! kind, with its line and the place where this charm takes it from: it would silently not run.

mod context;
mod counterpart;
mod judge;
mod names;
mod purpose;

use crate::Framework;
use crate::finding::Finding;
use crate::folder::{Error, Folder};
use crate::python::module::Module;
pub(crate) use context::Context;
pub(crate) use counterpart::Counterpart;
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
    /// Refusals of the code that does more, and advice on code that has a counterpart.
    pub(crate) findings: Vec<Finding>,
    /// Declarations that do the same as code of the file.
    pub(crate) counterpart: Counterpart,
}

/// Reads `src/charm.py` in `dir`. The class must be of the framework that `charmcraft.yaml` names.
pub(crate) fn read(dir: &Folder, context: &Context) -> Result<Entrypoint, Error> {
    let text = dir.text(FILE)?.unwrap_or_default();
    Ok(of(&text, context, Some(dir)))
}

fn of(text: &str, context: &Context, folder: Option<&Folder>) -> Entrypoint {
    let module = match Module::parse(text) {
        Ok(module) => module,
        Err(fault) => {
            let finding = Finding::of_file(FILE, format!("this is no Python: {}", fault.what), "mend or remove it");
            let findings = vec![Finding { line: Some(fault.line), ..finding }];
            return Entrypoint { findings, ..Entrypoint::default() };
        }
    };
    let judged = Judge::of(&module, context, folder);
    let quoted = |line: usize| text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(SHOWN).collect();
    let finding = |(line, purpose): &(usize, purpose::Purpose)| {
        let quoted: String = quoted(*line);
        let what = format!("{}: `{quoted}`", purpose.what());
        let finding = Finding { line: Some(*line), ..Finding::of_file(FILE, what, purpose.remedy()) };
        if purpose.is_advice() { finding.into_advice() } else { finding }
    };
    let findings = judged.found.iter().take(MOST).map(finding).collect();
    Entrypoint { framework: judged.framework, findings, counterpart: judged.counterpart }
}

#[cfg(test)]
mod tests;
