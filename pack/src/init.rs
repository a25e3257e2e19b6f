//! `init`: writes a project around an application's folder, in commented files. Existing files are kept.

mod charm;
mod words;

use std::path::{Path, PathBuf};

use crate::folder::{self, Folder};
use crate::text::shown;
use crate::{Error, Framework, application, is_name, is_rock_name, yaml};

pub use charm::{CharmProject, CrateSource, init_charm};

/// The rock's file in the application's folder. Its middle section depends on the framework.
const ROCK: &str = "rockcraft.yaml";
const ROCK_HEAD: &str = include_str!("init/rock/head.yaml");
const ROCK_SERVICES: &str = include_str!("init/rock/services.yaml");

/// The files of the charm's folder: `charm`, or the project's own folder if the charm is there.
const CHARM: [(&str, &str); 2] = [
    ("charmcraft.yaml", include_str!("init/charmcraft.yaml")),
    ("paas-config.yaml", include_str!("init/paas-config.yaml")),
];

/// Result of `init`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The name of the application.
    pub name: String,
    /// Its framework.
    pub framework: Framework,
    /// Its entry point or build tool, such as `at app:app`. `None`: not recognised.
    pub how: Option<String>,
    /// Files or keys that rockcraft's extension will miss in the folder, each with its remedy.
    pub remarks: Vec<String>,
    /// The folder of the charm.
    pub charm: PathBuf,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// The files that existed and were kept.
    pub kept: Vec<PathBuf>,
}

/// Writes the missing files of a project around the application in `dir`. The framework is `asked`, or else recognised
/// from the folder.
///
/// # Errors
/// When no framework is recognised or several are, the folder can't be read or a file can't be written.
pub fn init(dir: &Path, asked: Option<Framework>) -> Result<Project, Error> {
    let whole = |source| folder::Error::Read { path: dir.display().to_string(), source };
    let (folder, whole) = (Folder::open(dir)?, dir.canonicalize().map_err(whole)?);
    let framework = application::framework(&folder, asked)?;
    let name = match known_name(&folder)? {
        Some(known) => known,
        None => name(&whole, application::name(framework, &folder)?, framework),
    };
    let view = application::view(framework, &folder, &name)?;
    let charm = if folder.has_file(CHARM[0].0)? { Path::new("") } else { Path::new("charm") };
    let rock = [ROCK_HEAD, words::rock(framework), ROCK_SERVICES].concat();
    let files = [(PathBuf::from(ROCK), rock)].into_iter();
    let files = files.chain(CHARM.map(|(file, template)| (charm.join(file), template.to_owned())));
    let words = [words::all(framework, &name), vec![("{parts}", view.parts)]].concat();
    let how = view.how.map(|how| shown(&how).into_owned());
    let remarks = view.remarks.iter().map(|remark| shown(remark).into_owned()).collect();
    let place = if charm == Path::new("") { dir.to_owned() } else { dir.join(charm) };
    let mut project = Project { name, framework, how, remarks, written: Vec::new(), kept: Vec::new(), charm: place };
    for (path, template) in files {
        // A link is kept too: it is the author's.
        if folder.kind(&path)?.is_some() {
            project.kept.push(dir.join(path));
        } else {
            write(&folder, &path, &words.iter().fold(template, |text, (word, meant)| text.replace(word, meant)))?;
            project.written.push(dir.join(path));
        }
    }
    Ok(project)
}

/// The name in an existing `rockcraft.yaml`, checked because it is written into other files.
fn known_name(folder: &Folder) -> Result<Option<String>, Error> {
    let text = folder.text(ROCK)?.unwrap_or_default();
    let document = yaml::parse(&text).unwrap_or_default();
    match yaml::text(&document, "name") {
        Some(name) if !is_name(name) => Err(Error::Name { file: ROCK, key: "name", name: name.to_owned() }),
        name => Ok(name.map(str::to_owned)),
    }
}

/// A name that rockcraft and charmcraft accept, made from `found`, or else from the folder's name.
fn name(folder: &Path, found: Option<String>, framework: Framework) -> String {
    let own = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = found.unwrap_or(own).to_lowercase();
    let words = plain.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(36).collect();
    let name = name.trim_end_matches('-').to_owned();
    // A name begins with a letter, and has three letters and digits or more.
    match name {
        name if is_rock_name(&name) => name,
        name if name.starts_with(|first: char| first.is_ascii_lowercase()) => format!("{name}-app"),
        _ => format!("{framework}-app"),
    }
}

/// Writes a new file. Fails if the file has appeared meanwhile, instead of overwriting it.
fn write(folder: &Folder, path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let failed = |source| Error::Write { path: folder.place(path).display().to_string(), source };
    folder.create(path)?.write_all(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests;
