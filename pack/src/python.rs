//! A Python project's requirements and the entry point of its application.
//!
//! Used by `init` and by the package `rock`. The places, their order and the answers are those of rockcraft's extensions,
//! which parse each file with Python's own parser and look at its top level.

pub(crate) mod module;
mod nesting;
mod requirement;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::folder::{self, Folder};
use crate::text::shown;
use module::Module;

pub use module::SyntaxError;
pub use requirement::{implies, mentions, names_fastapi, requires};

/// An application can't be looked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is no regular file, too large, or can't be read.
    #[error(transparent)]
    File(#[from] folder::Error),
    /// A file is no Python of rockcraft's version.
    #[error("{} is no Python 3.12, with which rockcraft reads it, in {fault}", shown(&.file.display().to_string()))]
    Syntax {
        /// The file, relative to the project.
        file: PathBuf,
        /// The fault.
        fault: SyntaxError,
    },
}

/// Subfolders in which an application is looked for, besides one of the project's name.
const FOLDERS: [&str; 2] = ["app", "src"];

/// Files in which an application is looked for in each of these, in order.
const FILES: [&str; 3] = ["__init__.py", "app.py", "main.py"];

/// Entry point of an application for its web server, written `module:object`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file, relative to the folder in which modules are looked for.
    pub file: PathBuf,
    /// A variable's name in the file, or a call such as `create_app()`.
    pub object: String,
}

impl Entry {
    fn new(file: impl Into<PathBuf>, object: impl Into<String>) -> Self {
        Self { file: file.into(), object: object.into() }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", module_path(&self.file), self.object)
    }
}

/// Entry point of the Flask project `name` in `dir`, such as `app:app` or `src.main:create_app()`: a variable in the
/// first of the places that has one, else a function.
///
/// # Errors
/// When one of the files looked at is no regular file, too large, can't be read or is no Python.
pub fn wsgi(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    let variable = find(dir, &places(name), &["app", "application"], Module::has_variable)?;
    if variable.is_some() {
        return Ok(variable);
    }
    let function = find(dir, &places(name), &["create_app", "make_app"], Module::has_function)?;
    Ok(function.map(|Entry { file, object }| Entry::new(file, object + "()")))
}

/// Entry point of the FastAPI project `name` in `dir`: a variable `app` in the places of [`wsgi`].
///
/// # Errors
/// When one of the files looked at is no regular file, too large, can't be read or is no Python.
pub fn asgi(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    find(dir, &places(name), &["app"], Module::has_variable)
}

/// Entry point of the Django project `name` in `dir`. Its folder, beside `requirements.txt`, has the project's name;
/// Python looks for modules in that folder, so the entry is relative to it.
///
/// # Errors
/// When one of the files looked at is no regular file, too large, can't be read or is no Python.
pub fn django(dir: &Folder, name: &str) -> Result<Option<Entry>, Error> {
    let own = module_name(name);
    let places = [own.as_str(), "mysite"].map(|package| Path::new(&own).join(package).join("wsgi.py"));
    let found = find(dir, &places, &["application"], Module::has_variable)?;
    Ok(found.map(|Entry { file, object }| Entry::new(file.strip_prefix(&own).unwrap_or(&file), object)))
}

/// Name of the project `name` as a Python package.
#[must_use]
pub fn module_name(name: &str) -> String {
    name.replace('-', "_").to_lowercase()
}

/// The first of `places` that `has` one of `names`. Later places are not parsed.
fn find(
    dir: &Folder,
    places: &[PathBuf],
    names: &[&str],
    has: fn(&Module, &str) -> bool,
) -> Result<Option<Entry>, Error> {
    for place in places {
        let Some(text) = dir.text(place)? else { continue };
        let module = Module::parse_as_rockcraft(&text);
        let module = module.map_err(|fault| Error::Syntax { file: place.clone(), fault })?;
        if let Some(name) = names.iter().find(|name| has(&module, name)) {
            return Ok(Some(Entry::new(place, *name)));
        }
    }
    Ok(None)
}

/// Files in which an application is looked for, in order.
fn places(name: &str) -> Vec<PathBuf> {
    let own = module_name(name);
    let folders = FOLDERS.into_iter().chain([own.as_str()]);
    let inside = folders.flat_map(|folder| FILES.map(|file| Path::new(folder).join(file)));
    ["app.py", "main.py"].map(PathBuf::from).into_iter().chain(inside).collect()
}

fn module_path(place: &Path) -> String {
    let parts = place.iter().map(|part| part.to_string_lossy().trim_end_matches(".py").to_owned());
    parts.filter(|part| part != "__init__").collect::<Vec<_>>().join(".")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;

    pub(crate) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    pub(crate) fn open(dir: &tempfile::TempDir) -> Folder {
        Folder::open(dir.path()).unwrap()
    }

    #[test]
    fn the_application_is_looked_for_in_rockcrafts_order() {
        for (files, expected) in [
            (&[("app.py", "app = Flask(__name__)")][..], Some("app:app")),
            (&[("main.py", "x = 1\napplication= 2")], Some("main:application")),
            (&[("app/__init__.py", "from .web import app")], Some("app:app")),
            (&[("src/app.py", "from web import (it as app)")], Some("src.app:app")),
            (&[("my_site/main.py", "app = 1")], Some("my_site.main:app")),
            (&[("app.py", "def make_app(): pass"), ("main.py", "def create_app (x): pass")], Some("app:make_app()")),
            (&[("app.py", "def create_app(): pass"), ("src/main.py", "app = 1")], Some("src.main:app")),
            (&[("app.py", "'''\napp = create_app()\n'''\ndef create_app(): pass")], Some("app:create_app()")),
            (&[("app.py", "if True:\n    app = 1\napp == 2\nprint('app = 1')\napplications = 1")], None),
            (&[("web.py", "app = 1")], None),
        ] {
            let found = wsgi(&open(&project(files)), "my-site").unwrap().map(|entry| entry.to_string());
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_python_is_named_if_it_is_reached() {
        let broken = ("main.py", "def (:\n");
        let error = wsgi(&open(&project(&[broken])), "x").unwrap_err().to_string();
        assert!(error.starts_with("main.py is no Python 3.12, with which rockcraft reads it, in line 1: "), "{error}");
        let found = wsgi(&open(&project(&[("app.py", "app = 1"), broken])), "x").unwrap();
        assert_eq!(found.map(|entry| entry.to_string()).as_deref(), Some("app:app"));
        assert!(wsgi(&open(&project(&[("app.py", "def create_app(): pass"), broken])), "x").is_err());
    }

    #[test]
    fn a_fastapi_application_is_a_variable_and_no_factory() {
        let files = [("app.py", "def create_app(): pass"), ("src/main.py", "app = FastAPI()")];
        let found = asgi(&open(&project(&files)), "x").unwrap();
        assert_eq!(found.map(|entry| entry.to_string()).as_deref(), Some("src.main:app"));
        assert_eq!(asgi(&open(&project(&[("app.py", "application = 1")])), "x").unwrap(), None);
    }

    #[test]
    fn a_django_application_is_in_the_folder_of_the_project_s_name() {
        let entry = |file: &str| {
            let found =
                django(&open(&project(&[(file, "application = get_wsgi_application()\n")])), "my-site").unwrap();
            found.map(|entry| entry.to_string())
        };
        assert_eq!(entry("my_site/my_site/wsgi.py").as_deref(), Some("my_site.wsgi:application"));
        assert_eq!(entry("my_site/mysite/wsgi.py").as_deref(), Some("mysite.wsgi:application"));
        assert_eq!(entry("mysite/mysite/wsgi.py"), None);
    }
}
