//! From `charmcraft.yaml` to the files that Juju reads.

use std::collections::BTreeMap;
use std::path::Path;

use serde_yaml::{Mapping, Value};

use crate::extension::{self, Extension};
use crate::finding::Finding;
use crate::platform::Platform;
use crate::source::Source;
use crate::yaml::section;
use crate::{Charm, Error, File, Framework, entrypoint, yaml};

/// The keys that `metadata.yaml` takes over as they are.
const METADATA: [&str; 15] = [
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
    "subordinate",
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
const TAKEN_OVER: [&str; 5] = ["LICENSE", "README.md", "icon.svg", "paas-config.yaml", WEBCHARM];
const WEBCHARM: &str = "webcharm.yaml";

/// The author's dashboards and alert rules.
pub(crate) const COS: &str = "cos_custom";

/// What the whole project is written in.
pub(crate) const CHARMCRAFT: &str = "charmcraft.yaml";

/// The charm of the project in `dir`, but for its binary.
pub(crate) fn read(dir: &Path) -> Result<Charm, Error> {
    let (project, extended) = expanded(dir)?;
    let name = yaml::text(&project, "name").ok_or(Error::Missing("a name"))?.to_owned();
    let mut files = taken_over(dir)?;
    let framework = framework(extended, &project, &files)?;
    let platforms = Platform::all(&project).ok_or(Error::Missing("a base, such as ubuntu@24.04, and platforms"))?;
    files.entry(WEBCHARM.to_owned()).or_insert_with(|| text(format!("framework: {framework}\n")));
    files.insert("metadata.yaml".to_owned(), document(&metadata(&project)));
    files.insert("manifest.yaml".to_owned(), manifest(&platforms));
    files.insert("config.yaml".to_owned(), document(&section(&project, "config")));
    files.insert("actions.yaml".to_owned(), document(&section(&project, "actions")));
    Ok(Charm { name, framework, platforms, files })
}

/// The project with its extension written out, and that extension's framework.
fn expanded(dir: &Path) -> Result<(Mapping, Option<Framework>), Error> {
    let source = source(dir)?;
    let extension = Extension::of(&source).map_err(|finding| Error::Refused(vec![finding]))?;
    let framework = extension.as_ref().map(|extension| extension.framework);
    let own = entrypoint::finding(dir, framework);
    let found = extension.iter().flat_map(|extension| extension::findings(extension, &source));
    let refused: Vec<Finding> = found.chain(own).filter(Finding::is_refusal).collect();
    if !refused.is_empty() {
        return Err(Error::Refused(refused));
    }
    let project = extension.map_or_else(|| source.document.clone(), |extension| extension.expand(&source.document));
    Ok((project, framework))
}

/// `charmcraft.yaml` of the project in `dir`.
pub(crate) fn source(dir: &Path) -> Result<Source, Error> {
    if !dir.join(CHARMCRAFT).is_file() {
        return Err(Error::NoProject(dir.display().to_string()));
    }
    Source::read(dir, CHARMCRAFT)
}

fn taken_over(dir: &Path) -> Result<BTreeMap<String, File>, Error> {
    let mut files = BTreeMap::new();
    for name in TAKEN_OVER.into_iter().filter(|name| dir.join(name).is_file()) {
        files.insert(name.to_owned(), File { content: crate::read(&dir.join(name))?, executable: false });
    }
    if dir.join(COS).is_dir() {
        take_folder(dir, COS, &mut files)?;
    }
    Ok(files)
}

fn take_folder(dir: &Path, folder: &str, files: &mut BTreeMap<String, File>) -> Result<(), Error> {
    let path = dir.join(folder);
    let failed = |source| Error::Read { path: path.display().to_string(), source };
    for entry in std::fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        // A link to a folder is not followed: it may lead round in a circle.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            take_folder(dir, &name, files)?;
        } else if entry.path().is_file() {
            files.insert(name, File { content: crate::read(&entry.path())?, executable: false });
        }
    }
    Ok(())
}

fn text(content: String) -> File {
    File { content: content.into_bytes(), executable: false }
}

fn document(mapping: &Mapping) -> File {
    text(if mapping.is_empty() { "{}\n".to_owned() } else { yaml::write(mapping) })
}

fn framework(
    extended: Option<Framework>,
    project: &Mapping,
    files: &BTreeMap<String, File>,
) -> Result<Framework, Error> {
    let shown = match files.get(WEBCHARM) {
        Some(file) => Framework::declared(&String::from_utf8_lossy(&file.content)).or(extended),
        None => extended.or_else(|| Framework::shown(&section(project, "containers"))),
    };
    shown.ok_or(Error::NoFramework)
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

/// What Juju must know to choose a machine: it refuses a charm without bases.
pub(crate) fn manifest(platforms: &[Platform]) -> File {
    let bases: Vec<Value> = platforms.iter().map(Platform::manifest).collect();
    let attribute = |name: &str, result: &str| {
        Value::from(Mapping::from_iter([("name", name), ("result", result)].map(|(k, v)| (k.into(), v.into()))))
    };
    let attributes = Value::from(vec![attribute("language", "unknown"), attribute("framework", "unknown")]);
    let analysis = Value::from(Mapping::from_iter([(Value::from("attributes"), attributes)]));
    let entries = [(Value::from("analysis"), analysis), (Value::from("bases"), Value::from(bases))];
    document(&Mapping::from_iter(entries))
}
