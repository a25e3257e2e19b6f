//! Derives the files that Juju reads from `charmcraft.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_yaml::{Mapping, Value};

use crate::entrypoint::{Context, Counterpart};
use crate::finding::Finding;
use crate::folder::{self, Folder, Kind};
use crate::lint::declared;
use crate::old_form::{Kept, OldForm};
use crate::platform::Platform;
use crate::source::Source;
use crate::yaml::section;
use crate::{Charm, Error, File, Framework, entrypoint, extension, framework, is_name, lint, near, parts, yaml};

/// The keys that are copied into `metadata.yaml`.
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

/// The keys that have another name in `metadata.yaml`: those at the top of `charmcraft.yaml`, then those of `links`.
const RENAMED: [(&str, &str); 1] = [("title", "display-name")];
const LINKS: [(&str, &str); 5] = [
    ("contact", "maintainers"),
    ("documentation", "docs"),
    ("issues", "issues"),
    ("source", "source"),
    ("website", "website"),
];

/// Files that are copied into the charm from the project's folder, or else from a `dump` part's source.
const TAKEN_OVER: [&str; 5] = ["LICENSE", "README.md", "icon.svg", "paas-config.yaml", declared::FILE];

/// Folder of the author's dashboards and alert rules.
pub(crate) const COS: &str = "cos_custom";

/// The project's file.
pub(crate) const CHARMCRAFT: &str = "charmcraft.yaml";

/// The charm of the project in `dir`, without its binary.
pub(crate) fn read(dir: &Path) -> Result<Charm, Error> {
    let dir = &Folder::open(dir)?;
    let (source, kept) = declared(dir)?;
    let (project, extended) = expanded(&source)?;
    let metadata = kept.metadata.unwrap_or_else(|| metadata(&project));
    let name = yaml::text(&project, "name").ok_or(Error::Missing("a name"))?.to_owned();
    let mut files = taken_over(dir, &project)?;
    let place = || dir.place(declared::FILE).display().to_string();
    let switches = files.get(declared::FILE).map(|file| folder::utf8(file.content.clone(), &place())).transpose()?;
    let own = entrypoint::read(dir, &Context::of(extended, &project, switches.as_deref()))?;
    let framework = framework(extended.or(own.framework), &metadata, &files)?;
    if framework.is_some() && own.findings.iter().any(Finding::is_refusal) {
        return Err(Error::Refused(own.findings));
    }
    if framework.is_some() {
        checked(&files, &project)?;
    }
    let platforms = Platform::all(&project).ok_or(Error::Missing("a base, such as ubuntu@24.04, and platforms"))?;
    check_names(&name, &platforms)?;
    if let Some(framework) = framework {
        let named = named(files.get(declared::FILE), framework, &own.counterpart);
        files.extend(named.map(|file| (declared::FILE.to_owned(), file)));
    } else {
        files.extend(dumped(dir, &project)?);
    }
    files.insert("metadata.yaml".to_owned(), document(&metadata));
    files.insert("manifest.yaml".to_owned(), manifest(&platforms));
    files.insert("config.yaml".to_owned(), document(&section(&project, "config")));
    files.insert("actions.yaml".to_owned(), document(&section(&project, "actions")));
    files.extend(kept.files.into_iter().map(|(name, file)| (name.to_owned(), file)));
    Ok(Charm { name, framework, platforms, files })
}

/// The project with its extension written out, and the extension's framework.
fn expanded(source: &Source) -> Result<(Mapping, Option<Framework>), Error> {
    let extension = extension::of(source).map_err(|finding| Error::Refused(vec![finding]))?;
    let framework = extension.as_ref().map(|extension| extension.framework);
    let found = extension.iter().flat_map(|extension| extension::findings(extension, source));
    let refused: Vec<Finding> = found.filter(Finding::is_refusal).collect();
    if !refused.is_empty() {
        return Err(Error::Refused(refused));
    }
    let project = extension.map_or_else(|| source.document.clone(), |extension| extension.expand(&source.document));
    Ok((project, framework))
}

/// `webcharm.yaml` with the framework, and with what `src/charm.py` does by code, if the author's file lacks that.
fn named(own: Option<&File>, framework: Framework, counterpart: &Counterpart) -> Option<File> {
    if own.is_none() && counterpart.is_empty() {
        // As charmcraft's extension and the samples' parts write it.
        return Some(text(format!("framework: {framework}\n")));
    }
    let own = own.map(|own| String::from_utf8_lossy(&own.content).into_owned()).unwrap_or_default();
    let mut document = yaml::parse(&own).ok()?;
    if document.contains_key("framework") && counterpart.is_empty() {
        return None;
    }
    document.entry("framework".into()).or_insert_with(|| framework.name().into());
    Some(self::document(&counterpart.join(document)))
}

/// Refuses a `webcharm.yaml` that the charm would be blocked for.
fn checked(files: &BTreeMap<String, File>, project: &Mapping) -> Result<(), Error> {
    let Some(file) = files.get(declared::FILE) else { return Ok(()) };
    let found = declared::findings(&String::from_utf8_lossy(&file.content), project);
    if found.is_empty() { Ok(()) } else { Err(Error::Refused(found)) }
}

/// Text of the project's `webcharm.yaml`, also if a `dump` part has it.
pub(crate) fn switches(dir: &Folder, project: &Mapping) -> Result<Option<String>, Error> {
    if let Some(own) = dir.utf8(declared::FILE)? {
        return Ok(Some(own));
    }
    let dumped = parts::dumped(project, dir, declared::FILE)?;
    Ok(dumped.map(|path| dir.utf8(path)).transpose()?.flatten())
}

/// Checks the charm's name and the platforms' labels, which make up the `.charm` file's name.
fn check_names(charm: &str, platforms: &[Platform]) -> Result<(), Error> {
    let wrong = |key, name: &str| Err(Error::Name { file: CHARMCRAFT, key, name: name.to_owned() });
    if !is_name(charm) {
        return wrong("name", charm);
    }
    platforms.iter().find(|one| !one.names_a_file()).map_or(Ok(()), |one| wrong("platform", &one.label))
}

/// Keys whose numbers charmcraft takes for texts.
const TEXTS: [&str; 3] = ["summary", "description", "title"];

/// `charmcraft.yaml` of the project in `dir`. charmcraft takes underscores in keys for dashes, and numbers for texts.
pub(crate) fn source(dir: &Folder) -> Result<Source, Error> {
    let missing =
        || Error::NoProject { dir: dir.path().display().to_string(), near: near::advice(dir.path(), CHARMCRAFT) };
    let mut source = Source::read(dir, CHARMCRAFT)?.ok_or_else(missing)?;
    let spelt = |key: Value| match key.as_str().map(|key| key.replace('_', "-")) {
        Some(dashed) if lint::is_key(&dashed) => dashed.into(),
        _ => key,
    };
    let said = |key: &Value, value: Value| match value {
        Value::Number(number) if key.as_str().is_some_and(|key| TEXTS.contains(&key)) => number.to_string().into(),
        other => other,
    };
    let document = source.document.into_iter().map(|(key, value)| (spelt(key), value));
    source.document = document.map(|(key, value)| (key.clone(), said(&key, value))).collect();
    Ok(source)
}

/// `charmcraft.yaml` with the files of the old form, and those of them that are packed as they are.
fn declared(dir: &Folder) -> Result<(Source, Kept), Error> {
    let (source, old) = (source(dir)?, OldForm::read(dir)?);
    let refused = old.findings(&source);
    if refused.is_empty() { Ok(old.join(source)) } else { Err(Error::Refused(refused)) }
}

/// Largest total of the files that a charm copies from its project, in bytes.
const TAKEN: u64 = 64 << 20;

fn taken_over(dir: &Folder, project: &Mapping) -> Result<BTreeMap<String, File>, Error> {
    let mut taken = Taken { left: TAKEN, files: BTreeMap::new() };
    for name in TAKEN_OVER {
        let dumped = if dir.has_file(name)? { None } else { parts::dumped(project, dir, name)? };
        taken.file(dir, name, dumped.as_deref().unwrap_or(Path::new(name)))?;
    }
    taken.folder(dir, COS)?;
    Ok(taken.files)
}

/// Files copied so far, and the bytes that are left of [`TAKEN`].
struct Taken {
    left: u64,
    files: BTreeMap<String, File>,
}

impl Taken {
    /// Copies the file at `path`, if it exists, under `name`.
    fn file(&mut self, dir: &Folder, name: &str, path: &Path) -> Result<(), Error> {
        let content = dir.read(path, self.left).map_err(|error| match error {
            folder::Error::Large { path, .. } => folder::Error::Large { path, limit: TAKEN },
            other => other,
        })?;
        if let Some(content) = content {
            self.left -= content.len() as u64;
            self.files.insert(name.to_owned(), File { content, executable: false });
        }
        Ok(())
    }

    fn folder(&mut self, dir: &Folder, folder: &str) -> Result<(), Error> {
        for (name, kind) in dir.entries(folder)? {
            let name = format!("{folder}/{}", name.to_string_lossy());
            if kind == Kind::Folder { self.folder(dir, &name)? } else { self.file(dir, &name, Path::new(&name))? }
        }
        Ok(())
    }
}

fn text(content: String) -> File {
    File { content: content.into_bytes(), executable: false }
}

fn document(mapping: &Mapping) -> File {
    text(if mapping.is_empty() { "{}\n".to_owned() } else { yaml::write(mapping) })
}

/// The framework that `webcharm.yaml` names, or else the extension's, or else the one that a container's name shows.
fn framework(
    extended: Option<Framework>,
    metadata: &Mapping,
    files: &BTreeMap<String, File>,
) -> Result<Option<Framework>, Error> {
    let shown = || extended.or_else(|| framework::shown(&section(metadata, "containers")));
    let Some(file) = files.get(declared::FILE) else { return Ok(shown()) };
    let text = String::from_utf8_lossy(&file.content);
    let names_one = yaml::parse(&text).is_ok_and(|document| document.contains_key("framework"));
    let found = if names_one { framework::declared(&text).or(extended) } else { shown() };
    found.map(Some).ok_or(Error::NoFramework)
}

/// Files of the `dump` parts of a charm of the author's own.
fn dumped(dir: &Folder, project: &Mapping) -> Result<BTreeMap<String, File>, Error> {
    let mut taken = Taken { left: TAKEN, files: BTreeMap::new() };
    for (name, path) in parts::files(project, dir)? {
        taken.file(dir, &name, &path)?;
        if let Some(file) = taken.files.get_mut(&name) {
            file.executable = dir.is_executable(&path)?;
        }
    }
    Ok(taken.files)
}

fn metadata(project: &Mapping) -> Mapping {
    let links = section(project, "links");
    let same = METADATA.iter().map(|key| (project.get(*key), *key));
    let renamed = RENAMED.iter().map(|(from, to)| (project.get(*from), *to));
    let linked = LINKS.iter().map(|(from, to)| (links.get(*from), *to));
    let entries = same.chain(renamed).chain(linked);
    entries.filter_map(|(value, key)| Some((Value::from(key), several(key, value?)))).collect()
}

/// Makes a list of a single maintainer, which charmcraft allows and Juju doesn't.
fn several(key: &str, value: &Value) -> Value {
    if key == "maintainers" && value.is_string() { Value::from(vec![value.clone()]) } else { value.clone() }
}

/// `manifest.yaml`, with the bases that Juju chooses a machine by: it refuses a charm without any.
pub(crate) fn manifest(platforms: &[Platform]) -> File {
    let bases: Vec<Value> = platforms.iter().flat_map(Platform::manifest).collect();
    let attribute = |name: &str, result: &str| {
        Value::from(Mapping::from_iter([("name", name), ("result", result)].map(|(k, v)| (k.into(), v.into()))))
    };
    let attributes = Value::from(vec![attribute("language", "unknown"), attribute("framework", "unknown")]);
    let analysis = Value::from(Mapping::from_iter([(Value::from("attributes"), attributes)]));
    let entries = [(Value::from("analysis"), analysis), (Value::from("bases"), Value::from(bases))];
    document(&Mapping::from_iter(entries))
}
