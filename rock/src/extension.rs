//! The extensions of rockcraft: `extensions: [flask-framework]` of a `rockcraft.yaml` written out.
//!
//! Each framework has a file in `extension/` that derives services and parts from the project's files, as rockcraft
//! does. The author's own keys win, by rockcraft's rule for merging. Parts that only an image on a bare base needs
//! (slices, shells, certificates) are not added: a pod has this machine's `/usr`.

mod django;
mod expressjs;
mod fastapi;
mod flask;
mod go;
mod gunicorn;
mod spring_boot;

use std::collections::BTreeMap;

use pack::Framework;
use pack::folder::{self, Folder, Kind};
use pack::text::shown;
use serde_json::{Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::DAEMON_ID;

/// An extension can't be written out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The extension is unknown, or there are several.
    #[error(
        "rockcraft.yaml has extensions {}; it takes one of flask-, django-, fastapi-, go-, expressjs- and spring-boot-framework",
        shown(.0)
    )]
    Unknown(String),
    /// `extensions` is a name instead of a list.
    #[error("rockcraft.yaml has no list of extensions: write `extensions: [{0}]`")]
    NoList(String),
    /// The project lacks something.
    #[error("{extension} can't be put into {}: {}", shown(.folder), shown(.lacks))]
    Lacks {
        /// The extension.
        extension: String,
        /// The project's folder.
        folder: String,
        /// The missing file or key, with the remedy.
        lacks: String,
    },
    /// A file of the project is no regular file, too large, or can't be read.
    #[error(transparent)]
    File(#[from] folder::Error),
}

/// Error of one framework's snippet.
enum Obstacle {
    /// The file or key that the project lacks, with the remedy.
    Lacks(String),
    /// A file of the project can't be read.
    File(folder::Error),
}

impl From<String> for Obstacle {
    fn from(lacks: String) -> Self {
        Self::Lacks(lacks)
    }
}

impl From<&str> for Obstacle {
    fn from(lacks: &str) -> Self {
        Self::Lacks(lacks.to_owned())
    }
}

impl From<folder::Error> for Obstacle {
    fn from(error: folder::Error) -> Self {
        Self::File(error)
    }
}

impl From<pack::python::Error> for Obstacle {
    fn from(error: pack::python::Error) -> Self {
        match error {
            pack::python::Error::File(error) => Self::File(error),
            fault => Self::Lacks(format!("{fault}; mend it, or give the service a command")),
        }
    }
}

/// Files that an extension adds besides parts and services. The services' user owns them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Files with their content, by path.
    pub files: BTreeMap<String, String>,
    /// Empty folders.
    pub folders: Vec<String>,
    /// Differences from rockcraft's rock, as lines for the user.
    pub notes: Vec<String>,
}

/// Additions of an extension to a project.
struct Snippet {
    services: Json,
    parts: Json,
    made: Made,
}

/// The project before its extension is written out.
struct Source<'a> {
    root: &'a Folder,
    document: &'a Mapping,
}

impl Source<'_> {
    /// The project's name.
    fn name(&self) -> &str {
        self.document.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// True if the project has a file or folder of that name.
    fn has(&self, file: &str) -> Result<bool, Obstacle> {
        Ok(self.root.has_file(file)? || self.root.kind(file)? == Some(Kind::Folder))
    }

    /// The `files` that the project has.
    fn present(&self, files: &[&str]) -> Result<Vec<String>, Obstacle> {
        let mut present = Vec::new();
        for file in files {
            if self.has(file)? {
                present.push((*file).to_owned());
            }
        }
        Ok(present)
    }

    /// The author's value at `section`, `name`, `key`.
    fn written(&self, section: &str, name: &str, key: &str) -> Option<&Value> {
        self.document.get(section)?.get(name)?.get(key)
    }

    /// The author's list under `key` of a part.
    fn list(&self, part: &str, key: &str) -> Vec<String> {
        let items = self.written("parts", part, key).and_then(Value::as_sequence);
        items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// Returns true if the author gave `service` a command: then no entry point is looked for.
    fn has_command(&self, service: &str) -> bool {
        self.written("services", service, "command").and_then(Value::as_str).is_some_and(|command| !command.is_empty())
    }
}

/// `document` with its extension written out, and the files that the extension adds. A document without extensions
/// stays as it is.
///
/// # Errors
/// When the extension isn't known, or the project lacks a file or key that it needs.
pub(crate) fn expand(root: &Folder, mut document: Mapping) -> Result<(Mapping, Made), Error> {
    let Some(framework) = framework(&document)? else { return Ok((document, Made::default())) };
    document.remove("extensions");
    let source = Source { root, document: &document };
    let snippet = match framework {
        Framework::Flask => flask::snippet(&source),
        Framework::Django => django::snippet(&source),
        Framework::FastApi => fastapi::snippet(&source),
        Framework::Go => go::snippet(&source),
        Framework::ExpressJs => expressjs::snippet(&source),
        Framework::SpringBoot => spring_boot::snippet(&source),
    };
    let extension = format!("{framework}-framework");
    let snippet = snippet.map(|snippet| with_empty_parts(&extension, snippet));
    let folder = root.path().display().to_string();
    let snippet = snippet.map_err(|obstacle| match obstacle {
        Obstacle::Lacks(lacks) => Error::Lacks { extension, folder, lacks },
        Obstacle::File(error) => Error::File(error),
    })?;
    for (key, added) in [("services", snippet.services), ("parts", snippet.parts)] {
        let added = serde_yaml::to_value(added).expect("JSON is YAML");
        let merged = pack::merge(document.get(key), added);
        document.insert(key.into(), merged);
    }
    Ok((document, snippet.made))
}

/// The snippet with the extension's other parts, which bring packages of the base: empty here, but an author may add keys
/// to them.
fn with_empty_parts(extension: &str, mut snippet: Snippet) -> Snippet {
    const PARTS: [&str; 6] = ["base-layout", "config-files", "logging", "runtime", "runtime-libs", "statsd-exporter"];
    for part in PARTS.map(|part| format!("{extension}/{part}")) {
        if snippet.parts.get(&part).is_none() {
            snippet.parts[part] = json!({"plugin": "nil"});
        }
    }
    snippet
}

fn framework(document: &Mapping) -> Result<Option<Framework>, Error> {
    let names = match document.get("extensions") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Sequence(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
    };
    let is_list = document.get("extensions").is_some_and(Value::is_sequence);
    let known = |name: &Value| Framework::parse(name.as_str()?.strip_suffix("-framework")?);
    match names {
        [] => Ok(None),
        [name] if is_list && known(name).is_some() => Ok(known(name)),
        [name] if known(name).is_some() => Err(Error::NoList(name.as_str().unwrap_or_default().to_owned())),
        _ => {
            let words = names.iter().map(|name| name.as_str().unwrap_or("of another kind"));
            Err(Error::Unknown(words.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// `permissions` that make the services' user the owner of all files of a part.
fn daemon() -> Json {
    json!([{"owner": DAEMON_ID, "group": DAEMON_ID}])
}

/// Rules (`organize`, `stage`) that move the project's `files` to the same names under `base`.
fn under(base: &str, files: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    let places: BTreeMap<String, String> = files.iter().map(|file| (file.clone(), format!("{base}/{file}"))).collect();
    let stage = places.values().cloned().collect();
    (places, stage)
}

/// The files under `base` that the author's list names, which then replace the extension's own. `None` for a list of
/// files to leave out.
fn chosen(list: &[String], base: &str) -> Result<Option<Vec<String>>, String> {
    let bare = |rule: &String| rule.trim_start_matches('-').trim_start().to_owned();
    // A folder may be written with a slash at its end.
    let list: Vec<String> = list.iter().map(|rule| rule.trim_end_matches('/').to_owned()).collect();
    if let Some(rule) = list.iter().find(|rule| !bare(rule).starts_with(&format!("{base}/"))) {
        return Err(format!("{rule:?} names no file under {base}/, where its files are"));
    }
    let excludes = list.first().is_none_or(|rule| rule.starts_with('-'));
    let name = |rule: &String| rule.strip_prefix(&format!("{base}/")).map(str::to_owned);
    Ok((!excludes).then(|| list.iter().filter_map(name).collect()))
}

/// Every name in the project's folder that belongs into an image, for an author who lists only files to leave out.
fn everything(source: &Source<'_>) -> Result<Vec<String>, Obstacle> {
    let entries = source.root.entries("")?.into_iter();
    let names = entries.map(|(name, _)| name.to_string_lossy().into_owned());
    let out = |name: &String| ["node_modules", ".git", ".yarn"].contains(&name.as_str()) || name.ends_with(".rock");
    Ok(names.filter(|name| !out(name)).collect())
}

/// The part with an application's files under `base`: the author's choice, or `defaults`.
fn install_app(source: &Source<'_>, part: &str, base: &str, defaults: Vec<String>) -> Result<Json, Obstacle> {
    let prime = source.list(part, "prime");
    let files = match chosen(&prime, base)? {
        Some(files) => files,
        None if prime.is_empty() => defaults,
        None => everything(source)?,
    };
    let (organize, stage) = under(base, &files);
    Ok(json!({"plugin": "dump", "source": ".", "organize": organize, "stage": stage, "permissions": daemon()}))
}

/// The part with a program's other files in `/app`. `None` if it has no such files.
fn assets(source: &Source<'_>, part: &str, defaults: &[&str]) -> Result<Option<Json>, Obstacle> {
    let stage = source.list(part, "stage");
    let files = match chosen(&stage, "app")? {
        Some(files) => files,
        None if stage.is_empty() => source.present(defaults)?,
        None => return Ok(None),
    };
    let (organize, stage) = under("app", &files);
    Ok((!files.is_empty()).then(|| json!({"plugin": "dump", "source": ".", "organize": organize, "stage": stage})))
}

/// Folders for the log shipper of older charms.
fn promtail() -> Vec<String> {
    ["opt/promtail", "etc/promtail"].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests;
