//! Rules of `webcharm.yaml`: what the charm would be blocked for, with file and line.

use serde_yaml::Mapping;

use crate::finding::Finding;
use crate::source::Source;
use crate::{Framework, yaml};

pub(crate) use switches::FILE;

/// Findings about the text of the file. `expanded` is `charmcraft.yaml` with its extension written out.
pub(crate) fn findings(text: &str, expanded: &Mapping) -> Vec<Finding> {
    // A text that isn't the YAML of a mapping has no lines to look up.
    let Ok(source) = Source::parse(FILE, text.to_owned()) else {
        return fault(text, expanded).map(|wrong| finding(&wrong, None)).into_iter().collect();
    };
    let known = source.document.get("framework").and_then(|name| name.as_str()).is_none_or(is_known);
    let unknown = (!known).then(|| {
        source.refused(&["framework"], "this is no known framework", format!("write one of {}", Framework::names()))
    });
    unknown.into_iter().chain(fault(text, expanded).map(|wrong| finding(&wrong, Some(&source)))).collect()
}

fn is_known(name: &str) -> bool {
    Framework::parse(name).is_some()
}

/// The first fault, as the charm finds it.
fn fault(text: &str, expanded: &Mapping) -> Option<switches::Wrong> {
    let switches = match switches::Switches::parse(text.as_bytes()) {
        Ok(switches) => switches,
        Err(wrong) => return Some(wrong),
    };
    // A project that can't be read has findings of its own.
    let files = juju::CharmFiles::parse_charmcraft("charmcraft.yaml", &yaml::write(expanded)).ok()?;
    switches.fits(&files).err()
}

fn finding(wrong: &switches::Wrong, source: Option<&Source>) -> Finding {
    let text = wrong.to_string();
    let (what, remedy) = text.split_once(": ").unwrap_or((&text, "mend it"));
    let path: Vec<&str> = wrong.path.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
    source.map_or_else(|| Finding::of_file(FILE, what, remedy), |source| source.refused(&path, what, remedy))
}
