//! From `charmcraft.yaml` to the files that Juju reads.

use std::collections::BTreeMap;
use std::path::Path;

use serde_yaml::{Mapping, Value};

use crate::{Charm, Error, File, Framework, yaml};

/// The keys that `metadata.yaml` takes over as they are.
const METADATA: [&str; 14] = [
    "name",
    "summary",
    "description",
    "assumes",
    "charm-user",
    "containers",
    "devices",
    "extra-bindings",
    "peers",
    "provides",
    "requires",
    "resources",
    "storage",
    "terms",
];

/// The keys that have another name in `metadata.yaml`: first those of `charmcraft.yaml` itself, then those of `links`.
const RENAMED: [(&str, &str); 1] = [("title", "display-name")];
const LINKS: [(&str, &str); 5] = [
    ("contact", "maintainers"),
    ("documentation", "docs"),
    ("issues", "issues"),
    ("source", "source"),
    ("website", "website"),
];

/// Files of the project that go into the charm as they are.
const TAKEN_OVER: [&str; 4] = ["LICENSE", "icon.svg", "paas-config.yaml", WEBCHARM];
const WEBCHARM: &str = "webcharm.yaml";

/// The charm of the project in `dir`, but for its binary.
pub(crate) fn read(dir: &Path) -> Result<Charm, Error> {
    let path = dir.join("charmcraft.yaml");
    if !path.is_file() {
        return Err(Error::NoProject(dir.display().to_string()));
    }
    let project: Mapping = serde_yaml::from_slice(&crate::read(&path)?)
        .map_err(|source| Error::Parse { path: path.display().to_string(), source })?;
    if let Some(extension) = project.get("extensions").and_then(|list| list.get(0)) {
        return Err(Error::Extension(extension.as_str().unwrap_or_default().to_owned()));
    }
    let name = project.get("name").and_then(Value::as_str).ok_or(Error::Missing("a name"))?.to_owned();
    let mut files = taken_over(dir)?;
    let framework = framework(&project, &files)?;
    files.entry(WEBCHARM.to_owned()).or_insert_with(|| text(format!("framework: {framework}\n")));
    files.insert("metadata.yaml".to_owned(), document(&metadata(&project)));
    files.insert("config.yaml".to_owned(), document(&config(&project)));
    files.insert("actions.yaml".to_owned(), document(&section(&project, "actions")));
    files.insert("manifest.yaml".to_owned(), document(&manifest(&project)?));
    Ok(Charm { name, framework, files })
}

fn taken_over(dir: &Path) -> Result<BTreeMap<String, File>, Error> {
    let present = TAKEN_OVER.into_iter().filter(|name| dir.join(name).is_file());
    present
        .map(|name| Ok((name.to_owned(), File { content: crate::read(&dir.join(name))?, executable: false })))
        .collect()
}

fn text(content: String) -> File {
    File { content: content.into_bytes(), executable: false }
}

fn document(mapping: &Mapping) -> File {
    text(if mapping.is_empty() { "{}\n".to_owned() } else { yaml::write(mapping) })
}

fn framework(project: &Mapping, files: &BTreeMap<String, File>) -> Result<Framework, Error> {
    let shown = match files.get(WEBCHARM) {
        Some(file) => Framework::declared(&String::from_utf8_lossy(&file.content)),
        None => Framework::shown(&section(project, "containers")),
    };
    shown.ok_or(Error::NoFramework)
}

fn section(project: &Mapping, name: &str) -> Mapping {
    project.get(name).and_then(Value::as_mapping).cloned().unwrap_or_default()
}

fn metadata(project: &Mapping) -> Mapping {
    let links = section(project, "links");
    let same = METADATA.iter().map(|key| (project.get(*key), *key));
    let renamed = RENAMED.iter().map(|(from, to)| (project.get(*from), *to));
    let linked = LINKS.iter().map(|(from, to)| (links.get(*from), *to));
    let entries = same.chain(renamed).chain(linked);
    entries.filter_map(|(value, key)| Some((Value::from(key), several(key, value?)))).collect()
}

/// Juju knows the maintainers as a list; charmcraft takes one as well.
fn several(key: &str, value: &Value) -> Value {
    if key == "maintainers" && value.is_string() { Value::from(vec![value.clone()]) } else { value.clone() }
}

fn config(project: &Mapping) -> Mapping {
    let options = section(&section(project, "config"), "options");
    Mapping::from_iter([(Value::from("options"), Value::from(options))])
}

/// What Juju must know to choose a machine: it refuses a charm without bases.
fn manifest(project: &Mapping) -> Result<Mapping, Error> {
    let bases = bases(project)?;
    let attribute = |name: &str, result: &str| {
        Value::from(Mapping::from_iter([("name", name), ("result", result)].map(|(k, v)| (k.into(), v.into()))))
    };
    let attributes = Value::from(vec![attribute("language", "unknown"), attribute("framework", "unknown")]);
    let analysis = Value::from(Mapping::from_iter([(Value::from("attributes"), attributes)]));
    Ok(Mapping::from_iter([(Value::from("analysis"), analysis), (Value::from("bases"), Value::from(bases))]))
}

fn bases(project: &Mapping) -> Result<Vec<Value>, Error> {
    let base = project.get("base").and_then(Value::as_str);
    let bases: Option<Vec<_>> = section(project, "platforms")
        .iter()
        .map(|(label, platform)| {
            let label = label.as_str()?;
            // Without `base`, a platform's label is `ubuntu@24.04:amd64`.
            let (base, label) = label.split_once(':').or_else(|| Some((base?, label)))?;
            let (name, channel) = base.split_once('@')?;
            Some(one_base(name, channel, build_for(platform).unwrap_or(label)))
        })
        .collect();
    bases.filter(|bases| !bases.is_empty()).ok_or(Error::Missing("a base, such as ubuntu@24.04, and platforms"))
}

fn build_for(platform: &Value) -> Option<&str> {
    let target = platform.get("build-for")?;
    let target = target.as_str().or_else(|| target.get(0)?.as_str())?;
    Some(target.rsplit(':').next().unwrap_or(target))
}

fn one_base(name: &str, channel: &str, architecture: &str) -> Value {
    Value::from(Mapping::from_iter([
        (Value::from("name"), Value::from(name)),
        (Value::from("channel"), Value::from(channel)),
        (Value::from("architectures"), Value::from(vec![architecture])),
    ]))
}
