//! The bases that a project names, in every spelling of charmcraft.

use serde_yaml::{Mapping, Value};

use super::section;

/// Every base that a project names, found as charmcraft does. An extension allows one only.
#[must_use]
pub fn bases(project: &Mapping) -> Vec<String> {
    let platforms = section(project, "platforms");
    let of_platforms = platforms
        .iter()
        .filter_map(|(label, content)| parted(label.as_str()?).0.or_else(|| parted(build_for(content)?).0));
    let old = project.get("bases").and_then(Value::as_sequence).into_iter().flatten();
    let old = old.flat_map(|entry| listed(entry, "build-on").unwrap_or_default()).filter_map(base_name);
    let named = project.get("base").and_then(Value::as_str).into_iter().chain(of_platforms).map(str::to_owned);
    let mut bases: Vec<String> = named.chain(old).collect();
    bases.sort_unstable();
    bases.dedup();
    bases
}

/// The bases under `key` of an entry below `bases`; in the short form, the entry itself.
#[must_use]
pub fn listed<'a>(entry: &'a Value, key: &str) -> Option<Vec<&'a Value>> {
    if entry.get("build-on").is_none() {
        return Some(vec![entry]);
    }
    Some(entry.get(key)?.as_sequence()?.iter().collect())
}

/// A base such as `ubuntu@22.04`, from its name and channel.
#[must_use]
pub fn base_name(base: &Value) -> Option<String> {
    Some(format!("{}@{}", base.get("name")?.as_str()?, base.get("channel")?.as_str()?))
}

/// Base and architecture of a platform such as `ubuntu@24.04:amd64`.
#[must_use]
pub fn parted(label: &str) -> (Option<&str>, &str) {
    label.split_once(':').map_or((None, label), |(base, architecture)| (Some(base), architecture))
}

/// The platform that an entry of `platforms` builds for, if it says one.
#[must_use]
pub fn build_for(platform: &Value) -> Option<&str> {
    let target = platform.get("build-for")?;
    target.as_str().or_else(|| target.get(0)?.as_str())
}
