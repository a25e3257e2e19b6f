//! The extensions of rockcraft: what `extensions: [flask-framework]` stands for in a `rockcraft.yaml`.
//!
//! Each framework's is a file in `extension/`: which services and parts it adds, looked up in the project's files as
//! rockcraft does. The author's own keys win, by the rule both tools merge with. What only an image on a bare base
//! needs (slices, shells, certificates) is not added: a pod has this machine's `/usr`.

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

/// Why an extension can't be put into a project.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No extension of that name, or several.
    #[error(
        "rockcraft.yaml has extensions {}; it takes one of flask-, django-, fastapi-, go-, expressjs- and spring-boot-framework",
        shown(.0)
    )]
    Unknown(String),
    /// The project lacks something.
    #[error("{extension} can't be put into {}: {}", shown(.folder), shown(.lacks))]
    Lacks {
        /// The extension.
        extension: String,
        /// The project's folder.
        folder: String,
        /// What it lacks, and what to do.
        lacks: String,
    },
    /// A file of the project is no regular one, too large, or can't be read.
    #[error(transparent)]
    File(#[from] folder::Error),
}

/// Why a snippet can't be made.
enum Obstacle {
    /// What the project lacks, and what to do.
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

/// What an extension makes besides parts and services. Its files and folders are the services' user's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Files with their content, by path.
    pub files: BTreeMap<String, String>,
    /// Empty folders.
    pub folders: Vec<String>,
    /// What is different from the rock, in words for the user.
    pub notes: Vec<String>,
}

/// What an extension adds to a project.
struct Snippet {
    services: Json,
    parts: Json,
    made: Made,
}

/// The project that is extended.
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

    /// Those of `files` that the project has.
    fn present(&self, files: &[&str]) -> Result<Vec<String>, Obstacle> {
        let mut present = Vec::new();
        for file in files {
            if self.has(file)? {
                present.push((*file).to_owned());
            }
        }
        Ok(present)
    }

    /// What the author wrote under `key` of `name` in `section`.
    fn written(&self, section: &str, name: &str, key: &str) -> Option<&Value> {
        self.document.get(section)?.get(name)?.get(key)
    }

    /// The list the author wrote under `key` of a part.
    fn list(&self, part: &str, key: &str) -> Vec<String> {
        let items = self.written("parts", part, key).and_then(Value::as_sequence);
        items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// Whether the author gave `service` a command: then nothing is looked for.
    fn has_command(&self, service: &str) -> bool {
        self.written("services", service, "command").and_then(Value::as_str).is_some_and(|command| !command.is_empty())
    }
}

/// `document` with its extension written out, and what that makes besides. One without extensions stays as it is.
///
/// # Errors
/// When the extension isn't known, or the project lacks what it works on.
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

fn framework(document: &Mapping) -> Result<Option<Framework>, Error> {
    let names = match document.get("extensions") {
        None | Some(Value::Null) => return Ok(None),
        Some(names) => names.as_sequence().map(Vec::as_slice).unwrap_or_default(),
    };
    let known = |name: &Value| Framework::parse(name.as_str()?.strip_suffix("-framework")?);
    match names {
        [] => Ok(None),
        [name] if known(name).is_some() => Ok(known(name)),
        _ => {
            let words = names.iter().map(|name| name.as_str().unwrap_or("of another kind"));
            Err(Error::Unknown(words.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// Everything of a part, the services' user's.
fn daemon() -> Json {
    json!([{"owner": DAEMON_ID, "group": DAEMON_ID}])
}

/// Rules that bring the project's `files` to the same names under `base`, as (organize, stage).
fn under(base: &str, files: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    let places: BTreeMap<String, String> = files.iter().map(|file| (file.clone(), format!("{base}/{file}"))).collect();
    let stage = places.values().cloned().collect();
    (places, stage)
}

/// The author's choice of files under `base`, if it is one: then it replaces the extension's own. A list of files to leave
/// out is no choice.
fn chosen(list: &[String], base: &str) -> Result<Option<Vec<String>>, String> {
    let bare = |rule: &String| rule.trim_start_matches('-').trim_start().to_owned();
    if let Some(rule) = list.iter().find(|rule| !bare(rule).starts_with(&format!("{base}/"))) {
        return Err(format!("{rule:?} names no file under {base}/, where its files are"));
    }
    let excludes = list.first().is_none_or(|rule| rule.starts_with('-'));
    let name = |rule: &String| rule.strip_prefix(&format!("{base}/")).map(str::to_owned);
    Ok((!excludes).then(|| list.iter().filter_map(name).collect()))
}

/// The names in the project's folder that belong into an image when the author only leaves some out.
fn everything(source: &Source<'_>) -> Result<Vec<String>, Obstacle> {
    let entries = source.root.entries("")?.into_iter();
    let names = entries.map(|(name, _)| name.to_string_lossy().into_owned());
    let out = |name: &String| ["node_modules", ".git", ".yarn"].contains(&name.as_str()) || name.ends_with(".rock");
    Ok(names.filter(|name| !out(name)).collect())
}

/// The part that brings an application's files under `base`: those of `defaults` that are there, unless the author chose.
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

/// The part that brings a program's other files to `/app`. None: there are none.
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

/// The folders of the log shipper that Juju's older charms put there.
fn promtail() -> Vec<String> {
    ["opt/promtail", "etc/promtail"].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests;
